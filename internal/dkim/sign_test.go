package dkim

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// oddBodies are bodies that must survive.
var oddBodies = map[string]string{
	"ordinary":     "Hello.\r\n",
	"empty":        "",
	"blank lines":  "\r\n\r\n",
	"no line end":  "Hello.",
	"8 bit":        "Gr\xfc\xdfe\r\n",
	"long line":    strings.Repeat("x", 20000) + "\r\n",
	"blanks":       "  a \t b  \r\n \r\n",
	"bare LF":      "a\nb\n",
	"bare CR":      "a\rb\r\n",
	"dots":         ".\r\n..\r\n",
	"binary":       "\x00\x01\x02\xff\r\n",
	"From in body": "From: x\r\n",
}

// TestSignVerify signs everything with every key in every way and verifies it.
func TestSignVerify(t *testing.T) {
	v := verifier(t, testZone(t), nil)
	headers := map[string]string{
		"ordinary":   "From: a@example.com\r\nSubject: x\r\n\r\n",
		"long":       "From: a@example.com\r\nSubject: " + strings.Repeat("word ", 500) + "\r\nTo: b@example.net\r\n\r\n",
		"UTF-8":      "From: Jörg <jörg@example.com>\r\nSubject: Grüße\r\n\r\n",
		"LF":         "From: a@example.com\nSubject: x\n y\n\n",
		"many times": "From: a@example.com\r\nTo: a@example.net\r\nTo: b@example.net\r\nList-Id: <x.example.net>\r\n\r\n",
	}
	for hname, header := range headers {
		for bname, body := range oddBodies {
			for _, canons := range []Canons{{Simple, Simple}, {Simple, Relaxed}, {Relaxed, Simple}, {Relaxed, Relaxed}} {
				signers := []Signer{
					DefaultSigner("example.com", "rsa2048", loadKey(t, "rsa2048")),
					DefaultSigner("example.com", "ed25519", loadKey(t, "ed25519")),
				}
				for i := range signers {
					signers[i].Canons, signers[i].Identity, signers[i].Lifetime = canons, "@mail.example.com", time.Hour
					signers[i].CopyFields, signers[i].BodyLength = true, true
				}
				msg := header + body
				values, err := Sign(parse([]byte(msg)), now, signers)
				if err != nil {
					t.Fatal(err)
				}
				for _, value := range values {
					msg = "DKIM-Signature: " + value + "\r\n" + msg
				}
				rep := v.Verify(context.Background(), parse([]byte(msg)), now)
				for _, r := range rep.Results {
					if r.Status != Pass {
						t.Errorf("%s, %s, %s: %s", hname, bname, canons, summary(rep))
					}
				}
			}
		}
	}
}

// TestSignGolden pins the signatures that are made.
func TestSignGolden(t *testing.T) {
	signers := map[string]func(*Signer){
		"default": func(*Signer) {},
		"everything": func(s *Signer) {
			s.Identity, s.Lifetime, s.CopyFields, s.BodyLength = "alice@sub.example.com", time.Hour, true, true
			s.Extra = []Tag{{Name: "r", Value: "y"}}
		},
		"few": func(s *Signer) {
			s.Headers, s.Oversign, s.Timestamp, s.Canons = []string{"from"}, nil, false, Canons{}
		},
	}
	for name, change := range signers {
		for _, key := range []string{"rsa1024", "rsa2048", "ed25519"} {
			t.Run(name+"-"+key, func(t *testing.T) {
				s := DefaultSigner("Example.com", key, loadKey(t, key))
				change(&s)
				values, err := Sign(parse([]byte(letter)), now, []Signer{s})
				if err != nil {
					t.Fatal(err)
				}
				got := strings.ReplaceAll("DKIM-Signature: "+values[0]+"\r\n", "\r\n", "\n")
				path := filepath.Join("testdata", "sign", name+"-"+key+".golden")
				if *update {
					if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
				for line := range strings.Lines(got) {
					if len(line) > 100 {
						t.Errorf("long line: %s", line)
					}
				}
			})
		}
	}
}

// TestSignRefused has what must not be signed.
func TestSignRefused(t *testing.T) {
	key := loadKey(t, "rsa1024")
	for name, msg := range map[string]string{
		"no From":  "To: a@example.net\r\n\r\n",
		"two From": "From: a@example.com\r\nFrom: b@example.com\r\n\r\n",
	} {
		if _, err := Sign(parse([]byte(msg)), now, []Signer{DefaultSigner("example.com", "s", key)}); !errors.Is(err, ErrFrom) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, change := range map[string]func(*Signer){
		"no domain":           func(s *Signer) { s.Domain = "" },
		"a domain with ;":     func(s *Signer) { s.Domain = "example.com; x=1" },
		"no selector":         func(s *Signer) { s.Selector = "" },
		"no key":              func(s *Signer) { s.Key = nil },
		"another algorithm":   func(s *Signer) { s.Algorithm = Ed25519SHA256 },
		"another's identity":  func(s *Signer) { s.Identity = "@example.org" },
		"an identity with ;":  func(s *Signer) { s.Identity = "a;b@example.com" },
		"an identity with LF": func(s *Signer) { s.Identity = "a\r\nb@example.com" },
		"a field with colon":  func(s *Signer) { s.Headers = []string{"a:b"} },
		"a tag with ;":        func(s *Signer) { s.Extra = []Tag{{Name: "a", Value: "b;"}} },
		"a tag of ours":       func(s *Signer) { s.Extra = []Tag{{Name: "d", Value: "example.org"}} },
		"negative lifetime":   func(s *Signer) { s.Lifetime = -1 },
	} {
		s := DefaultSigner("example.com", "s", key)
		change(&s)
		if _, err := Sign(parse([]byte("From: a@example.com\r\n\r\n")), now, []Signer{s}); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
}

// TestPrivateKeys reads keys in all forms.
func TestPrivateKeys(t *testing.T) {
	for _, name := range []string{"rsa1024", "rsa2048", "ed25519"} {
		key := loadKey(t, name)
		text, err := key.PEM()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParsePrivateKey(text)
		if err != nil {
			t.Fatal(err)
		}
		pub, err := ParseKey(record(t, again))
		if err != nil {
			t.Fatal(err)
		}
		if !SameKey(pub, key.Public()) || pub.Bits != key.Bits() || pub.Type != key.Type() {
			t.Errorf("%s: not the same key", name)
		}
		if other := loadKey(t, "rsa1024").Public(); SameKey(pub, other) != (name == "rsa1024") {
			t.Errorf("%s: compared with another key", name)
		}
	}
	seed := "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
	key, err := ParsePrivateKey([]byte(seed + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="; record(t, key) != want {
		t.Errorf("%s, want %s (RFC 8463 appendix A)", record(t, key), want)
	}
	for _, bad := range []string{"", "hello", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if _, err := ParsePrivateKey([]byte(bad)); err == nil {
			t.Errorf("%q is read as a key", bad)
		}
	}
}

// TestGenerate makes new keys.
func TestGenerate(t *testing.T) {
	rsa, err := GenerateRSA(1024)
	if err != nil {
		t.Fatal(err)
	}
	ed, err := GenerateEd25519()
	if err != nil {
		t.Fatal(err)
	}
	if rsa.Bits() != 1024 || ed.Type() != "ed25519" {
		t.Error(rsa.Bits(), ed.Type())
	}
	if _, err := GenerateRSA(512); err == nil {
		t.Error("a short key was made")
	}
}

// TestZoneRecord splits the record for zone files.
func TestZoneRecord(t *testing.T) {
	text := record(t, loadKey(t, "rsa2048"))
	pieces := SplitTXT(text)
	if len(pieces) != 2 || len(pieces[0]) != 255 || strings.Join(pieces, "") != text {
		t.Errorf("%d pieces", len(pieces))
	}
	got := ZoneRecord("s", "example.com", `a"b\c`)
	if want := "s._domainkey.example.com.\tIN\tTXT\t(\n\t\"a\\\"b\\\\c\" )\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
