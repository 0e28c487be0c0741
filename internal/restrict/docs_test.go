package restrict

import (
	"os"
	"strings"
	"testing"
)

// TestDocs demands that the page of restrictions names every one.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/restrictions.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, w := range words {
		if w.op != opServerAccess && !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/restrictions.md does not tell of %s", name)
		}
	}
}
