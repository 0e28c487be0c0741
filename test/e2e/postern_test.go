package e2e

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the path of the program under test, built once by TestMain.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("end-to-end tests are left out with -short")
		os.Exit(0)
	}
	os.Exit(run(m))
}

// run builds the program and runs the tests.
func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "postern-e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "postern")
	build := exec.Command("go", "build", "-o", binary, "postern/cmd/postern")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the program under test: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// daemon is a running Postern.
type daemon struct {
	t       testing.TB
	dir     string
	config  string
	milter  string // address of the milter door, as Postfix writes it
	http    string
	control string
	log     *logBuffer
	cmd     *exec.Cmd
	done    chan struct{}
}

// logBuffer collects what a process prints, and lets tests wait for it.
type logBuffer struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	more chan struct{}
}

func newLogBuffer() *logBuffer { return &logBuffer{more: make(chan struct{})} }

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.more)
	l.more = make(chan struct{})
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// wait waits until text was printed.
func (l *logBuffer) wait(t testing.TB, text string) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		l.mu.Lock()
		found, more := strings.Contains(l.buf.String(), text), l.more
		l.mu.Unlock()
		if found {
			return
		}
		select {
		case <-more:
		case <-deadline:
			t.Fatalf("%q was not logged; the log is:\n%s", text, l)
		}
	}
}

// freePort gives a loopback port that nobody listens on.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startPostern runs the daemon with a configuration in which the doors'
// addresses are filled in. extra is added to the configuration.
func startPostern(t testing.TB, extra string) *daemon {
	t.Helper()
	d := &daemon{t: t, dir: t.TempDir(), milter: freePort(t), http: freePort(t), control: freePort(t)}
	d.config = filepath.Join(d.dir, "postern.toml")
	d.configure(extra)
	d.start()
	t.Cleanup(d.stop)
	return d
}

// configure writes the configuration.
func (d *daemon) configure(extra string) {
	d.t.Helper()
	text := fmt.Sprintf("milter.listen = %q\nhttp.listen = %q\ncontrol.listen = %q\n%s", d.milter, d.http, d.control, extra)
	if !strings.Contains(extra, "[policy]") {
		text += "\n[policy]\nlisten = \"\"\n"
	}
	if !strings.Contains(extra, "[dns]") {
		text += "\n[dns]\nenabled = false\n" // nothing leaves the machine
	}
	if err := os.WriteFile(d.config, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// start starts the daemon and waits until it answers.
func (d *daemon) start() {
	d.t.Helper()
	d.log = newLogBuffer()
	d.cmd = exec.Command(binary, "serve", "--config", d.config, "--data", filepath.Join(d.dir, "data"))
	d.cmd.Stdout, d.cmd.Stderr = d.log, d.log
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) {
		// The way it ends is the business of whoever stops it.
		_ = cmd.Wait()
		close(done)
	}(d.cmd, d.done)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		resp, err := http.Get("http://" + d.control + "/ping")
		if err == nil {
			resp.Body.Close()
			return
		}
		select {
		case <-d.done:
			d.t.Fatalf("the daemon ended at once:\n%s", d.log)
		case <-time.After(10 * time.Millisecond):
		}
	}
	d.t.Fatalf("the daemon does not answer:\n%s", d.log)
}

// stop ends the daemon in good order.
func (d *daemon) stop() { d.end(syscall.SIGTERM) }

// kill ends the daemon as a crash would.
func (d *daemon) kill() { d.end(syscall.SIGKILL) }

func (d *daemon) end(sig syscall.Signal) {
	select {
	case <-d.done:
		return
	default:
	}
	if err := d.cmd.Process.Signal(sig); err != nil {
		d.t.Errorf("stopping the daemon: %v", err)
	}
	select {
	case <-d.done:
	case <-time.After(30 * time.Second):
		d.t.Errorf("the daemon did not stop within 30 s:\n%s", d.log)
		_ = d.cmd.Process.Kill()
		<-d.done
	}
}

// get asks the control port.
func (d *daemon) get(path string) string {
	d.t.Helper()
	resp, err := http.Get("http://" + d.control + path)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(body)
}

// postern runs a command of the program and gives what it prints.
func postern(t testing.TB, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("postern %s: %v\n%s%s", strings.Join(args, " "), err, out, &stderr)
	}
	return string(out)
}

// fails runs a command that must fail, and gives all it prints and its exit
// status.
func fails(t testing.TB, args ...string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("postern %s did not fail:\n%s", strings.Join(args, " "), out)
	}
	return string(out), cmd.ProcessState.ExitCode()
}
