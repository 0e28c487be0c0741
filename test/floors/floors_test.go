// Package floors keeps the house in order: a package imports lower floors
// only, never its own or a higher one.
package floors

import (
	"go/build"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// floors lists the rooms from the ground up. A room not listed is an error,
// so that every new one is given its place.
var floors = [][]string{
	{"addr", "verdict", "pattern", "unit"},
	{"listen", "mailbox", "message", "session", "smtp", "dns", "dns/dnstest", "store", "store/sqlite", "store/storetest"},
	{"table", "spf", "dkim", "authres", "dnslist", "greylist", "callout", "rules", "link", "attachment", "clamd", "learn", "fuzzy", "reputation"},
	{"arc", "dmarc"},
	{"check", "check/checktest"},
	{"check/client", "check/envelope", "check/identity", "check/content", "check/learned", "check/remote", "check/form", "restrict"},
	{"engine", "history"},
	{"door/milter", "door/milter/mtatest", "door/policy", "door/smtp", "door/rspamd", "door/spamd", "door/forms", "web"},
	{"config", "config/gen", "migrate"},
	{"app"},
}

// within lists the imports allowed on one floor: back ends know their
// interface, test beds what they serve.
var within = map[string]string{
	"store/sqlite": "store", "store/storetest": "store", "dns/dnstest": "dns",
	"check/checktest": "check", "config/gen": "config",
}

const module, internal = "postern", "postern/internal/"

func TestFloors(t *testing.T) {
	floor := map[string]int{}
	for i, rooms := range floors {
		for _, r := range rooms {
			floor[r] = i
		}
	}
	root := filepath.Join("..", "..", "internal")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if d.Name() == "testdata" {
			return filepath.SkipDir
		}
		pkg, err := build.ImportDir(path, 0)
		if _, none := err.(*build.NoGoError); none {
			return nil
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		checkRoom(t, floor, filepath.ToSlash(rel), pkg.Imports)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkRoom reports every import of a room that is not below it.
func checkRoom(t *testing.T, floor map[string]int, room string, imports []string) {
	t.Helper()
	own, ok := floor[room]
	if !ok {
		t.Errorf("%s: has no floor; give it one in the list of floors", room)
		return
	}
	for _, imp := range imports {
		if imp == module || strings.HasPrefix(imp, module+"/cmd/") || strings.HasPrefix(imp, module+"/test") {
			t.Errorf("%s imports %s: the house's rooms know nothing of commands and tests", room, imp)
		}
		other, ok := strings.CutPrefix(imp, internal)
		if !ok {
			continue
		}
		f, ok := floor[other]
		if !ok {
			t.Errorf("%s imports %s, which has no floor", room, other)
		} else if f >= own && within[room] != other {
			t.Errorf("%s (floor %d) imports %s (floor %d): only lower floors may be imported", room, own, other, f)
		}
	}
}
