package dnslist_test

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"postern/internal/dnslist"
	"postern/test/suites"
)

// marked is the score at which mail is marked; no list's answer alone scores
// as much, whatever rspamd gives it.
const marked = 6

// ours are symbols of lists that rspamd does not ask.
var ours = map[string]bool{
	"RBL_SPAMCOP": true, "RBL_BARRACUDA": true, "RBL_PSBL": true, "RBL_UCEPROTECT_LEVEL1": true, "RBL_GBUDB_TRUNCATE": true,
	// Names that rspamd registers without a score of their own.
	"RBL_VIRUSFREE_UNKNOWN": true, "SURBL_MULTI": true,
}

// TestScores compares symbols and scores with rspamd's.
func TestScores(t *testing.T) {
	table, err := os.ReadFile(suites.Path(t, "specs", "rspamd-symbols.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	scores, groups := map[string]float64{}, map[string]string{}
	for line := range strings.Lines(string(table)) {
		if f := strings.Split(line, "\t"); len(f) > 2 {
			if n, err := strconv.ParseFloat(f[2], 64); err == nil {
				scores[f[0]], groups[f[0]] = n, f[1]
			}
		}
	}
	set, err := dnslist.New(dnslist.DefaultOptions(), enable(dnslist.DefaultLists()), dnslist.Environment{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range set.Symbols() {
		want, known := scores[s.Name]
		switch {
		case ours[s.Name]:
		case !known:
			t.Errorf("%s is not a symbol of rspamd's", s.Name)
		case s.Score != want && (want < marked || s.Score >= marked):
			t.Errorf("%s scores %g, with rspamd %g", s.Name, s.Score, want)
		case s.Group != groups[s.Name]:
			t.Errorf("%s is in group %s, with rspamd in %s", s.Name, s.Group, groups[s.Name])
		}
	}
}

// enable switches all lists on.
func enable(all map[string]dnslist.ListOptions) map[string]dnslist.ListOptions {
	on := true
	for name, o := range all {
		o.Enabled = &on
		all[name] = o
	}
	return all
}

// TestDocumentation keeps the table of built-in lists true.
func TestDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../docs/dns-lists.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(line, " | "); len(cells) == 5 && strings.HasPrefix(line, "| `") {
			rows[strings.Trim(cells[0], "| `")] = cells
		}
	}
	all := dnslist.DefaultLists()
	for name, o := range all {
		row := rows[name]
		if row == nil || row[1] != o.Zone || (row[3] == "yes") != o.IsEnabled() {
			t.Errorf("%s stands there as %q", name, row)
		}
	}
	if len(rows) != len(all) {
		t.Errorf("%d lists stand there, not %d", len(rows), len(all))
	}
}

// TestZonePorcupine asks the zone that goes with Postfix's own tests of its
// restrictions, for what Postfix says there.
func TestZonePorcupine(t *testing.T) {
	text, err := os.ReadFile(suites.Path(t, "suites", "postfix", "zone-porcupine.json"))
	if err != nil {
		t.Fatal(err)
	}
	var zone struct{ A, TXT map[string][]string }
	if err := json.Unmarshal(text, &zone); err != nil {
		t.Fatal(err)
	}
	b := newBench(t, nil)
	for name, records := range zone.A {
		b.server.Set(name, "A", records...)
	}
	for name, records := range zone.TXT {
		b.server.Set(name, "TXT", records...)
	}
	for _, tt := range []struct {
		zone, filter string
		item         dnslist.Item
		listed       bool
		reason       string
	}{
		{"dnsbltest.porcupine.org", "", ip("127.0.0.2"), true, "DNS blocklist test"},
		{"dnsbltest.porcupine.org", "127.0.0.2", ip("127.0.0.2"), true, "DNS blocklist test"},
		{"dnsbltest.porcupine.org", "127.0.0.1", ip("127.0.0.2"), false, ""},
		{"dnsbltest.porcupine.org", "", ip("168.100.3.2"), false, ""},
		{"rhsbl.porcupine.org", "", dnslist.Domain("example.tld"), true, "RHSBL test"},
		{"rhsbl.porcupine.org", "", dnslist.Domain("example.com"), false, ""},
		{"dnswl.porcupine.org", "", dnslist.Domain("example.tld"), true, ""},
	} {
		var f *dnslist.Filter
		if tt.filter != "" {
			if f, err = dnslist.ParseFilter(tt.filter); err != nil {
				t.Fatal(err)
			}
		}
		r, err := b.Lookup(t.Context(), tt.zone, f, tt.item)
		if err != nil || r.Listed != tt.listed || r.Reason != tt.reason {
			t.Errorf("%v in %s=%s: %+v, %v", tt.item, tt.zone, tt.filter, r, err)
		}
	}
}
