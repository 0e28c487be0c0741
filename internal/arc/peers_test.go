package arc

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pythonVerify says what Debian's python3-dkim finds of the chains of mails,
// with the keys in a file.
const pythonVerify = `
import sys, dkim
keys = dict(l.split(b"\t", 1) for l in open(sys.argv[1], "rb").read().splitlines())
for path in sys.argv[2:]:
    cv, results, why = dkim.ARC(open(path, "rb").read()).verify(dnsfunc=lambda name, timeout=5: keys.get(name.rstrip(b".")))
    print((cv or b"ended").decode())
`

// pythonSeal seals the message on its input.
const pythonSeal = `
import sys, dkim
keys = dict(l.split(b"\t", 1) for l in open(sys.argv[1], "rb").read().splitlines())
msg = sys.stdin.buffer.read()
server = sys.argv[4].encode()
cv, _, _ = dkim.ARC(msg).verify(dnsfunc=lambda name, timeout=5: keys.get(name.rstrip(b".")))
msg = b"Authentication-Results: " + server + b"; arc=" + cv + b"; spf=pass smtp.mailfrom=a@example.com\r\n" + msg
lines = dkim.ARC(msg).sign(b"arc", sys.argv[2].encode(), open(sys.argv[3], "rb").read(), server, timestamp=1772452800)
sys.stdout.buffer.write(b"".join(lines) + msg)
`

// python gives the interpreter that knows python3-dkim.
func python(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(path, "-c", "import dkim, nacl, authres").Run() == nil {
			return path
		}
	}
	t.Skip("python3-dkim, python3-nacl and python3-authres are not installed")
	return ""
}

// run runs a command and gives its output.
func run(t *testing.T, input, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = strings.NewReader(input)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", name, err, out, errs.String())
	}
	return string(out)
}

// writeFile writes a file into a folder of the test's.
func writeFile(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// keyFile writes the tests' keys, each on a line after its name.
func keyFile(t *testing.T, z zone, dir string) string {
	t.Helper()
	var b strings.Builder
	for name, text := range z {
		b.WriteString(name + "\t" + text + "\n")
	}
	return writeFile(t, dir, "keys", b.String())
}

// TestPeerPythonVerifies has our chains verified by python3-dkim, which knows
// no Ed25519 in them.
func TestPeerPythonVerifies(t *testing.T) {
	py, z, dir := python(t), testZone(t), t.TempDir()
	one := pass(t, z, letter, same, "list.example")
	eight := strings.Replace(letter, "Minutes  of", "Grüße  an ", 1) + "Grüße\r\n\r\n\r\n"
	cases := []struct{ name, raw, want string }{
		{"none", letter, "none"},
		{"one", one, "pass"},
		{"three", pass(t, z, letter, footer, "list.example", "old.example", "list.example"), "pass"},
		{"eight bit", pass(t, z, eight, same, "old.example", "list.example"), "pass"},
		{"no body", pass(t, z, letter[:strings.Index(letter, "Dear")], same, "list.example"), "pass"},
		{"broken", footer(one), "fail"},
		{"sealed though broken", pass(t, z, footer(one), same, "old.example"), "ended"},
	}
	args := []string{"-c", pythonVerify, keyFile(t, z, dir)}
	for _, c := range cases {
		args = append(args, writeFile(t, dir, c.name, c.raw))
	}
	got := strings.Fields(run(t, "", py, args...))
	if len(got) != len(cases) {
		t.Fatal(got)
	}
	for i, c := range cases {
		if got[i] != c.want {
			t.Errorf("%s: python3-dkim says %s, want %s", c.name, got[i], c.want)
		}
	}
}

// TestPeerPythonSeals verifies chains that python3-dkim and we have sealed in
// turn.
func TestPeerPythonSeals(t *testing.T) {
	py, z, dir := python(t), testZone(t), t.TempDir()
	keys := keyFile(t, z, dir)
	v := verifier(t, z, nil)
	raw := letter
	for i, domain := range []string{"old.example", "", "old.example", ""} {
		if domain == "" {
			raw = pass(t, z, raw, footer, "list.example")
		} else {
			key := filepath.Join("testdata", "keys", domains[domain]+".pem")
			raw = run(t, raw, py, "-c", pythonSeal, keys, domain, key, fmt.Sprintf("mx%d.%s", i, domain))
		}
		rep := v.Verify(context.Background(), parse([]byte(raw)), now)
		if rep.Status != Pass || len(rep.Sets) != i+1 {
			t.Fatalf("after %d sets: %s\n%s", i+1, tell(rep), raw)
		}
	}
	if got := strings.TrimSpace(run(t, "", py, "-c", pythonVerify, keys, writeFile(t, dir, "mail", raw))); got != "pass" {
		t.Errorf("python3-dkim says %s of the mixed chain", got)
	}
}
