package config

import (
	"errors"
	"log/slog"
	"path/filepath"

	"postern/internal/unit"
)

// LogOptions says what the daemon prints. Besides the messages about itself
// there is the mail log, one line for each message.
type LogOptions struct {
	// Level of the messages about the daemon itself, which go to standard
	// error: "debug", "info", "warn" or "error".
	Level string `toml:"level"`
	// Mail is where the mail log goes: "stdout", "off", or the path of a
	// file, which is opened anew at each reload.
	Mail string `toml:"mail"`
	// Time begins each line of the mail log with the time; the journal and
	// syslog have one of their own.
	Time bool `toml:"time"`
}

// DefaultLogOptions prints what an administrator wants to see.
func DefaultLogOptions() LogOptions {
	return LogOptions{Level: "info", Mail: "stdout", Time: true}
}

// Validate checks the level and the file.
func (o LogOptions) Validate() error {
	var errs []error
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.Level)); err != nil {
		errs = append(errs, unit.BadKey("level", "must be debug, info, warn or error, not %q", o.Level))
	}
	if o.Mail != "stdout" && o.Mail != "off" && !filepath.IsAbs(o.Mail) {
		errs = append(errs, unit.BadKey("mail", "must be \"stdout\", \"off\" or a path that begins with /, not %q", o.Mail))
	}
	return errors.Join(errs...)
}
