package dkim

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"postern/internal/dns"
	"postern/internal/unit"
)

// asker counts questions and answers them by a function.
type asker struct {
	n   atomic.Int64
	ask func(ctx context.Context, name string) ([]string, error)
}

func (a *asker) TXT(ctx context.Context, name string) ([]string, error) {
	a.n.Add(1)
	return a.ask(ctx, name)
}

// manySignatures gives the letter with that many signatures, each with a
// selector of its own.
func manySignatures(t *testing.T, n int) string {
	t.Helper()
	key := loadKey(t, "rsa2048")
	var b strings.Builder
	for i := range n {
		signed := craft(t, key, with("s", fmt.Sprintf("s=k%d", i)), letter)
		b.WriteString(strings.TrimSuffix(signed, letter))
	}
	return b.String() + letter
}

// TestThousandSignatures asks for no more keys than may be asked for.
func TestThousandSignatures(t *testing.T) {
	a := &asker{ask: testZone(t).TXT}
	fields := strings.TrimSuffix(manySignatures(t, 20), letter)
	rep := verifier(t, a, nil).Verify(context.Background(), parse([]byte(strings.Repeat(fields, 60)+letter)), now)
	if len(rep.Results) != 10 || rep.Skipped != 1190 || a.n.Load() > 10 {
		t.Errorf("%d results, %d skipped, %d questions", len(rep.Results), rep.Skipped, a.n.Load())
	}
	if rep.Status() != PermError {
		t.Error(rep.Status())
	}
}

// TestSameKey asks for a key once, however many signatures name it.
func TestSameKey(t *testing.T) {
	a := &asker{ask: testZone(t).TXT}
	field := strings.TrimSuffix(craft(t, loadKey(t, "rsa2048"), usual, letter), letter)
	rep := verifier(t, a, nil).Verify(context.Background(), parse([]byte(strings.Repeat(field, 5)+letter)), now)
	if a.n.Load() != 1 || len(rep.Results) != 5 || rep.Status() != Pass {
		t.Errorf("%d questions, %s", a.n.Load(), summary(rep))
	}
}

// TestAtOnce asks for all keys at the same time: no answer comes before all
// questions have been asked.
func TestAtOnce(t *testing.T) {
	const n = 10
	var all sync.WaitGroup
	all.Add(n)
	text := record(t, loadKey(t, "rsa2048"))
	a := &asker{ask: func(ctx context.Context, name string) ([]string, error) {
		all.Done()
		all.Wait()
		return []string{text}, nil
	}}
	rep := verifier(t, a, nil).Verify(context.Background(), parse([]byte(manySignatures(t, n))), now)
	for _, r := range rep.Results {
		expect(t, r, Pass, "")
	}
}

// TestFaults has a DNS that gives no answer.
func TestFaults(t *testing.T) {
	msg := craft(t, loadKey(t, "rsa2048"), usual, letter)
	answer := func(err error) *asker {
		return &asker{ask: func(context.Context, string) ([]string, error) { return nil, err }}
	}
	servfail := &dns.Error{Kind: dns.ErrTemporary, Reason: "SERVFAIL from 127.0.0.1:53"}
	expect(t, one(t, verifier(t, answer(servfail), nil), msg), TempError, "SERVFAIL")
	expect(t, one(t, verifier(t, answer(errors.New("broken")), nil), msg), TempError, "broken")
	expect(t, one(t, verifier(t, answer(&dns.Error{Kind: dns.ErrNotFound}), nil), msg), PermError, "no key")
	expect(t, one(t, verifier(t, answer(&dns.Error{Kind: dns.ErrNoData}), nil), msg), PermError, "no key")
	expect(t, one(t, verifier(t, answer(nil), nil), msg), PermError, "no key")
}

// TestTimeout does not wait longer than it may.
func TestTimeout(t *testing.T) {
	silent := &asker{ask: func(ctx context.Context, _ string) ([]string, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	msg := craft(t, loadKey(t, "rsa2048"), usual, letter)
	v := verifier(t, silent, func(o *Options) { o.Timeout = unit.Duration(time.Millisecond) })
	expect(t, one(t, v, msg), TempError, "deadline")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	rep := verifier(t, silent, nil).Verify(ctx, parse([]byte(msg)), now)
	expect(t, rep.Results[0], TempError, "canceled")
}

// TestHostile has input that is made to be expensive. None of it passes, all
// of it ends.
func TestHostile(t *testing.T) {
	key := loadKey(t, "rsa2048")
	signed := craft(t, key, usual, letter)
	cases := []struct {
		name, msg string
		reason    string
	}{
		{"huge field", craft(t, key, with("z", "z="+strings.Repeat("x", maxSignatureField)), letter), "longer"},
		{"many tags", craft(t, key, "v=1; "+manyTags(200)+usual[5:], letter), "more than"},
		{"many names", craft(t, key, with("h", "h=From"+strings.Repeat(":x", maxNames)), letter), "more than"},
		{"many fields", strings.Repeat("X: y\r\n", 5000) + signed, ""},
		{"many fields below", strings.Replace(signed, "\r\n\r\n", "\r\n"+strings.Repeat("X: y\r\n", 5000)+"\r\n", 1), "more header fields"},
		{"hidden From below", strings.Replace(signed, "\r\n\r\n", "\r\n"+strings.Repeat("X: y\r\n", 1999)+"From: m@example.org\r\n\r\n", 1), "more header fields"},
	}
	v := verifier(t, testZone(t), nil)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rep := v.Verify(context.Background(), parse([]byte(c.msg)), now)
			if rep.Status() == Pass {
				t.Fatal("passes")
			}
			if c.reason != "" {
				expect(t, rep.Results[0], PermError, c.reason)
			}
		})
	}
}

func manyTags(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "x%d=y; ", i)
	}
	return b.String()
}

// TestManyLimits hashes the body once for all l=.
func TestManyLimits(t *testing.T) {
	key := loadKey(t, "rsa1024")
	var fields strings.Builder
	for i := range 10 {
		tags := fmt.Sprintf("v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=rsa1024; h=From:Content-Type; l=%d; bh=@; b=@", i*10%70)
		fields.WriteString(strings.TrimSuffix(craft(t, key, tags, letter), letter))
	}
	rep := verifier(t, testZone(t), nil).Verify(context.Background(), parse([]byte(fields.String()+letter)), now)
	for _, r := range rep.Results {
		expect(t, r, Pass, "not signed")
	}
}

// TestOptionsValidate refuses what makes no sense.
func TestOptionsValidate(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Options){
		"max_signatures": func(o *Options) { o.MaxSignatures = 0 },
		"min_rsa_bits":   func(o *Options) { o.MinRSABits = 512 },
		"max_rsa_bits":   func(o *Options) { o.MaxRSABits = 1000 },
		"clock_skew":     func(o *Options) { o.ClockSkew = -1 },
		"timeout":        func(o *Options) { o.Timeout = 0 },
		"must_be_signed": func(o *Options) { o.MustBeSigned = []string{"a b"} },
	} {
		o := DefaultOptions()
		change(&o)
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := NewVerifier(o, zone{}); err == nil {
			t.Errorf("%s: a verifier was made", name)
		}
	}
}
