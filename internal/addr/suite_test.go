package addr

import (
	"encoding/json"
	"os"
	"testing"

	"postern/test/suites"
)

// suiteTable is one table of the rspamd unit tests.
type suiteTable struct {
	Table string
	Rows  []json.RawMessage
}

func readSuite(t *testing.T, name string) []suiteTable {
	t.Helper()
	data, err := os.ReadFile(suites.Path(t, "suites", "rspamd-unit", name))
	if err != nil {
		t.Fatal(err)
	}
	var tables []suiteTable
	if err := json.Unmarshal(data, &tables); err != nil {
		t.Fatal(err)
	}
	return tables
}

func TestSuiteSMTPAddr(t *testing.T) {
	for _, table := range readSuite(t, "smtp_addr.json") {
		for _, row := range table.Rows {
			var path string
			want := map[string]string{}
			if table.Table == "cases_valid" {
				if err := json.Unmarshal(row, &[]any{&path, &want}); err != nil {
					t.Fatal(err)
				}
			} else if err := json.Unmarshal(row, &path); err != nil {
				t.Fatal(err)
			}
			a, err := ParsePath(path)
			if path == "a" {
				continue // a local part alone is allowed, as in RCPT TO:<postmaster>
			}
			if (err == nil) != (table.Table == "cases_valid") {
				t.Errorf("%s: %q: %v", table.Table, path, err)
			}
			for key, got := range map[string]string{"addr": a.String(), "domain": a.Domain, "user": a.Local} {
				if w, ok := want[key]; ok && w != got {
					t.Errorf("%q: %s %q, want %q", path, key, got, w)
				}
			}
		}
	}
}

func TestSuiteAddr(t *testing.T) {
	for _, table := range readSuite(t, "addr.json") {
		for _, row := range table.Rows {
			var text string
			var want bool
			if err := json.Unmarshal(row, &[]any{&text, &want}); err != nil {
				t.Fatal(err)
			}
			if text == "/tmp/socket" || text == "./socket" {
				continue // rspamd counts socket paths as addresses; ours are IP addresses only
			}
			if _, ok := ParseIP(text); ok != want {
				t.Errorf("ParseIP(%q) = %v", text, ok)
			}
		}
	}
}
