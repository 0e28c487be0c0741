package dkim

import (
	"bytes"
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// now is when everything in these tests happens.
var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// loadKey reads a private key of the tests.
func loadKey(t testing.TB, name string) *PrivateKey {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "keys", name+".pem"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParsePrivateKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// record is the text to publish for a key.
func record(t testing.TB, key *PrivateKey) string {
	t.Helper()
	text, err := key.Public().Record()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// testZone publishes the tests' keys under their names at example.com.
func testZone(t testing.TB) zone {
	z := zone{}
	for _, name := range []string{"rsa1024", "rsa2048", "ed25519"} {
		z[KeyName(name, "example.com")] = record(t, loadKey(t, name))
	}
	return z
}

// crlf gives text with CRLF in place of LF.
func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// letter is an ordinary mail.
var letter = crlf(`Received: from a.example.com by b.example.com; Mon, 2 Mar 2026 11:59:50 +0000
Received: from c.example.com by a.example.com; Mon, 2 Mar 2026 11:59:40 +0000
From: Alice Example <alice@example.com>
To: Bob Example <bob@example.net>
Subject: Minutes  of the
	meeting
Date: Mon, 2 Mar 2026 11:59:30 +0000
Message-ID: <4711@example.com>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Dear Bob,

here are  the minutes.	Please tell me what is missing. 

Alice

`)

// craft signs a message with exactly these tags: "@" as the value of bh= or b=
// is filled in. It makes signatures that Sign would refuse to make.
func craft(t testing.TB, key *PrivateKey, tags, msg string) string {
	t.Helper()
	m := parse([]byte(msg))
	x := indexFields(m, false)
	list, _ := ParseTagList(tags)
	value := func(name string) string { v, _ := list.Get(name); return v }
	canons, _ := parseCanons(value("c"))
	algorithm, ok := parseAlgorithm(value("a"))
	if !ok {
		algorithm = key.algorithm()
	}
	limit, _ := readNumber(list, "l")
	var bodies bodyHashes
	bodies.want(algorithm.hashName(), canons.Body, limit)
	bodies.make(x.body)
	sum := bodies.find(algorithm.hashName(), canons.Body).sum(limit)
	if sum == nil {
		sum = make([]byte, 32)
	}
	tags = strings.Replace(tags, "bh=@", "bh="+base64.StdEncoding.EncodeToString(sum), 1)
	var buf []byte
	sel := x.newSelection(nil)
	for name := range strings.SplitSeq(value("h"), ":") {
		if raw := sel.take(trimFWS(name)); raw != nil {
			buf = appendField(buf, canons.Header, raw)
		}
	}
	raw := []byte("DKIM-Signature: " + tags + "\r\n")
	at := bytes.Index(raw, []byte("b=@")) + 2
	start, end := at, at+1
	if list, err := ParseTagList(string(raw[15:])); err == nil {
		start, end = 15+list.find("b").start, 15+list.find("b").end
	}
	buf = appendSignature(buf, canons.Header, raw, start, end)
	sig, err := key.Sign(algorithm, digestOf(algorithm, buf))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw[:at]) + base64.StdEncoding.EncodeToString(sig) + string(raw[at+1:]) + msg
}

// usual are tags of a signature that is as it should be.
const usual = "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=rsa2048; h=From:To:Subject:Date; bh=@; b=@"

// with replaces a tag of the usual ones, or adds it; "" takes it out.
func with(name, tag string) string {
	var out []string
	found := false
	for part := range strings.SplitSeq(usual, "; ") {
		if strings.HasPrefix(part, name+"=") {
			found = true
			if tag == "" {
				continue
			}
			part = tag
		}
		out = append(out, part)
	}
	if !found {
		out = append(out[:len(out)-1], tag, out[len(out)-1])
	}
	return strings.Join(out, "; ")
}

// one verifies a message and gives its only result.
func one(t *testing.T, v *Verifier, msg string) Result {
	t.Helper()
	rep := v.Verify(context.Background(), parse([]byte(msg)), now)
	if len(rep.Results) != 1 {
		t.Fatalf("%d results, want one", len(rep.Results))
	}
	return rep.Results[0]
}

// expect demands a status and words in the reason.
func expect(t *testing.T, got Result, status Status, reason string) {
	t.Helper()
	if got.Status != status || !strings.Contains(got.Reason, reason) {
		t.Errorf("got %s (%s), want %s (%s)", got.Status, got.Reason, status, reason)
	}
}
