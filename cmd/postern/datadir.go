package main

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"postern/internal/history"
)

// systemDataDir is where an installed daemon keeps its data, localDataDir
// where one does that was started by hand.
const (
	systemDataDir = "/var/lib/postern"
	localDataDir  = "postern-data"
)

// dataDir is the data directory of a daemon: the one named, else the
// system's where we may write to it, else one below the working directory.
func dataDir(named string) string {
	if named != "" {
		return named
	}
	if unix.Access(systemDataDir, unix.W_OK) == nil {
		return systemDataDir
	}
	return localDataDir
}

// historyFile finds the history to read: that of the data directory named,
// else the first that there is.
func historyFile(named string, o history.Options) string {
	if named != "" {
		return o.File(named)
	}
	for _, dir := range []string{systemDataDir, localDataDir} {
		if _, err := os.Stat(o.File(dir)); err == nil {
			return o.File(dir)
		}
	}
	return filepath.Clean(o.File(dataDir("")))
}
