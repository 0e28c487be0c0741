package history

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The tests of this file run the test binary again as another process; these
// variables tell it what to do.
const (
	roleVariable = "HISTORY_TEST_ROLE"
	fileVariable = "HISTORY_TEST_FILE"
)

func TestMain(m *testing.M) {
	role, file := os.Getenv(roleVariable), os.Getenv(fileVariable)
	var err error
	switch role {
	case "":
		os.Exit(m.Run())
	case "read":
		err = readFile(file)
	case "write":
		err = writeForEver(file)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// another prepares another process with that role.
func another(t *testing.T, role, file string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), roleVariable+"="+role, fileVariable+"="+file)
	cmd.Stderr = os.Stderr
	return cmd
}

// readFile prints the case ids, newest first, and then those that come.
func readFile(file string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := OpenReader(ctx, file)
	if err != nil {
		return err
	}
	defer r.Close()
	last, err := r.Last(ctx)
	if err != nil {
		return err
	}
	for e, err := range r.Query(ctx, Filter{Symbol: "MIME_TRACE"}) {
		if err != nil {
			return err
		}
		fmt.Println(e.CaseID)
	}
	fmt.Println("follow")
	for e, err := range r.Follow(ctx, last, Filter{}) {
		if err != nil {
			return err
		}
		fmt.Println(e.CaseID, e.Verdicts[0].Findings[0].Symbol)
		if e.CaseID == "END" {
			return nil
		}
	}
	return ctx.Err()
}

// writeForEver prints each number once everything up to it is flushed.
func writeForEver(file string) error {
	ctx := context.Background()
	l, err := Open(ctx, file, testOptions(), Environment{Tick: time.Millisecond})
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		l.Record(numbered(i))
		if i%10 == 9 {
			if err := l.Flush(ctx); err != nil {
				return err
			}
			fmt.Println(i)
		}
	}
}

func TestReadFromAnotherProcess(t *testing.T) {
	l := openLog(t, testOptions(), Environment{})
	for i := range 5 {
		l.Record(numbered(i))
	}
	flush(t, l)
	cmd := another(t, "read", l.db.Path())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for i := 4; i >= 0; i-- {
		if !lines.Scan() || lines.Text() != numbered(i).CaseID {
			t.Fatalf("read %q, want number %d", lines.Text(), i)
		}
	}
	if !lines.Scan() || lines.Text() != "follow" {
		t.Fatalf("read %q", lines.Text())
	}
	e := numbered(5)
	e.Verdicts[0].Findings[0].Symbol = "NEVER_SEEN_BEFORE"
	l.Record(e)
	end := numbered(6)
	end.CaseID = "END"
	l.Record(end)
	flush(t, l)
	for _, want := range []string{numbered(5).CaseID + " NEVER_SEEN_BEFORE", "END FORGED_SENDER"} {
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("read %q, want %q", lines.Text(), want)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// TestKilled: kill -9 in the middle of writing loses nothing that was
// flushed, and the file is whole.
func TestKilled(t *testing.T) {
	file := filepath.Join(t.TempDir(), "history.db")
	for range 3 {
		cmd := another(t, "write", file)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		flushed := lastNumber(t, bufio.NewScanner(out), cmd)
		l, err := Open(t.Context(), file, testOptions(), Environment{Tick: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		if h := l.Health(); !h.OK || len(h.Notices) > 0 {
			t.Errorf("health %+v", h)
		}
		if err := l.db.Verify(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := l.Get(t.Context(), numbered(flushed).CaseID); err != nil {
			t.Errorf("number %d was flushed: %v", flushed, err)
		}
		if err := l.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// lastNumber kills the process after some hundred entries and gives the last
// one that it said was flushed.
func lastNumber(t *testing.T, lines *bufio.Scanner, cmd *exec.Cmd) (last int) {
	t.Helper()
	for lines.Scan() {
		if _, err := fmt.Sscan(lines.Text(), &last); err != nil {
			break // cut off by the kill
		}
		if last == 499 {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("ended with %v", err)
	}
	return last
}
