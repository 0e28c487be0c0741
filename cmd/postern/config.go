package main

import (
	"errors"
	"fmt"

	"postern/internal/app"
	"postern/internal/config"
)

type configCommand struct {
	Check   configCheck   `cmd:"" help:"Check a configuration file and show every fault at its place."`
	Default configDefault `cmd:"" help:"Print a commented configuration file with all defaults."`
	Import  configImport  `cmd:"" name:"import-postfix" help:"Translate the configuration of Postfix, and of the greylisting beside it."`
}

type configCheck struct {
	File string `arg:"" optional:"" help:"The file (default: ${config_default})."`
	JSON bool   `help:"Print a JSON object for each fault."`
}

// Run checks the file and reports its faults.
func (k *configCheck) Run(c *console) error {
	file := config.Find(k.File)
	cfg, err := config.Load(k.File, app.Known())
	var faults config.Errors
	switch {
	case errors.As(err, &faults):
		return k.report(c, faults)
	case err != nil:
		return err
	}
	for _, w := range app.Warnings(cfg) {
		fmt.Fprintf(c.err, "warning: %s\n", printable(w))
	}
	switch {
	case k.JSON:
		return nil
	case file == "":
		_, err = fmt.Fprintf(c.out, "there is no %s: the built-in defaults apply\n", config.DefaultPath)
	default:
		_, err = fmt.Fprintf(c.out, "%s: ok\n", file)
	}
	return err
}

// report writes the faults: as data where they were asked for as such, else
// as errors.
func (k *configCheck) report(c *console, faults config.Errors) error {
	if !k.JSON {
		fmt.Fprintln(c.err, faults)
		return errFalse
	}
	for _, f := range faults {
		line := struct {
			File   string `json:"file"`
			Line   int    `json:"line,omitempty"`
			Column int    `json:"column,omitempty"`
			Error  string `json:"error"`
		}{f.File, f.Line, f.Column, f.Text}
		if err := c.writeJSON(line); err != nil {
			return err
		}
	}
	return errFalse
}

type configDefault struct{}

// Run prints the default file.
func (configDefault) Run(c *console) error {
	_, err := c.out.WriteString(config.DefaultFile(config.Reference()))
	return err
}

// load reads the configuration that a command runs with.
func load(path string) (config.Config, error) {
	cfg, err := config.Load(path, app.Known())
	var faults config.Errors
	if errors.As(err, &faults) {
		return cfg, fmt.Errorf("the configuration is wrong:\n%w", err)
	}
	return cfg, err
}
