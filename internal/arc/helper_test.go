package arc

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postern/internal/dkim"
	"postern/internal/dns"
	"postern/internal/message"
)

// now is when everything in these tests happens.
var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// zone answers from a table; "?" is a server that does not answer.
type zone map[string]string

func (z zone) TXT(_ context.Context, name string) ([]string, error) {
	switch text, ok := z[name]; {
	case text == "?":
		return nil, &dns.Error{Name: name, Type: dns.TypeTXT, Kind: dns.ErrTemporary, Reason: "no answer"}
	case ok:
		return []string{text}, nil
	}
	return nil, &dns.Error{Name: name, Type: dns.TypeTXT, Kind: dns.ErrNotFound}
}

// domains are those that seal in these tests, each with its key.
var domains = map[string]string{
	"list.example": "rsa2048", "forward.example": "ed25519", "old.example": "rsa1024",
}

// loadKey reads a private key of the tests.
func loadKey(t testing.TB, name string) *dkim.PrivateKey {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "keys", name+".pem"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := dkim.ParsePrivateKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// testZone publishes the tests' keys.
func testZone(t testing.TB) zone {
	t.Helper()
	z := zone{}
	for domain, key := range domains {
		text, err := loadKey(t, key).Public().Record()
		if err != nil {
			t.Fatal(err)
		}
		z[dkim.KeyName("arc", domain)] = text
	}
	return z
}

// sealer seals for one of the domains.
func sealer(t testing.TB, domain string) Sealer {
	t.Helper()
	return DefaultSealer(domain, "arc", loadKey(t, domains[domain]))
}

// parse parses a message with the usual limits.
func parse(raw []byte) *message.Message { return message.Parse(raw, message.DefaultLimits()) }

// verifier makes a verifier with changed options.
func verifier(t testing.TB, r dkim.Resolver, change func(*Options)) *Verifier {
	t.Helper()
	o := DefaultOptions()
	if change != nil {
		change(&o)
	}
	v, err := NewVerifier(o, dkim.DefaultOptions(), r)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// crlf gives text with CRLF in place of LF.
func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// letter is an ordinary mail.
var letter = crlf(`Received: from a.example.com by b.example.com; Mon, 2 Mar 2026 11:59:50 +0000
From: Alice Example <alice@example.com>
To: Bob Example <bob@example.net>
Subject: Minutes  of the
	meeting
Date: Mon, 2 Mar 2026 11:59:30 +0000
Message-ID: <4711@example.com>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Dear Bob,

here are  the minutes.

Alice
`)

// write puts a set above a message.
func (s *Sealed) write(raw string) string {
	var b strings.Builder
	for _, f := range s.Fields {
		b.WriteString(f.Name + ": " + f.Value + "\r\n")
	}
	return b.String() + raw
}

// pass has a message passed on by domains, each of which verifies, changes
// the message and seals it.
func pass(t testing.TB, z zone, raw string, change func(string) string, through ...string) string {
	t.Helper()
	v := verifier(t, z, nil)
	for _, domain := range through {
		rep := v.Verify(context.Background(), parse([]byte(raw)), now)
		raw = change(raw)
		s := sealer(t, domain)
		set, err := s.Seal(parse([]byte(raw)), rep, "mx."+domain+"; spf=pass smtp.mailfrom=example.com;\r\n\tarc="+rep.Status.String(), now)
		if err != nil {
			t.Fatal(err)
		}
		raw = set.write(raw)
	}
	return raw
}

// same changes nothing.
func same(raw string) string { return raw }

// footer adds to the body, as mailing lists do.
func footer(raw string) string { return raw + "-- \r\na mailing list\r\n" }
