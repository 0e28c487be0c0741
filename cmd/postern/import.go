package main

import (
	"fmt"

	"github.com/alecthomas/kong"

	"postern/internal/migrate"
)

type configImport struct {
	Main    string            `arg:"" name:"main.cf" help:"Postfix's main.cf."`
	Master  string            `placeholder:"FILE" help:"Postfix's master.cf: its -o settings, and which policy services it runs."`
	Service string            `placeholder:"NAME" help:"The service of master.cf that mail from outside comes in by (default: the SMTP server on port 25)."`
	Root    string            `placeholder:"DIR" help:"A copy of the mail server's file system, in which tables are looked for first."`
	Options dashed            `name:"postgrey-options" placeholder:"WORDS" help:"postgrey's command line, such as \"--delay=60\"."`
	Default string            `name:"postgrey-defaults" placeholder:"FILE" help:"The file that has POSTGREY_OPTS, such as /etc/default/postgrey."`
	Gld     string            `placeholder:"FILE" help:"gld.conf."`
	Sqlgrey string            `placeholder:"FILE" help:"sqlgrey.conf."`
	Policy  map[string]string `placeholder:"SERVICE=KIND" help:"What a policy service is: postgrey, gld, sqlgrey, spf, or keep to go on asking it."`
	Observe bool              `help:"Make a configuration that refuses nothing and reports what it would have refused."`
	Quiet   bool              `short:"q" help:"No summary and no reports on standard error; they stand in the result too."`
}

// dashed is text that may begin with a dash.
type dashed string

// Decode takes the next word, whatever it looks like.
func (d *dashed) Decode(ctx *kong.DecodeContext) error {
	*d = dashed(ctx.Scan.Pop().String())
	return nil
}

// Run prints the translation; what is odd in the source goes to stderr, too.
func (k *configImport) Run(c *console) error {
	o := migrate.Options{
		Main: k.Main, Master: k.Master, Service: k.Service, Root: k.Root,
		PostgreyOptions: string(k.Options), PostgreyDefaults: k.Default, Gld: k.Gld, Sqlgrey: k.Sqlgrey, Policies: k.Policy, Observe: k.Observe,
	}
	if err := o.Validate(); err != nil {
		return usageError{err}
	}
	r, err := migrate.Translate(o)
	if err != nil {
		return err
	}
	if _, err := c.out.WriteString(r.TOML()); err != nil {
		return err
	}
	if k.Quiet {
		return nil
	}
	if err := c.out.Flush(); err != nil { // the reports come last
		return err
	}
	for _, n := range r.Odd {
		fmt.Fprintln(c.err, n)
	}
	fmt.Fprintln(c.err, r.Summary())
	return nil
}
