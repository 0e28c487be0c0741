package config

import (
	"fmt"
	"strings"
)

// docWidth is where the lines of documentation in the default file are wrapped.
const docWidth = 76

// DefaultFile prints a configuration file in which every key stands with its
// documentation and its default, commented out: what an administrator does
// not touch follows the defaults of later versions.
func DefaultFile(sections []Section) string {
	var b strings.Builder
	b.WriteString("# Configuration of Postern. Every key is optional; what stands here commented\n" +
		"# out is the default. `postern config check` examines the file.\n")
	for _, s := range sections {
		b.WriteString("\n")
		comment(&b, s.Doc)
		mark := ""
		if s.Optional {
			mark = "#"
		}
		if s.Header != "" {
			fmt.Fprintf(&b, "%s%s\n", mark, s.Header)
		}
		for _, k := range s.Keys {
			b.WriteString("\n")
			comment(&b, k.Doc)
			if k.Default == "" {
				fmt.Fprintf(&b, "# %s = %s; not set\n", k.Name, k.Type)
				continue
			}
			fmt.Fprintf(&b, "#%s = %s\n", k.Name, k.Default)
		}
	}
	return b.String()
}

// comment writes text as wrapped comment lines.
func comment(b *strings.Builder, text string) {
	line := "#"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > docWidth && line != "#" {
			b.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	if line != "#" {
		b.WriteString(line + "\n")
	}
}

// Markdown prints the reference of all keys.
func Markdown(sections []Section) string {
	var b strings.Builder
	b.WriteString(markdownHead)
	for _, s := range sections {
		if s.Header == "" {
			fmt.Fprintf(&b, "\n## At the top\n\n%s\n\n", s.Doc)
		} else {
			fmt.Fprintf(&b, "\n## `%s`\n\n%s\n\n", s.Header, s.Doc)
		}
		if len(s.Keys) == 0 {
			continue
		}
		b.WriteString("| key | takes | default | |\n| --- | --- | --- | --- |\n")
		for _, k := range s.Keys {
			value := "not set"
			if k.Default != "" {
				value = "`" + k.Default + "`"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.Name, cell(k.Type), cell(value), cell(k.Doc))
		}
	}
	return b.String()
}

// cell makes text fit into a cell of a table.
func cell(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", "\\|")
}

const markdownHead = `# Configuration

This page is printed from the program (` + "`go generate ./internal/config`" + `); do not edit it.

Postern reads one TOML file, ` + "`/etc/postern/postern.toml`" + ` unless another is named by
` + "`--config`" + `. Every key is optional. Durations are written "30s", "5m", "2h" or "7d",
sizes "512KB" or "10MB" (units of 1024), networks in CIDR notation. Sections in
double brackets may be there many times, and NAME stands for a name of your own
or, for symbols and groups, one that Postern knows.

` + "`postern config default`" + ` prints a file with all keys and their defaults,
` + "`postern config check FILE`" + ` examines a file and shows every fault at its place:

    postern.toml:2:1: unknown key "hostnam" in [engine]; did you mean "hostname"?
        2 | hostnam = "mx.example.org"
          | ^^^^^^^

A running daemon reads the file again at SIGHUP. When it is wrong, the daemon
says so and goes on with the configuration it has.
`
