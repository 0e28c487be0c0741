// Package app builds a running Postern from a configuration: the one list of
// checks, the engine, the doors and the history; and it reloads, drains and
// stops them.
package app

import (
	"context"
	"errors"

	"postern/internal/check"
	"postern/internal/config"
	"postern/internal/engine"
	"postern/internal/greylist"
	"postern/internal/verdict"
)

// NewEngine builds the engine that a configuration describes, without doors
// or history, and that asks nobody: what "postern scan" uses. Outcomes go to
// rec, which may be nil.
func NewEngine(cfg config.Config, rec engine.Recorder) (*engine.Engine, error) {
	s, err := offline(cfg)
	if err != nil {
		return nil, err
	}
	return newEngine(cfg, s, engine.Parts{Recorder: rec})
}

// offline makes services that ask and remember nothing. Tables are read.
func offline(cfg config.Config) (*services, error) {
	cfg.DNS.Enabled = false
	return newServices(context.Background(), cfg, nil, config.Config{}, surroundings{})
}

// Warnings says what of a configuration works less well than it could:
// tables whose files are missing or have odd lines, old words in restriction
// lists.
func Warnings(cfg config.Config) []string {
	s, err := offline(cfg)
	if err != nil {
		return nil // it was reported as a fault
	}
	list := s.restrict.Notes()
	for _, t := range s.tables.Status() {
		if t.Problem != "" {
			list = append(list, t.Name+": "+t.Problem)
		}
		for _, w := range t.Warnings {
			list = append(list, w.String())
		}
	}
	if err := s.close(context.Background(), nil); err != nil {
		list = append(list, err.Error())
	}
	return list
}

// try builds the engine of a configuration and lets it go again.
func try(cfg config.Config) error {
	s, err := offline(cfg)
	if err != nil {
		return err
	}
	_, err = newEngine(cfg, s, engine.Parts{})
	return errors.Join(err, s.close(context.Background(), nil))
}

// newEngine adds checks, composites and groups to the other parts.
func newEngine(cfg config.Config, s *services, parts engine.Parts) (*engine.Engine, error) {
	parts.Checks = checks(cfg, s)
	if m := cfg.Greylist.Mode; s.greylist != nil && (m == greylist.ModeScore || m == greylist.ModeBoth) {
		parts.Greylister = s.greylist
	}
	parts.Composites = Composites()
	parts.Groups = Groups()
	parts.Forced = Forced()
	return engine.New(cfg.Settings(), parts)
}

// Checks lists the checks of a configuration that Validate finds right, as
// far as they work without asking anybody.
func Checks(cfg config.Config) []check.Check {
	s, err := offline(cfg)
	if err != nil {
		return nil
	}
	return checks(cfg, s)
}

// Symbols lists every symbol that checks and built-in composites may report.
func Symbols() []verdict.Symbol {
	var list []verdict.Symbol
	for _, c := range Checks(config.Default()) {
		list = append(list, c.Info().Symbols...)
	}
	for _, c := range Composites() {
		list = append(list, c.Symbol)
	}
	return list
}

// Known is what a configuration may refer to by name, and the trial that
// finds faults only a whole engine shows.
func Known() config.Known {
	symbols := Symbols()
	for _, c := range Checks(config.Default()) {
		symbols = append(symbols, engine.FailureSymbol(c.Info().Name))
	}
	return config.Known{Symbols: symbols, Groups: Groups(), Try: try}
}
