package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"postern/internal/history"
)

// exitStatus runs "status CODE COMMAND ARGS..." and fails unless the command
// exits with that status.
func exitStatus(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || neg {
		ts.Fatalf("usage: status CODE COMMAND ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("%v: exit status %d, want %d", args[1:], got, want)
	}
}

// expand runs "expand FILE..." and replaces $WORK in the files.
func expand(ts *testscript.TestScript, neg bool, files []string) {
	for _, name := range files {
		path := ts.MkAbs(name)
		text := strings.ReplaceAll(ts.ReadFile(name), "$WORK", ts.Getenv("WORK"))
		ts.Check(os.WriteFile(path, []byte(text), 0o666))
	}
}

// await runs "await FILE TEXT" and waits until the file holds the text, or
// without a text until there is such a file.
func await(ts *testscript.TestScript, neg bool, args []string) {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs(args[0])); err != nil {
			continue
		}
		if len(args) == 1 || strings.Contains(ts.ReadFile(args[0]), args[1]) {
			return
		}
	}
	ts.Fatalf("waited in vain for %v", args)
}

// remember runs "remember DIR FILE" and writes the decisions of a file into
// the history of a data directory.
func remember(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(recordAll(ts.MkAbs(args[0]), ts.MkAbs(args[1])))
}

// recordAll writes the decisions of a file, one JSON object a line, into the
// history of a data directory.
func recordAll(dir, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	ctx, o := context.Background(), history.DefaultOptions()
	log, err := history.Open(ctx, o.File(dir), o, history.Environment{})
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		e := new(history.Entry)
		if err := json.Unmarshal([]byte(line), e); err != nil {
			return err
		}
		log.Record(e)
	}
	return log.Close(ctx)
}
