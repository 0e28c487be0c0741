// Package app builds a running Postern from a configuration: the one list of
// checks, the engine, the doors and the history; and it reloads, drains and
// stops them.
package app

import (
	"postern/internal/config"
	"postern/internal/engine"
	"postern/internal/verdict"
)

// NewEngine builds the engine that a configuration describes, without doors
// or history: what "postern scan" uses. Outcomes go to rec, which may be nil.
func NewEngine(cfg config.Config, rec engine.Recorder) (*engine.Engine, error) {
	return newEngine(cfg, engine.Parts{Recorder: rec})
}

// newEngine adds checks, composites and groups to the other parts.
func newEngine(cfg config.Config, parts engine.Parts) (*engine.Engine, error) {
	parts.Checks = Checks(cfg)
	parts.Composites = Composites()
	parts.Groups = Groups()
	parts.Forced = Forced()
	return engine.New(cfg.Settings(), parts)
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
	return config.Known{Symbols: symbols, Groups: Groups(), Try: func(cfg config.Config) error {
		_, err := newEngine(cfg, engine.Parts{})
		return err
	}}
}
