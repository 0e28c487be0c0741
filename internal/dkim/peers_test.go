package dkim

import (
	"bytes"
	"context"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postern/test/suites"
)

// pythonVerify verifies mails with the keys in a file, as Debian's python3-dkim
// does, and names those that do not pass.
const pythonVerify = `
import sys, dkim
keys = dict(l.split(b"\t", 1) for l in open(sys.argv[1], "rb").read().splitlines())
for path in sys.argv[2:]:
    d = dkim.DKIM(open(path, "rb").read(), minkey=1024)
    n = sum(1 for k, v in d.headers if k.lower() == b"dkim-signature")
    if not all(d.verify(i, dnsfunc=lambda name, timeout=5: keys.get(name.rstrip(b"."))) for i in range(n)):
        print(path)
`

// pythonSign signs the message on its input in all ways.
const pythonSign = `
import sys, dkim
msg = sys.stdin.buffer.read()
out = sys.stdout.buffer
for alg, sel, path in ((b"rsa-sha256", b"rsa1024", sys.argv[1]), (b"ed25519-sha256", b"ed25519", sys.argv[2])):
    key = open(path, "rb").read()
    for hc in (b"simple", b"relaxed"):
        for bc in (b"simple", b"relaxed"):
            for length in (False, True):
                d = dkim.DKIM(msg, signature_algorithm=alg)
                out.write(d.sign(sel, b"example.com", key, canonicalize=(hc, bc), length=length) + b"\0")
`

// python gives the interpreter that knows python3-dkim.
func python(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(path, "-c", "import dkim, nacl").Run() == nil {
			return path
		}
	}
	t.Skip("python3-dkim and python3-nacl are not installed")
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

// keyFile writes the tests' keys, each on a line after its name.
func keyFile(t *testing.T, separator string) string {
	t.Helper()
	var b strings.Builder
	for name, text := range testZone(t) {
		b.WriteString(name + separator + text + "\n")
	}
	path := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// signedMails are mails with our signatures.
func signedMails(t *testing.T, ed bool) map[string]string {
	t.Helper()
	mails := map[string]string{}
	header := "Received: from a by b; Mon, 2 Mar 2026 11:59:50 +0000\r\nFrom: Jörg <jörg@example.com>\r\nTo: b@example.net\r\nSubject: Grüße  an\r\n\talle \r\n\r\n"
	for name, body := range oddBodies {
		if name == "bare LF" || name == "bare CR" || name == "binary" {
			continue // peers differ about these
		}
		for _, canons := range []Canons{{Simple, Simple}, {Simple, Relaxed}, {Relaxed, Simple}, {Relaxed, Relaxed}} {
			signers := []Signer{DefaultSigner("example.com", "rsa2048", loadKey(t, "rsa2048"))}
			if ed {
				signers = append(signers, DefaultSigner("example.com", "ed25519", loadKey(t, "ed25519")))
			}
			for i := range signers {
				signers[i].Canons, signers[i].Identity = canons, "@example.com"
			}
			msg := header + body
			values, err := Sign(parse([]byte(msg)), time.Now(), signers)
			if err != nil {
				t.Fatal(err)
			}
			for _, value := range values {
				msg = "DKIM-Signature: " + value + "\r\n" + msg
			}
			mails[name+" "+canons.String()] = msg
		}
	}
	return mails
}

// TestPeerPython has our signatures verified by python3-dkim, and verifies
// its.
func TestPeerPython(t *testing.T) {
	py := python(t)
	dir := t.TempDir()
	args := []string{"-c", pythonVerify, keyFile(t, "\t")}
	for name, msg := range signedMails(t, true) {
		path := filepath.Join(dir, strings.ReplaceAll(name, "/", "-"))
		if err := os.WriteFile(path, []byte(msg), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	if failed := run(t, "", py, args...); failed != "" {
		t.Errorf("python3-dkim does not accept\n%s", failed)
	}
	seed := filepath.Join(dir, "seed")
	text := base64.StdEncoding.EncodeToString(loadKey(t, "ed25519").ed.Seed())
	if err := os.WriteFile(seed, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	v := verifier(t, testZone(t), nil)
	n := 0
	for field := range strings.SplitSeq(run(t, letter, py, "-c", pythonSign, "testdata/keys/rsa1024.pem", seed), "\x00") {
		if field == "" {
			continue
		}
		n++
		if rep := v.Verify(context.Background(), parse([]byte(field+letter)), time.Now()); rep.Status() != Pass {
			t.Errorf("python3-dkim's signature: %s\n%s", summary(rep), field)
		}
	}
	if n != 16 {
		t.Errorf("%d signatures, want 16", n)
	}
}

// TestPeerOpenDKIMSigns makes the very signatures that opendkim makes.
func TestPeerOpenDKIMSigns(t *testing.T) {
	opendkim, err := exec.LookPath("opendkim")
	if err != nil {
		t.Skip("opendkim is not installed")
	}
	v := verifier(t, testZone(t), nil)
	dir := t.TempDir()
	path, key, conf := filepath.Join(dir, "mail"), filepath.Join(dir, "key"), filepath.Join(dir, "conf")
	text, err := loadKey(t, "rsa2048").PEM()
	if err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string][]byte{key: text, conf: []byte("OversignHeaders From\nRequireSafeKeys no\n")} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, body := range oddBodies {
		if strings.Contains("no line end, bare LF, bare CR, binary, long line", name) {
			continue // opendkim's test mode does not read these as they are
		}
		for _, canons := range []Canons{{Simple, Simple}, {Simple, Relaxed}, {Relaxed, Simple}, {Relaxed, Relaxed}} {
			msg := "From: a@example.com\r\nTo: b@example.net,\r\n\t c@example.net\r\nDate: Mon, 2 Mar 2026 11:59:30 +0000\r\nSubject: x  y \r\n\r\n" + body
			if err := os.WriteFile(path, []byte(msg), 0o600); err != nil {
				t.Fatal(err)
			}
			out := run(t, "", opendkim, "-x", conf, "-b", "s", "-d", "example.com", "-k", key, "-s", "rsa2048",
				"-S", "rsa-sha256", "-c", canons.String(), "-F", "1772452800", "-v", "-v", "-t", path)
			_, want, _ := strings.Cut(out, "hvalue='")
			want = crlf(strings.TrimSuffix(strings.TrimSpace(want), "'"))
			s := DefaultSigner("example.com", "rsa2048", loadKey(t, "rsa2048"))
			s.Canons, s.Oversign = canons, []string{"From"}
			got, err := Sign(parse([]byte(msg)), time.Unix(1772452800, 0), []Signer{s})
			if err != nil {
				t.Fatal(err)
			}
			if got[0] != want {
				t.Errorf("%s, %s:\ngot  %q\nwant %q", name, canons, got[0], want)
			}
			if rep := v.Verify(context.Background(), parse([]byte("DKIM-Signature: "+want+"\r\n"+msg)), now); rep.Status() != Pass {
				t.Errorf("%s, %s: %s", name, canons, summary(rep))
			}
		}
	}
}

// TestPeerOpenDKIMVerifies has our signatures verified by opendkim.
func TestPeerOpenDKIMVerifies(t *testing.T) {
	opendkim, err := exec.LookPath("opendkim")
	if err != nil {
		t.Skip("opendkim is not installed")
	}
	dir := t.TempDir()
	conf := filepath.Join(dir, "conf")
	text := "Mode v\nTestPublicKeys " + keyFile(t, " ") + "\n"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, msg := range signedMails(t, false) {
		if strings.HasPrefix(name, "long line") || strings.HasPrefix(name, "no line end") {
			continue // which opendkim's test mode does not read
		}
		path := filepath.Join(dir, "mail")
		if err := os.WriteFile(path, []byte(msg), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(opendkim, "-x", conf, "-t", path).CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("succeeded")) {
			t.Errorf("%s: opendkim says %s (%v)\n%q", name, out, err, msg)
		}
	}
}

// TestSuitePython verifies the mails of dkimpy's tests.
func TestSuitePython(t *testing.T) {
	dir := suites.Path(t, "suites", "dkim", "dkimpy")
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	cases := []struct {
		file, name, key string
		want            Status
	}{
		{"rfc6376.signed.rsa.msg", "test._domainkey.football.example.com", "test.txt", Pass},
		{"rfc6376.signed.rsa.msg", "test._domainkey.football.example.com", "test2.txt", Pass},
		{"rfc6376.signed.rsa.msg", "test._domainkey.football.example.com", "badversion.txt", PermError},
		{"rfc6376.signed.rsa.msg", "test._domainkey.football.example.com", "badk.txt", PermError},
		{"rfc6376.signed.rsa.msg", "test._domainkey.football.example.com", "test_bad.txt", PermError},
		{"rfc6376.signed.rsa.msg", "test._domainkey.football.example.com", "test_tlsrpt.txt", PermError},
		{"rfc6376.signed.rsa.msg", "test._domainkey.football.example.com", "1024_testkey_wo_markers.pub.txt", Fail},
		{"rfc6376.signed.rsa.msg", "test._domainkey.football.example.com", "1024_testkey_wo_markers.pub.rsa.txt", Fail},
		{"rfc6376.signed.rsa.msg", "test._domainkey.football.example.com", "2048_testkey_wo_markers.pub.rsa.txt", Fail},
		{"ed25519test2.msg", "sed._domainkey.test.ex", "eximtest.dns", Pass},
		{"test.message.baddomain", "test._domainkey.legitimate.com", "test.txt", PermError},
	}
	for _, c := range cases {
		t.Run(c.file+" "+c.key, func(t *testing.T) {
			v := verifier(t, zone{c.name: strings.TrimSpace(read(c.key))}, nil)
			rep := v.Verify(context.Background(), parse([]byte(read(c.file))), time.Now())
			if rep.Status() != c.want {
				t.Errorf("got %s, want %s", summary(rep), c.want)
			}
		})
	}
	for _, name := range []string{"1024_testkey", "2048_testkey", "2048_testkey_PKCS8", "test", "test2"} {
		ending := ".key"
		if strings.HasPrefix(name, "test") {
			ending = ".private"
		}
		if _, err := ParsePrivateKey([]byte(read(name + ending))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"ed25519test.key", "rfc8032_7_1.key"} {
		if _, err := ParsePrivateKey([]byte(read(name))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
