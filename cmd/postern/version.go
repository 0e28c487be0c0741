package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version and commit are set by the build (-ldflags "-X main.version=1.2");
// without that they are taken from what Go noted in the binary.
var version, commit string

type versionCommand struct {
	JSON bool `help:"Print a JSON object."`
}

// build describes this binary.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Time     string `json:"commit_time,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// Run prints what this binary is.
func (v *versionCommand) Run(c *console) error {
	b := readBuild()
	if v.JSON {
		return c.writeJSON(b)
	}
	fmt.Fprintf(c.out, "postern %s\n", b.Version)
	if b.Commit != "" {
		changed := ""
		if b.Modified {
			changed = ", changed since"
		}
		fmt.Fprintf(c.out, "commit %s %s%s\n", b.Commit, b.Time, changed)
	}
	_, err := fmt.Fprintf(c.out, "%s %s\n", b.Go, b.Platform)
	return err
}

// readBuild gathers what is known of this binary.
func readBuild() build {
	b := build{Version: version, Commit: commit, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		if b.Version == "" && info.Main.Version != "" {
			b.Version = info.Main.Version
		}
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision" && b.Commit == "":
				b.Commit = s.Value
			case s.Key == "vcs.time":
				b.Time = s.Value
			case s.Key == "vcs.modified":
				b.Modified = s.Value == "true"
			}
		}
	}
	if b.Version == "" {
		b.Version = "(devel)"
	}
	return b
}
