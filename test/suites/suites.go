// Package suites finds other people's conformance data, which lies in a
// folder named shared beside the project and is never part of it.
package suites

import (
	"os"
	"path/filepath"
	"testing"
)

// Path gives the path of something within the shared folder, such as
// Path(t, "suites", "mime"). Where it is not there the test is skipped. The
// folder is $POSTERN_SHARED or else ../shared beside the module's root.
func Path(t testing.TB, elem ...string) string {
	t.Helper()
	shared := os.Getenv("POSTERN_SHARED")
	if shared == "" {
		shared = filepath.Join(moduleRoot(t), "..", "shared")
	}
	path := filepath.Join(append([]string{shared}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("conformance data is not here: %v", err)
	}
	return path
}

// moduleRoot walks up from the test's folder to the one with go.mod.
func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = parent
	}
}
