package web

import (
	"cmp"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"postern/internal/dns"
	"postern/internal/dnslist"
	"postern/internal/store"
	"postern/internal/verdict"
)

// Status is the answer to /api/v1/status: what an administrator wants to know
// first. Times are RFC 3339, durations seconds, sizes bytes.
type Status struct {
	Version string    `json:"version"`
	Commit  string    `json:"commit,omitempty"`
	Go      string    `json:"go"`
	Started time.Time `json:"started"`
	Uptime  float64   `json:"uptime_seconds"`
	// Healthy is false when the storage does not work or the last reload of
	// the configuration failed; Problems says which, in words.
	Healthy  bool     `json:"healthy"`
	Problems []string `json:"problems,omitempty"`
	// Warnings are what works less well than it could, such as a DNS list
	// that is switched off, with what to do.
	Warnings []string       `json:"warnings,omitempty"`
	Memory   MemoryStatus   `json:"memory"`
	Doors    []DoorStatus   `json:"doors"`
	Messages MessageStatus  `json:"messages"`
	Symbols  []SymbolStatus `json:"symbols"`
	Checks   []CheckStatus  `json:"checks"`
	History  HistoryStatus  `json:"history"`
	Store    store.Health   `json:"store"`
	Config   ConfigStatus   `json:"configuration"`
	// DNS is absent where the domain name system is not asked.
	DNS   *DNSStatus           `json:"dns,omitempty"`
	Lists []dnslist.ListStatus `json:"dns_lists,omitempty"`
}

// DNSStatus is how the domain name system is asked.
type DNSStatus struct {
	Questions uint64            `json:"questions"`
	Cached    uint64            `json:"cached"`
	Failed    uint64            `json:"failed"`
	Timeouts  uint64            `json:"timeouts"`
	Refused   uint64            `json:"refused"`
	Entries   int64             `json:"cache_entries"`
	Bytes     int64             `json:"cache_bytes"`
	Servers   []DNSServerStatus `json:"servers"`
}

// DNSServerStatus is how one server fares.
type DNSServerStatus struct {
	Address string `json:"address"`
	Sent    uint64 `json:"sent"`
	Failed  uint64 `json:"failed"`
	Down    bool   `json:"down"`
}

// newDNSStatus puts a resolver's counters into the words of a status.
func newDNSStatus(s *dns.Stats) *DNSStatus {
	if s == nil {
		return nil
	}
	st := &DNSStatus{
		Questions: s.Questions, Cached: s.Cached + s.Coalesced, Failed: s.Failed, Timeouts: s.Timeouts,
		Refused: s.Refused, Entries: s.Entries, Bytes: s.Bytes,
	}
	for _, server := range s.Servers {
		st.Servers = append(st.Servers, DNSServerStatus{server.Address, server.Sent, server.Failed, server.Down})
	}
	return st
}

// warnings says what an administrator could mend.
func warnings(s *Snapshot) []string {
	var list []string
	away := s.DNS != nil && !slices.ContainsFunc(s.DNS.Servers, func(server dns.ServerStats) bool { return !server.Down })
	if away {
		// Each list would only say the same.
		list = append(list, "no DNS server answers: SPF, DKIM, DNS lists and restrictions find out nothing (look at [dns] servers, or at /etc/resolv.conf)")
	}
	for _, l := range s.Lists {
		if away || l.State != dnslist.Off.String() {
			continue
		}
		text := "DNS list " + l.Zone + " is switched off: " + l.Reason
		if l.Advice != "" {
			text += " (" + l.Advice + ")"
		}
		list = append(list, text)
	}
	if s.DNS != nil {
		for _, server := range s.DNS.Servers {
			if server.Down {
				list = append(list, "DNS server "+server.Address+" does not answer")
			}
		}
	}
	return list
}

// MemoryStatus is what the process uses.
type MemoryStatus struct {
	// Resident is the process's memory, 0 where the system does not tell.
	Resident int64 `json:"resident_bytes"`
	// Heap is what Go's live objects and garbage take.
	Heap uint64 `json:"heap_bytes"`
	// Limit is GOMEMLIMIT, 0 for none.
	Limit      int64 `json:"limit_bytes,omitempty"`
	Goroutines int   `json:"goroutines"`
}

// DoorStatus is one way in.
type DoorStatus struct {
	Name        string `json:"name"`
	Listen      string `json:"listen"`
	Connections int64  `json:"connections"`
	Accepted    uint64 `json:"accepted"`
	Messages    uint64 `json:"messages"`
	Faults      uint64 `json:"faults"`
}

// MessageStatus counts decisions since the start.
type MessageStatus struct {
	Total      uint64            `json:"total"`
	PerSecond  Rates             `json:"per_second"`
	Actions    map[string]uint64 `json:"actions"`
	Skipped    uint64            `json:"skipped"`
	Early      uint64            `json:"early"`
	Incomplete uint64            `json:"incomplete"`
	// MeanScan is the mean time of one examination.
	MeanScan float64 `json:"scan_seconds_mean"`
}

// SymbolStatus is how often a symbol was found.
type SymbolStatus struct {
	Name string `json:"name"`
	Hits uint64 `json:"hits"`
}

// CheckStatus is how one check fared.
type CheckStatus struct {
	Name   string `json:"name"`
	Runs   uint64 `json:"runs"`
	Failed uint64 `json:"failed"`
	Late   uint64 `json:"late"`
	// Mean is the mean time of one run.
	Mean float64 `json:"seconds_mean"`
}

// HistoryStatus is what is kept of past decisions.
type HistoryStatus struct {
	Written uint64 `json:"written"`
	Waiting uint64 `json:"waiting"`
	Dropped uint64 `json:"dropped"`
	Failed  uint64 `json:"failed"`
	Deleted uint64 `json:"deleted"`
	Size    int64  `json:"size_bytes"`
	// Oldest is the time of the oldest decision kept, absent without one.
	Oldest time.Time `json:"oldest,omitzero"`
}

// ConfigStatus is the configuration in use.
type ConfigStatus struct {
	// Path is "" for the built-in defaults.
	Path      string    `json:"path"`
	Loaded    time.Time `json:"loaded"`
	Reloads   uint64    `json:"reloads"`
	Failed    uint64    `json:"failed_reloads"`
	LastError string    `json:"last_error,omitempty"`
}

// topSymbols is how many symbols a status lists, those found most often.
const topSymbols = 20

// newStatus puts a snapshot into the words of a status.
func newStatus(s *Snapshot, now time.Time, rates Rates) *Status {
	st := &Status{
		Version: s.Version, Commit: s.Commit, Go: runtime.Version(),
		Started: s.Started, Uptime: now.Sub(s.Started).Seconds(),
		Problems: problems(s), Warnings: warnings(s),
		DNS: newDNSStatus(s.DNS), Lists: s.Lists,
		Memory: readMemory(),
		Doors:  make([]DoorStatus, len(s.Doors)),
		Messages: MessageStatus{
			Total: total(s), PerSecond: rates, Actions: map[string]uint64{},
			Skipped: s.Engine.Skipped, Early: s.Engine.Early, Incomplete: s.Engine.Incomplete,
			MeanScan: meanScan(s),
		},
		Symbols: frequent(s.Engine.Symbols),
		Checks:  checks(s),
		History: HistoryStatus{
			Written: s.History.Written, Waiting: s.History.Waiting, Dropped: s.History.Dropped,
			Failed: s.History.Failed, Deleted: s.History.Deleted, Size: s.History.Size, Oldest: s.History.Oldest,
		},
		Store: s.Store,
		Config: ConfigStatus{
			Path: s.Config.Path, Loaded: s.Config.Loaded, Reloads: s.Config.Reloads,
			Failed: s.Config.FailedReloads, LastError: s.Config.LastError,
		},
	}
	st.Healthy = len(st.Problems) == 0
	for i, d := range s.Doors {
		st.Doors[i] = DoorStatus{d.Name, d.Listen, d.Connections, d.Accepted, s.Engine.Doors[d.Name], d.Faults}
	}
	for a, n := range s.Engine.Actions {
		st.Messages.Actions[verdict.Action(a).String()] = n
	}
	return st
}

// problems says what an administrator should look at.
func problems(s *Snapshot) []string {
	var list []string
	if !s.Store.OK {
		text := "storage: " + cmp.Or(s.Store.Problem, "does not work")
		if s.Store.Advice != "" {
			text += " (" + s.Store.Advice + ")"
		}
		list = append(list, text)
	}
	if s.Config.LastError != "" {
		list = append(list, "configuration: the last reload failed, the one before is in use: "+s.Config.LastError)
	}
	return list
}

// frequent lists the symbols found most often.
func frequent(hits map[string]uint64) []SymbolStatus {
	list := make([]SymbolStatus, 0, len(hits))
	for name, n := range hits {
		if n > 0 {
			list = append(list, SymbolStatus{name, n})
		}
	}
	slices.SortFunc(list, func(a, b SymbolStatus) int {
		return cmp.Or(cmp.Compare(b.Hits, a.Hits), cmp.Compare(a.Name, b.Name))
	})
	return list[:min(len(list), topSymbols)]
}

// checks lists all checks, those with failures first.
func checks(s *Snapshot) []CheckStatus {
	list := make([]CheckStatus, len(s.Engine.Checks))
	for i, c := range s.Engine.Checks {
		list[i] = CheckStatus{Name: c.Name, Runs: c.Runs, Failed: c.Failed, Late: c.Late}
		if c.Runs > 0 {
			list[i].Mean = c.Total.Seconds() / float64(c.Runs)
		}
	}
	slices.SortStableFunc(list, func(a, b CheckStatus) int {
		return cmp.Compare(b.Failed+b.Late, a.Failed+a.Late)
	})
	return list
}

// readMemory asks the runtime and the system.
func readMemory() MemoryStatus {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	status := MemoryStatus{Resident: resident(), Heap: m.HeapAlloc, Goroutines: runtime.NumGoroutine()}
	if limit := debug.SetMemoryLimit(-1); limit < 1<<62 {
		status.Limit = limit
	}
	return status
}
