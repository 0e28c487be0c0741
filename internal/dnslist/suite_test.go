package dnslist_test

import (
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
