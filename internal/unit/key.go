package unit

import (
	"errors"
	"fmt"
)

// KeyError says which key of a configuration section is wrong and why. The
// Validate method of a room's Options returns one for each fault, joined by
// errors.Join, so that the configuration can show every fault at its place.
type KeyError struct {
	// Key within the section, as it is written in the file: "listen",
	// "networks[1]" for the second of a list, "tls.certificate" for a key of
	// a table within.
	Key string
	// Reason in words that follow the key, such as "must be at least 1".
	Reason string
}

// BadKey makes a KeyError; the reason is formatted as by fmt.Sprintf.
func BadKey(key, format string, args ...any) error {
	return &KeyError{Key: key, Reason: fmt.Sprintf(format, args...)}
}

// Error gives the key and the reason.
func (e *KeyError) Error() string { return e.Key + ": " + e.Reason }

// Within puts a section's path, such as "engine.", before the keys of an
// error's faults, joined ones too, so that they are shown at their place in
// the file. Errors about no key stay as they are.
func Within(path string, err error) error {
	var key *KeyError
	switch e := err.(type) {
	case nil:
		return nil
	case interface{ Unwrap() []error }:
		var errs []error
		for _, one := range e.Unwrap() {
			errs = append(errs, Within(path, one))
		}
		return errors.Join(errs...)
	default:
		if errors.As(err, &key) {
			return &KeyError{Key: path + key.Key, Reason: key.Reason}
		}
		return err
	}
}
