package config

import "testing"

func TestNearest(t *testing.T) {
	candidates := []string{"hostname", "deadline", "score_local", "networks", "MISSING_DATE", "MISSING_MID"}
	for name, want := range map[string]string{
		"hostnam": "hostname", "hsotname": "hostname", "Score-Local": "score_local", "scorelocal": "score_local",
		"network": "networks", "MISSING_DAT": "MISSING_DATE", "missing_mid": "MISSING_MID", "xyzzy": "", "": "",
	} {
		if got := nearest(name, candidates); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}
