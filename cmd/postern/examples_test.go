package main

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postern/test/suites"
)

// TestExamples translates other people's Postfix set-ups, and checks what
// comes out.
func TestExamples(t *testing.T) {
	for _, name := range []string{"mx-trio", "clearos", "soho", "hardcore"} {
		t.Run(name, func(t *testing.T) {
			dir := suites.Path(t, "examples", name)
			args := []string{"config", "import-postfix", filepath.Join(dir, "main.cf"), "--quiet"}
			if _, err := os.Stat(filepath.Join(dir, "master.cf")); err == nil {
				args = append(args, "--master", filepath.Join(dir, "master.cf"))
			}
			status, toml, complaints := ran(args...)
			if status != 0 {
				t.Fatalf("translating ends with %d:\n%s", status, complaints)
			}
			file := filepath.Join(t.TempDir(), "postern.toml")
			if err := os.WriteFile(file, []byte(toml), 0o600); err != nil {
				t.Fatal(err)
			}
			if status, out, complaints := ran("config", "check", file); status != 0 || !strings.Contains(out, "ok") {
				t.Errorf("checking what came out ends with %d:\n%s%s", status, out, complaints)
			}
		})
	}
}

// ran runs a command, and gives its status and what it printed.
func ran(args ...string) (status int, out, complaints string) {
	var stdout, stderr bytes.Buffer
	c := &console{in: strings.NewReader(""), out: bufio.NewWriter(&stdout), direct: &stdout, err: &stderr}
	status = run(args, c)
	return status, stdout.String(), stderr.String()
}
