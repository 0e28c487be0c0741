package table

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMissingFile opens a table whose file is written later.
func TestMissingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access")
	s := New(DefaultOptions(), nil, Outside{})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	tab, err := s.Open("hash:" + path)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := tab.Lookup(t.Context(), "example.com"); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("asking a table without a file gives the error %v", err)
	}
	if st := s.Status(); len(st) != 1 || !strings.Contains(st[0].Problem, "no such file") {
		t.Errorf("status: %+v", st)
	}
	if err := os.WriteFile(path, []byte("example.com REJECT\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Reload()
	if v, found, err := tab.Lookup(t.Context(), "example.com"); err != nil || !found || v != "REJECT" {
		t.Errorf("once there is a file: %q, %v, %v", v, found, err)
	}
	if st := s.Status(); st[0].Problem != "" {
		t.Errorf("once there is a file: %+v", st)
	}
}

// TestMissingText still refuses a database whose text is missing.
func TestMissingText(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access")
	if err := os.WriteFile(path+".db", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := New(DefaultOptions(), nil, Outside{})
	defer s.Close()
	if _, err := s.Open("hash:" + path); err == nil || !strings.Contains(err.Error(), "the text it was made of is needed") {
		t.Errorf("opens with: %v", err)
	}
}
