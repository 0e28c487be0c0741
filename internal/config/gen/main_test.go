package main

import (
	"bytes"
	"os"
	"testing"
)

// TestFresh fails when a comment of an option was changed and what is printed
// from it was not.
func TestFresh(t *testing.T) {
	files, err := generate("..")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(name)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run go generate ./internal/config", name)
		}
	}
}
