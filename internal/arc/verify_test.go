package arc

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"postern/internal/dkim"
)

var update = flag.Bool("update", false, "write the golden files anew")

// tell writes a report down.
func tell(rep *Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\nsealers %s, oldest pass %d, open %q\n", rep.Status, rep.Reason, rep.Chain(), rep.OldestPass, rep.Open)
	if rep.Trusted != nil {
		fmt.Fprintf(&b, "trusted from %d\n", rep.Trusted.Instance)
	}
	for _, s := range rep.Sets {
		fmt.Fprintf(&b, "\n%d: cv=%s server %s\n%q\n", s.Instance, s.Claim, s.Server, s.Results)
		fmt.Fprintf(&b, "seal %s (%s) d=%s s=%s a=%s bits %d t=%d\n", s.Seal.Status, s.Seal.Reason, s.Seal.Domain, s.Seal.Selector, s.Seal.Algorithm, s.Seal.KeyBits, s.Seal.Signed)
		fmt.Fprintf(&b, "message %s (%s) d=%s s=%s\n", s.Message.Status, s.Message.Reason, s.Message.Domain, s.Message.Selector)
	}
	return b.String()
}

// goldenMails are the mails of testdata/verify, made by our own sealer and
// keys.
func goldenMails(t *testing.T, z zone) map[string]string {
	one := pass(t, z, letter, same, "list.example")
	three := pass(t, z, letter, footer, "old.example", "forward.example", "list.example")
	broken := strings.Replace(three, "Dear Bob", "Dear Rob", 1)
	return map[string]string{
		"one":           one,
		"three":         three,
		"three-same":    pass(t, z, letter, same, "old.example", "forward.example", "list.example"),
		"broken":        broken,
		"broken-sealed": pass(t, z, broken, same, "forward.example"),
		"no-middle":     strings.Replace(three, "ARC-Seal: i=2", "X-Seal: i=2", 1),
		"results-faked": strings.Replace(three, "i=1; mx.old.example; spf=pass", "i=1; mx.old.example; spf=fail", 1),
		"second-from":   "From: Mallory <m@evil.example>\r\n" + one,
	}
}

// TestVerifyGolden verifies the mails in testdata/verify and compares all that
// is told of them. The mails have LF in place of CRLF.
func TestVerifyGolden(t *testing.T) {
	z := testZone(t)
	if *update {
		for name, mail := range goldenMails(t, z) {
			text := strings.ReplaceAll(mail, "\r\n", "\n")
			if err := os.WriteFile(filepath.Join("testdata", "verify", name+".eml"), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	mails, err := filepath.Glob("testdata/verify/*.eml")
	if err != nil || len(mails) == 0 {
		t.Fatal("no mails", err)
	}
	v := verifier(t, z, func(o *Options) { o.TrustedSealers = []string{"list.example", ".forward.example"} })
	for _, path := range mails {
		t.Run(filepath.Base(path), func(t *testing.T) {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := tell(v.Verify(context.Background(), parse([]byte(crlf(string(raw)))), now))
			golden := strings.TrimSuffix(path, ".eml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestVerify verifies chains that somebody has touched, and others that cannot
// be verified.
func TestVerify(t *testing.T) {
	z := testZone(t)
	none, one := letter, pass(t, z, letter, same, "list.example")
	two := pass(t, z, letter, footer, "list.example", "forward.example")
	replace := func(raw, old, by string) string {
		if !strings.Contains(raw, old) {
			t.Fatalf("%q is not there", old)
		}
		return strings.Replace(raw, old, by, 1)
	}
	cases := []struct {
		name, raw string
		want      Status
		reason    string
	}{
		{"no chain", none, None, ""},
		{"empty", "", None, ""},
		{"one", one, Pass, ""},
		{"two", two, Pass, ""},
		{"footer after the last", footer(two), Fail, "instance 2: the body is not what was signed"},
		{"subject", replace(two, "Minutes", "Hours"), Fail, "instance 2: the signed fields"},
		{"received above", "Received: x\r\n" + two, Pass, ""},
		{"results of the first", replace(two, "i=1; mx.list", "i=1; mx.lost"), Fail, "ARC-Seal of instance 2"},
		{"claim of the first", replace(two, "cv=none", "cv=pass"), Fail, "instance 1 says cv=pass, which must be none"},
		{"claim in capitals", replace(one, "cv=none", "cv=NONE"), Fail, "does not say"},
		{"last says fail", replace(two, "cv=pass", "cv=fail"), Fail, "cv=fail"},
		{"instance 0", replace(one, "ARC-Seal: i=1", "ARC-Seal: i=0"), Fail, "no instance"},
		{"instance 51", replace(one, "ARC-Seal: i=1", "ARC-Seal: i=51"), Fail, "no instance"},
		{"gap", replace(replace(replace(one, "ARC-Seal: i=1", "ARC-Seal: i=3"), "Signature: i=1", "Signature: i=3"), "Results: i=1", "Results: i=3"), Fail, "instance 1 has no ARC-Seal"},
		{"results twice", "ARC-Authentication-Results: i=1; x\r\n" + one, Fail, "more than one ARC-Authentication-Results"},
		{"void seal", "ARC-Seal: x\r\n" + one, Fail, "void"},
		{"h in a seal", replace(one, "cv=none", "cv=none; h=from"), Fail, "h="},
		{"time in a seal", replace(one, "t=1772452800; cv", "t=-1; cv"), Fail, "t="},
		{"algorithm of a seal", replace(one, "ARC-Seal: i=1; a=rsa-sha256", "ARC-Seal: i=1; a=rsa-sha1"), Fail, "algorithm"},
		{"long field", "ARC-Seal: i=1; x=" + strings.Repeat("x", maxField) + "\r\n" + one, Fail, "longer"},
		{"many fields", strings.Repeat("ARC-Seal: i=1\r\n", 200) + one, Fail, "more than 50 ARC-Seal"},
		{"only a seal", "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=a.example; s=s; b=AA==\r\n" + letter, Fail, "no ARC-Message-Signature"},
		{"only void", "ARC-Seal: i=x\r\n" + letter, Fail, "no instance"},
		{"second From above", "From: m@evil.example\r\n" + one, Fail, "signed fields"},
		{"second From hidden", replace(one, "Received: from", "X: y\rFrom: m@evil.example\r\nReceived: from"), Fail, "behind a CR"},
		{"second Message-ID", replace(one, "Received: from", "Message-ID: <2@example.com>\r\nReceived: from"), Pass, ""},
		{"no From", replace(one, "\r\nFrom: ", "\r\nX-From: "), Fail, "no From"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rep := verifier(t, z, nil).Verify(context.Background(), parse([]byte(c.raw)), now)
			if rep.Status != c.want || !strings.Contains(rep.Reason, c.reason) {
				t.Errorf("got %s (%s), want %s (%s)", rep.Status, rep.Reason, c.want, c.reason)
			}
			if rep.Status != Pass && rep.Trusted != nil {
				t.Error("trusted without a pass")
			}
		})
	}
}

// TestKeys verifies chains whose keys are not there.
func TestKeys(t *testing.T) {
	z := testZone(t)
	raw := pass(t, z, letter, footer, "list.example", "forward.example")
	cases := []struct {
		name, domain, record string
		want                 Status
		reason               string
	}{
		{"last is slow", "forward.example", "?", TempError, "instance 2"},
		{"first is slow", "list.example", "?", TempError, "ARC-Seal of instance 1"},
		{"first is revoked", "list.example", "v=DKIM1; p=", Fail, "ARC-Seal of instance 1"},
		{"last is no key", "forward.example", "hello", Fail, "instance 2"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			z := testZone(t)
			z[dkim.KeyName("arc", c.domain)] = c.record
			rep := verifier(t, z, nil).Verify(context.Background(), parse([]byte(raw)), now)
			if rep.Status != c.want || !strings.Contains(rep.Reason, c.reason) {
				t.Errorf("got %s (%s), want %s (%s)", rep.Status, rep.Reason, c.want, c.reason)
			}
		})
	}
}

// counting counts what is asked.
type counting struct {
	zone
	asked atomic.Int64
}

func (c *counting) TXT(ctx context.Context, name string) ([]string, error) {
	c.asked.Add(1)
	return c.zone.TXT(ctx, name)
}

// TestQuestions wants a long chain with a broken seal to cost few questions.
func TestQuestions(t *testing.T) {
	z := testZone(t)
	var b strings.Builder
	for i := 1; i < MaxSets; i++ {
		cv := "pass"
		if i == 1 {
			cv = "none"
		}
		fmt.Fprintf(&b, "ARC-Seal: i=%d; a=rsa-sha256; cv=%s; d=d%d.example; s=s; b=AAAA\r\n", i, cv, i)
		fmt.Fprintf(&b, "ARC-Message-Signature: i=%d; a=rsa-sha256; d=d%d.example; s=s; h=from; bh=AAAA; b=AAAA\r\n", i, i)
		fmt.Fprintf(&b, "ARC-Authentication-Results: i=%d; d%d.example; none\r\n", i, i)
	}
	m := parse([]byte(b.String() + letter))
	rep := &Report{Status: Pass, Sets: collect(m.Header()).sets}
	s := sealer(t, "list.example")
	set, err := s.Seal(m, rep, results, now)
	if err != nil {
		t.Fatal(err)
	}
	c := &counting{zone: z}
	rep = verifier(t, c, nil).Verify(context.Background(), parse([]byte(set.write(b.String()+letter))), now)
	if rep.Status != Fail || !strings.Contains(rep.Reason, "instance 49") || len(rep.Sets) != MaxSets {
		t.Fatal(tell(rep))
	}
	if n := c.asked.Load(); n > 1+sealsAtOnce {
		t.Errorf("%d questions", n)
	}
}

// TestTrusted wants results to count only as far back as all sealers are
// trusted.
func TestTrusted(t *testing.T) {
	z := testZone(t)
	three := pass(t, z, letter, footer, "old.example", "forward.example", "list.example")
	cases := []struct {
		name    string
		trusted []string
		raw     string
		want    int
	}{
		{"nobody", nil, three, 0},
		{"the last", []string{"list.example"}, three, 3},
		{"the last two", []string{"LIST.example.", "forward.example"}, three, 2},
		{"all", []string{".example"}, three, 1},
		{"not the last", []string{"old.example", "forward.example"}, three, 0},
		{"not the middle", []string{"old.example", "list.example"}, three, 3},
		{"a broken chain", []string{".example"}, footer(three), 0},
		{"a second From", []string{".example"}, "From: m@evil.example\r\n" + three, 0},
		{"no chain", []string{".example"}, letter, 0},
		{"a second Message-ID", []string{".example"}, strings.Replace(three, "\r\nReceived: ", "\r\nMessage-ID: <2@example.com>\r\nReceived: ", 1), 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			v := verifier(t, z, func(o *Options) { o.TrustedSealers = c.trusted })
			rep := v.Verify(context.Background(), parse([]byte(c.raw)), now)
			got := 0
			if rep.Trusted != nil {
				got = rep.Trusted.Instance
			}
			if rep.Trusted != nil {
				h, err := rep.Trusted.Found()
				if err != nil || len(h.Find("spf")) != 1 || h.Find("spf")[0].Value != "pass" || h.Server != rep.Trusted.Server {
					t.Errorf("%+v, %v", h, err)
				}
			}
			if got != c.want {
				t.Errorf("trusted from %d, want %d\n%s", got, c.want, tell(rep))
			}
		})
	}
}

// TestSecondFrom wants a second From to break a chain although the signature
// leaves room for it, and a From that is not signed to be open.
func TestSecondFrom(t *testing.T) {
	z := testZone(t)
	v := verifier(t, z, func(o *Options) { o.TrustedSealers = []string{"list.example"} })
	s := sealer(t, "list.example")
	s.Oversign = nil
	set, err := s.Seal(parse([]byte(letter)), &Report{}, results, now)
	if err != nil {
		t.Fatal(err)
	}
	raw := set.write(letter)
	if rep := v.Verify(context.Background(), parse([]byte(raw)), now); rep.Status != Pass || rep.Trusted == nil {
		t.Error(tell(rep))
	}
	for name, want := range map[string]Status{"From": Fail, "Subject": Pass, "Content-Type": Pass} {
		rep := v.Verify(context.Background(), parse([]byte(name+": x@evil.example\r\n"+raw)), now)
		if rep.Status != want || rep.Trusted != nil || (rep.Open == "") != (want == Fail) {
			t.Errorf("a second %s: %s", name, tell(rep))
		}
	}
}

// TestOldestPass wants to know since when the message was not changed.
func TestOldestPass(t *testing.T) {
	z := testZone(t)
	unchanged := pass(t, z, letter, same, "old.example", "forward.example", "list.example")
	changed := pass(t, z, pass(t, z, letter, same, "old.example"), footer, "forward.example")
	changed = pass(t, z, changed, same, "list.example")
	on := func(o *Options) {}
	off := func(o *Options) { o.OldestPass = false }
	for _, c := range []struct {
		raw    string
		change func(*Options)
		want   int
	}{{unchanged, on, 0}, {changed, on, 2}, {changed, off, -1}, {letter, on, -1}, {footer(changed), on, -1}} {
		rep := verifier(t, z, c.change).Verify(context.Background(), parse([]byte(c.raw)), now)
		if rep.OldestPass != c.want {
			t.Errorf("got %d, want %d\n%s", rep.OldestPass, c.want, tell(rep))
		}
	}
}

// TestOptions wants faults to be named by their key.
func TestOptions(t *testing.T) {
	o := Options{TrustedSealers: []string{"ok.example", "no domain"}}
	err := o.Validate()
	for _, key := range []string{"trusted_sealers[1]", "timeout"} {
		if err == nil || !strings.Contains(err.Error(), key) || strings.Contains(err.Error(), "[0]") {
			t.Errorf("%v does not name %s", err, key)
		}
	}
	if _, err := NewVerifier(o, dkim.DefaultOptions(), zone{}); err == nil {
		t.Error("a verifier with wrong options")
	}
	if _, err := NewVerifier(DefaultOptions(), dkim.Options{}, zone{}); err == nil {
		t.Error("a verifier with wrong options for DKIM")
	}
}
