package app

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"postern/internal/config"
)

// reloads counts how often the configuration was read again, and keeps how
// that went last.
type reloads struct {
	loaded     time.Time
	ok, failed uint64
	lastError  string
}

// reload reads the configuration again. A bad one changes nothing and is
// reported; of a good one everything takes effect for the messages that begin
// from now on, but for what needs a restart, which is named.
func (d *daemon) reload() {
	cfg, err := config.Load(d.options.ConfigPath, Known())
	if err == nil {
		err = d.adopt(cfg)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.reloads.failed++
		d.reloads.lastError = err.Error()
		d.log.Error("reload: the new configuration is bad, the old one stays in force", "path", d.configPath(), "error", err)
		return
	}
	d.reloads.ok++
	d.reloads.loaded, d.reloads.lastError = time.Now(), ""
	if later := needRestart(d.cfg, cfg); len(later) > 0 {
		d.log.Warn("reload: these sections take effect at the next start", "sections", strings.Join(later, " "))
	}
	d.cfg = cfg
	d.log.Info("reload: the new configuration is in force", "path", d.configPath())
}

// adopt puts a configuration into force, or leaves everything as it was.
func (d *daemon) adopt(cfg config.Config) error {
	next, err := newServices(context.Background(), cfg, d.services, d.cfg, d.surroundings())
	if err != nil {
		return err
	}
	e, err := d.newEngine(cfg, next)
	if err != nil {
		return errors.Join(err, next.close(context.Background(), d.services))
	}
	if err := d.mailLog.reopen(cfg.Log); err != nil {
		return fmt.Errorf("opening the mail log: %w", err)
	}
	if d.history != nil {
		if err := d.history.Reload(cfg.History); err != nil {
			return err
		}
	}
	d.setLevel(cfg)
	d.handle.Replace(e)
	d.replaceServices(next)
	return nil
}

// replaceServices sets the next services going, and ends the old ones. What
// mails under way still ask them is left unanswered and reported as such.
func (d *daemon) replaceServices(next *services) {
	d.mu.Lock()
	old := d.services
	d.services = next
	d.mu.Unlock()
	old.stopBackground()
	next.run()
	if err := old.close(context.Background(), next); err != nil {
		d.log.Error("closing what the old configuration used", "error", err)
	}
}

// restartSections are those that doors and stores take only when they start.
var restartSections = []string{"Limits", "Milter", "HTTP", "Policy", "Control", "History"}

// needRestart names the sections that differ and need a restart.
func needRestart(old, new config.Config) []string {
	// These take effect at once.
	new.History.Subject, new.History.Keep, new.History.MaxSize = old.History.Subject, old.History.Keep, old.History.MaxSize
	a, b := reflect.ValueOf(old), reflect.ValueOf(new)
	var list []string
	for _, name := range restartSections {
		f, ok := a.Type().FieldByName(name)
		if ok && !reflect.DeepEqual(a.FieldByIndex(f.Index).Interface(), b.FieldByIndex(f.Index).Interface()) {
			list = append(list, "["+f.Tag.Get("toml")+"]")
		}
	}
	return list
}
