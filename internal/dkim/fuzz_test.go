package dkim

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// FuzzTagList wants lists to be read or refused, and those that are read to
// have what was written.
func FuzzTagList(f *testing.F) {
	for _, s := range []string{usual, "v=DKIM1; k=rsa; p=", "a=;b", "a=1;;", " a = b\r\n\tc ; d=\xff", ";", "a=b=c;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := ParseTagList(s)
		if len(list) > maxTags {
			t.Fatalf("%d tags", len(list))
		}
		seen := map[string]bool{}
		for _, tag := range list {
			if seen[tag.Name] || !validTagName(tag.Name) || !validTagValue(tag.Value) {
				t.Fatalf("bad tag %+v", tag)
			}
			seen[tag.Name] = true
			if trimFWS(s[tag.start:tag.end]) != tag.Value {
				t.Fatalf("%+v stands at another place", tag)
			}
		}
		if err == nil && len(list) == 0 {
			t.Fatal("no tags and no error")
		}
	})
}

// FuzzKey wants keys to be read or refused; a key that is read can be written
// and read again.
func FuzzKey(f *testing.F) {
	f.Add("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
	f.Add("v=DKIM1; t=y:s; h=sha256; p=")
	f.Add("p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAK/TqyLCm6bHAQeyo+Qid5VAxBrBxbWQ5lNVFTPCPmyhb0NvMvdVowyQACsAGZW9ixN5i5LenWLLzsG+AYkwdHUCAwEAAQ==")
	f.Fuzz(func(t *testing.T, s string) {
		key, err := ParseKey(s)
		if err != nil {
			return
		}
		text, err := key.Record()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseKey(text)
		if err != nil {
			t.Skip(err) // h= of the first may have what cannot be written
		}
		if !SameKey(key, again) {
			t.Fatalf("%q became %q", s, text)
		}
		key.Verify(RSASHA256, make([]byte, 32), make([]byte, key.Bits/8))
	})
}

// FuzzVerify wants nothing to break, and what passes to be what was signed:
// the fields that readers are shown and the body.
func FuzzVerify(f *testing.F) {
	s := DefaultSigner("example.com", "ed25519", loadKey(f, "ed25519"))
	s.Oversign = nil
	values, err := Sign(parse([]byte(letter)), now, []Signer{s})
	if err != nil {
		f.Fatal(err)
	}
	signed := "DKIM-Signature: " + values[0] + "\r\n" + letter
	f.Add([]byte(signed))
	f.Add([]byte("From: x\r\n" + signed))
	f.Add([]byte(strings.ReplaceAll(signed, "\r\n", "\n")))
	f.Add([]byte("DKIM-Signature: " + usual + "\n\n"))
	v := verifier(f, testZone(f), nil)
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := parse(raw)
		rep := v.Verify(context.Background(), m, now)
		if rep.Status() != Pass {
			return
		}
		original := parse([]byte(letter))
		for _, name := range []string{"From", "Subject", "Date", "To"} {
			if m.Header().Count(name) != 1 {
				t.Fatalf("%d %s in %q", m.Header().Count(name), name, raw)
			}
			got := string(appendRelaxed(nil, m.Header().First(name).Raw()))
			if want := string(appendRelaxed(nil, original.Header().First(name).Raw())); got != want {
				t.Fatalf("%q in place of %q", got, want)
			}
		}
		if got := canonBody(Relaxed, string(m.Root().Raw())); got != canonBody(Relaxed, string(original.Root().Raw())) {
			t.Fatalf("another body: %q", got)
		}
	})
}

// FuzzSign wants whatever is signed to verify.
func FuzzSign(f *testing.F) {
	f.Add([]byte("From: a\r\nSubject: b\r\n c\r\n\r\nbody \r\n"), false, true)
	f.Add([]byte("From: a\nX: \r\r\n\nbody \r"), true, false)
	signers := []Signer{DefaultSigner("example.com", "ed25519", loadKey(f, "ed25519"))}
	v := verifier(f, testZone(f), nil)
	f.Fuzz(func(t *testing.T, raw []byte, simpleHeader, simpleBody bool) {
		if !bytes.Contains(raw, []byte{'\n'}) {
			t.Skip("CR alone ends lines until a field with CRLF stands above")
		}
		one := signers[0]
		if simpleHeader {
			one.Canons.Header = Simple
		}
		if simpleBody {
			one.Canons.Body = Simple
		}
		values, err := Sign(parse(raw), now, []Signer{one})
		if err != nil {
			return
		}
		m := parse(append([]byte("DKIM-Signature: "+values[0]+"\r\n"), raw...))
		rep := v.Verify(context.Background(), m, now)
		if len(rep.Results) == 0 || rep.Results[0].Status != Pass && rep.Results[0].Status != Policy {
			t.Fatalf("%s of %q", summary(rep), m.Raw())
		}
	})
}

// FuzzOpenDKIM wants OpenDKIM's tables to be read or refused with a place, and
// no domain in From to lead out of the folder with the keys.
func FuzzOpenDKIM(f *testing.F) {
	f.Add(keyTable, signingTable, "ann@a.example.org")
	f.Add("a %:s:/k/%", "* a", "x@../../etc")
	f.Fuzz(func(t *testing.T, keyText, ruleText, address string) {
		keys, err := ParseKeyTable("K", []byte(keyText))
		if err != nil && !strings.HasPrefix(err.Error(), "K:") {
			t.Fatal(err)
		}
		rules, err := ParseSigningTable("S", []byte(ruleText))
		if err != nil && !strings.HasPrefix(err.Error(), "S:") {
			t.Fatal(err)
		}
		ParseHosts([]byte(ruleText))
		domain := address[strings.LastIndexByte(address, '@')+1:]
		for _, r := range append(MatchRefile(rules, address), MatchFile(rules, address)...) {
			k, _, ok := r.Resolve(keys, domain)
			if ok && strings.Contains(domain, "..") && k.File != "" && strings.Contains(k.File, "..") && !strings.Contains(keyText, "..") {
				t.Fatalf("%s leads to %s", address, k.File)
			}
		}
	})
}
