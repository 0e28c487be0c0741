package message

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// corpusFiles gives up to limit files below the folder, spread evenly.
func corpusFiles(t testing.TB, limit int, elem ...string) []string {
	t.Helper()
	root := os.Getenv("POSTERN_CORPORA")
	if root == "" {
		t.Skip("POSTERN_CORPORA names no folder of mail")
	}
	var files []string
	err := filepath.WalkDir(filepath.Join(append([]string{root}, elem...)...), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Skip(err)
	}
	if len(files) <= limit {
		return files
	}
	some := make([]string, 0, limit)
	for i := range limit {
		some = append(some, files[i*len(files)/limit])
	}
	return some
}

// TestCorpora walks over real mail: nothing may panic or break a bound.
func TestCorpora(t *testing.T) {
	for _, file := range corpusFiles(t, 6000) {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		walk(t, raw, DefaultLimits())
	}
}
