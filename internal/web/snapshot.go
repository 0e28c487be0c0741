package web

import (
	"time"

	"postern/internal/dns"
	"postern/internal/dnslist"
	"postern/internal/engine"
	"postern/internal/history"
	"postern/internal/store"
)

// Source gives the state of the running daemon. It must be safe for
// concurrent use and quick.
type Source interface {
	Metrics() Snapshot
}

// Snapshot is the state of the running daemon at one moment. All counters
// begin at zero when the daemon starts and never fall.
type Snapshot struct {
	// Version and Commit of the program.
	Version, Commit string
	// Started is when the daemon started.
	Started time.Time
	// Doors that are configured, in the order in which they are to be shown.
	Doors []Door
	// Engine counts decisions, symbols and checks.
	Engine engine.Snapshot
	// History is what was kept of past decisions.
	History history.Stats
	// Store is how the embedded storage fares.
	Store store.Health
	// Config is the configuration in use.
	Config Config
	// DNS counts the resolver's questions; nil where it is switched off.
	DNS *dns.Stats
	// Lists are the DNS lists that are used.
	Lists []dnslist.ListStatus
}

// Door is one way in.
type Door struct {
	// Name as in sessions, such as "milter".
	Name string
	// Listen is where the door listens, "" when it is off.
	Listen string
	// Connections are open now; Accepted is how many there ever were.
	Connections int64
	Accepted    uint64
	// Faults are connections or requests that ended with an error.
	Faults uint64
}

// Config is the configuration in use and how reading it went.
type Config struct {
	// Path of the file, "" for the built-in defaults.
	Path string
	// Loaded is when the configuration in use was read.
	Loaded time.Time
	// Reloads that succeeded and that failed.
	Reloads, FailedReloads uint64
	// LastError says why the last reload failed; "" when it succeeded.
	LastError string
}

// maxSymbols bounds the symbols shown by name: the metric's cardinality. It
// is far above what is built in; composites of the configuration count too.
const maxSymbols = 5000
