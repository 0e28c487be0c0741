package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"postern/internal/verdict"
	"postern/internal/web"
)

// slowChecks is how many checks are shown: those that failed, then those
// that took most time.
const slowChecks = 10

// writeStatus writes a daemon's status for people, what is wrong first.
func (c *console) writeStatus(s *web.Status) {
	state := c.style.paint(green, "healthy")
	if !s.Healthy {
		state = c.style.paint(red, "in trouble")
	}
	up := time.Duration(s.Uptime) * time.Second
	fmt.Fprintf(c.out, "postern %s is %s, up %s since %s\n", printable(s.Version), state, up, moment(s.Started))
	for _, p := range s.Problems {
		fmt.Fprintf(c.out, "  %s\n", c.style.paint(red, printable(p)))
	}
	for _, text := range []string{s.Store.Advice, s.Config.LastError} {
		if text != "" && !slices.Contains(s.Problems, text) {
			fmt.Fprintf(c.out, "  %s\n", printable(text))
		}
	}
	for _, w := range s.Warnings {
		fmt.Fprintf(c.out, "  %s\n", c.style.paint(yellow, printable(w)))
	}
	c.writeMessages(&s.Messages)
	c.writeDoors(s.Doors)
	c.writeSymbols(s.Symbols, s.Messages.Total)
	c.writeChecks(s.Checks)
	c.writeDNS(s)
	c.writeState(s)
}

// writeDNS writes how the domain name system and its lists fare.
func (c *console) writeDNS(s *web.Status) {
	if s.DNS == nil {
		return
	}
	c.heading("DNS")
	line := fmt.Sprintf("  %s questions, %s answered from memory", thousands(int(s.DNS.Questions)), c.share(int(s.DNS.Cached), int(max(s.DNS.Questions, s.DNS.Cached))))
	if s.DNS.Failed > 0 {
		line += ", " + c.style.paint(yellow, thousands(int(s.DNS.Failed))+" without an answer")
	}
	fmt.Fprintln(c.out, line)
	width := 0
	for _, l := range s.Lists {
		width = max(width, len(l.Zone))
	}
	for _, l := range s.Lists {
		fmt.Fprintf(c.out, "  %s  %s  %s asked, %s found\n", pad(printable(l.Zone), width), pad(l.State, 7), thousands(int(l.Asked)), thousands(int(l.Hits)))
	}
}

// writeMessages writes how much was decided, and what.
func (c *console) writeMessages(m *web.MessageStatus) {
	c.heading("Messages")
	fmt.Fprintf(c.out, "  %s in all, %s a second (%s in 5 minutes, %s in 15), %s each\n", thousands(int(m.Total)),
		rate(m.PerSecond.One), rate(m.PerSecond.Five), rate(m.PerSecond.Fifteen), milliseconds(m.MeanScan))
	for _, a := range verdict.Actions() {
		if n := int(m.Actions[a.String()]); n > 0 {
			fmt.Fprintf(c.out, "  %s  %s  %s\n", c.style.action(a, pad(a.String(), 15)), pad(thousands(n), -9), c.share(n, max(int(m.Total), n)))
		}
	}
	remarks := []struct {
		n    uint64
		text string
	}{
		{m.Early, "refused before the message came"}, {m.Skipped, "of trusted clients, not scored"},
		{m.Incomplete, "with a check that failed or was late"},
	}
	for _, r := range remarks {
		if r.n > 0 {
			fmt.Fprintf(c.out, "  %s %s\n", thousands(int(r.n)), r.text)
		}
	}
}

// writeDoors writes a line for each door.
func (c *console) writeDoors(doors []web.DoorStatus) {
	c.heading("Doors")
	width, address := 0, 0
	for _, d := range doors {
		width, address = max(width, len(d.Name)), max(address, len(d.Listen))
	}
	for _, d := range doors {
		line := fmt.Sprintf("  %s  %s  %s messages, %s connections of %s", pad(d.Name, width), pad(d.Listen, address),
			thousands(int(d.Messages)), thousands(int(d.Connections)), thousands(int(d.Accepted)))
		if d.Faults > 0 {
			line += ", " + c.style.paint(yellow, thousands(int(d.Faults))+" faults")
		}
		fmt.Fprintln(c.out, line)
	}
}

// writeSymbols writes what was found most often.
func (c *console) writeSymbols(symbols []web.SymbolStatus, total uint64) {
	if len(symbols) == 0 {
		return
	}
	c.heading("Symbols found most often")
	width := 0
	for _, s := range symbols {
		width = max(width, len(s.Name))
	}
	for _, s := range symbols {
		fmt.Fprintf(c.out, "  %s  %s  %s\n", pad(s.Name, width), pad(thousands(int(s.Hits)), -9), c.share(int(s.Hits), int(max(total, s.Hits))))
	}
}

// writeChecks writes the checks that failed and those that took most time.
func (c *console) writeChecks(checks []web.CheckStatus) {
	checks = slices.DeleteFunc(slices.Clone(checks), func(k web.CheckStatus) bool { return k.Runs == 0 })
	if len(checks) == 0 {
		return
	}
	slices.SortStableFunc(checks, func(a, b web.CheckStatus) int {
		return cmp.Or(cmp.Compare(b.Failed+b.Late, a.Failed+a.Late), cmp.Compare(b.Mean, a.Mean))
	})
	c.heading("Checks that failed or took longest")
	for _, k := range checks[:min(slowChecks, len(checks))] {
		line := fmt.Sprintf("  %s  %s runs, %s each", pad(k.Name, 20), pad(thousands(int(k.Runs)), -9), milliseconds(k.Mean))
		if k.Failed+k.Late > 0 {
			line += ", " + c.style.paint(red, fmt.Sprintf("%s failed, %s late", thousands(int(k.Failed)), thousands(int(k.Late))))
		}
		fmt.Fprintln(c.out, line)
	}
}

// writeState writes what is kept and in use.
func (c *console) writeState(s *web.Status) {
	c.heading("State")
	h := s.History
	line := fmt.Sprintf("%s decisions written, %s on disk", thousands(int(h.Written)), size(h.Size))
	if !h.Oldest.IsZero() {
		line += ", since " + moment(h.Oldest)
	}
	if lost := h.Dropped + h.Failed; lost > 0 {
		line += ", " + thousands(int(lost)) + " lost"
	}
	c.fact("  History", line)
	for _, n := range s.Store.Notices {
		c.fact("  Notice", n)
	}
	path := s.Config.Path
	if path == "" {
		path = "built-in defaults"
	}
	c.fact("  Config", fmt.Sprintf("%s, read %s, %d reloads, %d of them failed", path, moment(s.Config.Loaded), s.Config.Reloads, s.Config.Failed))
	c.fact("  Memory", fmt.Sprintf("%s resident, %s heap, %d goroutines", size(s.Memory.Resident), size(int64(s.Memory.Heap)), s.Memory.Goroutines))
}

// heading begins a part of the output.
func (c *console) heading(text string) { fmt.Fprintf(c.out, "\n%s\n", c.style.paint(bold, text)) }

// moment prints a time, in local time.
func moment(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

// rate prints how many there were in a second.
func rate(r float64) string { return strconv.FormatFloat(r, 'f', 1, 64) }

// milliseconds prints a time given in seconds.
func milliseconds(seconds float64) string { return took(time.Duration(seconds * float64(time.Second))) }

// size prints a number of bytes.
func size(n int64) string {
	switch {
	case n >= 1<<20:
		return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MB"
	case n >= 1<<10:
		return strconv.FormatInt(n>>10, 10) + " KB"
	}
	return strconv.FormatInt(n, 10) + " bytes"
}
