package dkim

import (
	"context"
	"os"
	"strings"
	"testing"
)

// signedBy signs the letter with a signer that only lists what is told.
func signedBy(t *testing.T, change func(*Signer), msg string) string {
	t.Helper()
	s := DefaultSigner("example.com", "rsa2048", loadKey(t, "rsa2048"))
	if change != nil {
		change(&s)
	}
	values, err := Sign(parse([]byte(msg)), now, []Signer{s})
	if err != nil {
		t.Fatal(err)
	}
	return "DKIM-Signature: " + values[0] + "\r\n" + msg
}

// TestChanges makes changes on the way.
func TestChanges(t *testing.T) {
	replace := func(old, new string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, new, 1) }
	}
	top := func(field string) func(string) string { return func(s string) string { return field + "\r\n" + s } }
	end := func(field string) func(string) string { return replace("\r\n\r\n", "\r\n"+field+"\r\n\r\n") }
	plain := func(s *Signer) { s.Oversign = nil }
	strict := func(s *Signer) { s.Oversign, s.Canons = nil, Canons{Simple, Simple} }
	cases := []struct {
		name   string
		sign   func(*Signer)
		change func(string) string
		want   Status
		reason string
	}{
		{"nothing", nil, func(s string) string { return s }, Pass, ""},
		{"trace field added", nil, top("Received: from x by y; Mon, 2 Mar 2026 12:00:00 +0000"), Pass, ""},
		{"body changed", nil, replace("minutes.", "minuteS."), Fail, "body"},
		{"subject changed", nil, replace("Minutes", "minutes"), Fail, "fields"},
		{"from changed", nil, replace("alice@", "mallory@"), Fail, "fields"},
		{"blanks changed", nil, replace("Minutes  of", "Minutes of"), Pass, ""},
		{"blanks changed, simple", strict, replace("Minutes  of", "Minutes of"), Fail, "fields"},
		{"fold changed", nil, replace("the\r\n\tmeeting", "the meeting"), Pass, ""},
		{"body blanks changed", nil, replace("are  the", "are the"), Pass, ""},
		{"body blanks changed, simple", strict, replace("are  the", "are the"), Fail, "body"},
		{"name in other case", nil, replace("\r\nSubject:", "\r\nSUBJECT :"), Pass, ""},
		{"name in other case, simple", strict, replace("\r\nSubject:", "\r\nSUBJECT:"), Fail, "fields"},
		{"empty lines at the end", strict, func(s string) string { return s + "\r\n\r\n" }, Pass, ""},
		{"last line end lost", strict, func(s string) string { return strings.TrimRight(s, "\r\n") }, Pass, ""},
		{"line ends LF", strict, func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }, Pass, ""},
		{"line ends CR", strict, func(s string) string { return strings.ReplaceAll(s, "\r\n", "\r") }, Pass, ""},
		{"text appended", nil, func(s string) string { return s + "Buy now!\r\n" }, Fail, "body"},
		{"From above, over-signed", nil, top("From: Mallory <m@example.org>"), Fail, "fields"},
		{"From above", plain, top("From: Mallory <m@example.org>"), Policy, "not signed: from"},
		{"From above, other case", plain, top("fROM:Mallory <m@example.org>"), Policy, "not signed: from"},
		{"From above, blank before the colon", plain, top("From : Mallory <m@example.org>"), Policy, "not signed: from"},
		{"From above, comment before the colon", plain, top("From (x): Mallory <m@example.org>"), Policy, "not signed: from"},
		{"From above, folded", plain, top("From:\r\n Mallory <m@example.org>"), Policy, "not signed: from"},
		{"From below", plain, end("From: Mallory <m@example.org>"), Fail, "fields"},
		{"From behind a CR", nil, top("X-A: b\rFrom: Mallory <m@example.org>"), Policy, "behind a CR"},
		{"From behind CR and blank", nil, top("X-A: b\r\rfrom : Mallory <m@example.org>"), Policy, "behind a CR"},
		{"CR in a field", nil, top("X-A: b\rc: d"), Pass, ""},
		{"NUL in a name", nil, top("Fr\x00om: Mallory <m@example.org>"), Policy, "NUL"},
		{"NUL in another name", nil, top("X\x00: From: Mallory"), Pass, ""},
		{"Subject above", plain, top("Subject: Buy now"), Policy, "not signed: subject"},
		{"Date above", plain, top("Date: Mon, 2 Mar 2026 12:59:30 +0000"), Policy, "not signed: date"},
		{"To above", plain, top("To: x@example.net"), Policy, "not signed: to"},
		{"Content-Type above", plain, top("Content-Type: text/html"), Policy, "not signed: content-type"},
		{"Reply-To above", plain, top("Reply-To: x@example.net"), Pass, ""},
		{"Reply-To above, over-signed", nil, top("Reply-To: x@example.net"), Fail, "fields"},
		{"From lost", plain, replace("From: Alice Example <alice@example.com>\r\n", ""), PermError, "no From"},
		{"empty line at the top", nil, func(s string) string { return "\r\n" + s }, None, ""},
	}
	v := verifier(t, testZone(t), nil)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rep := v.Verify(context.Background(), parse([]byte(c.change(signedBy(t, c.sign, letter)))), now)
			if c.want == None {
				if len(rep.Results) > 0 || rep.Status() != None {
					t.Errorf("got %s, want none", summary(rep))
				}
				return
			}
			expect(t, rep.Results[0], c.want, c.reason)
			if rep.Passed("example.com") != (c.want == Pass) {
				t.Errorf("Passed says %v", rep.Passed("example.com"))
			}
		})
	}
}

// TestTags verifies signatures with one tag unlike the usual ones.
func TestTags(t *testing.T) {
	cases := []struct {
		name, tags string
		want       Status
		reason     string
	}{
		{"usual", usual, Pass, ""},
		{"semicolon at the end", usual + ";", Pass, ""},
		{"blanks everywhere", " v = 1 ;\r\n\ta = rsa-sha256 ; d = example.com; s =rsa2048; c= relaxed/relaxed ;h=From :\r\n\tTo: Subject; bh=@ ; b=@ ; ", Pass, ""},
		{"unknown tag", with("zz_1", "zz_1=any thing"), Pass, ""},
		{"empty unknown tag", with("zz", "zz="), Pass, ""},
		{"no version", with("v", ""), PermError, "no version"},
		{"other version", with("v", "v=2"), PermError, "version"},
		{"version 1.0", with("v", "v=1.0"), PermError, "version"},
		{"version not first", "a=rsa-sha256; v=1; d=example.com; s=rsa2048; h=From; bh=@; b=@", Pass, ""},
		{"no algorithm", with("a", ""), PermError, "no algorithm"},
		{"unknown algorithm", with("a", "a=rsa-md5"), PermError, "not known"},
		{"algorithm in capitals", with("a", "a=RSA-SHA256"), Pass, ""},
		{"algorithm of another key", with("a", "a=ed25519-sha256"), PermError, "type rsa"},
		{"sha1", with("a", "a=rsa-sha1"), PermError, "rsa-sha1"},
		{"no domain", with("d", ""), PermError, "no domain"},
		{"empty domain", with("d", "d="), PermError, "not a domain"},
		{"comment in the domain", with("d", "d=example.com(.example.org"), PermError, "not a domain"},
		{"blank in the domain", with("d", "d=example .com"), PermError, "not a domain"},
		{"NUL in the domain", with("d", "d=example.com\x00"), PermError, "characters"},
		{"empty label", with("d", "d=example..com"), PermError, "not a domain"},
		{"domain in capitals", with("d", "d=EXAMPLE.com"), Pass, ""},
		{"no selector", with("s", ""), PermError, "no selector"},
		{"bad selector", with("s", "s=a b"), PermError, "not a selector"},
		{"long selector", with("s", "s="+strings.Repeat("abcdefgh.", 30)+"x"), PermError, "selector"},
		{"no key", with("s", "s=other"), PermError, "no key"},
		{"identity", with("i", "i=alice=40home@sub.EXAMPLE.com"), Pass, ""},
		{"identity of another", with("i", "i=@example.org"), PermError, "not within"},
		{"identity of a lookalike", with("i", "i=@notexample.com"), PermError, "not within"},
		{"identity above", with("i", "i=@com"), PermError, "not within"},
		{"identity without at", with("i", "i=example.com"), PermError, "not an identity"},
		{"identity with two at", with("i", "i=@example.org@example.com"), Pass, ""},
		{"empty identity", with("i", "i="), PermError, "not an identity"},
		{"no fields", with("h", ""), PermError, "which fields"},
		{"empty fields", with("h", "h="), PermError, "leaves From open"},
		{"From not signed", with("h", "h=To:Subject"), PermError, "leaves From open"},
		{"odd field", with("h", "h=From:a b"), PermError, "name of a field"},
		{"missing fields", with("h", "h=From:Nowhere:Nowhere:Subject:Subject"), Pass, ""},
		{"empty names", with("h", "h=From::To:"), Pass, ""},
		{"no body hash", with("bh", ""), PermError, "no hash"},
		{"broken body hash", with("bh", "bh=a*"), PermError, "base64"},
		{"other body hash", with("bh", "bh=AAAA"), Fail, "body"},
		{"canonicalisation of the header", with("c", "c=relaxed"), Pass, ""},
		{"no canonicalisation", with("c", ""), Pass, ""},
		{"unknown canonicalisation", with("c", "c=nowsp"), PermError, "not known"},
		{"unknown body canonicalisation", with("c", "c=relaxed/nowsp"), PermError, "not known"},
		{"three canonicalisations", with("c", "c=relaxed/relaxed/relaxed"), PermError, "not known"},
		{"part of the body, type not signed", with("l", "l=10"), Policy, "nor the Content-Type"},
		{"part of the body", strings.Replace(with("l", "l=10"), "Date", "Content-Type", 1), Pass, "67 octets"},
		{"none of the body", strings.Replace(with("l", "l=0"), "Date", "Content-Type", 1), Pass, "77 octets"},
		{"all of the body", with("l", "l=77"), Pass, ""},
		{"more than the body", with("l", "l=78"), PermError, "more of the body"},
		{"far more than the body", with("l", "l="+strings.Repeat("9", 76)), PermError, "more of the body"},
		{"negative length", with("l", "l=-1"), PermError, "not a number"},
		{"very long length", with("l", "l="+strings.Repeat("9", 77)), PermError, "not a number"},
		{"time", with("t", "t=1772452800"), Pass, ""},
		{"time in the near future", with("t", "t=1772454800"), Pass, ""},
		{"time in the future", with("t", "t=1772462800"), Policy, "future"},
		{"time not a number", with("t", "t=now"), PermError, "not a number"},
		{"empty time", with("t", "t="), PermError, "not a number"},
		{"not yet expired", with("x", "x=1772452900"), Pass, ""},
		{"just expired", with("x", "x=1772452700"), Pass, ""},
		{"expired", with("x", "x=1772440000"), Policy, "expired"},
		{"expires before it was made", with("x", "t=1772452800; x=1772452800"), PermError, "before"},
		{"expires never", with("x", "x=99999999999999999999"), Pass, ""},
		{"query", with("q", "q=dns/txt"), Pass, ""},
		{"queries", with("q", "q=other : dns/txt"), Pass, ""},
		{"unknown query", with("q", "q=http"), PermError, "no way"},
		{"copies", with("z", "z=From:x|Subject:y"), Pass, ""},
		{"tag twice", with("v", "v=1; v=1"), PermError, "twice"},
		{"domain twice", with("i", "d=example.org"), PermError, "twice"},
		{"empty tag", with("zz", ""), PermError, "not a tag"},
		{"tag without value", with("zz", "zz"), PermError, "not a tag"},
		{"bad name", with("zz", "2z=1"), PermError, "name of a tag"},
		{"control character", with("zz", "zz=a\x01b"), PermError, "characters"},
		{"octets that are not UTF-8", with("zz", "zz=\xff"), PermError, "characters"},
	}
	key := loadKey(t, "rsa2048")
	v := verifier(t, testZone(t), nil)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			expect(t, one(t, v, craft(t, key, c.tags, letter)), c.want, c.reason)
		})
	}
}

// TestSignedSignature has a signature that covers another, and one that says
// that there was no other.
func TestSignedSignature(t *testing.T) {
	key := loadKey(t, "rsa2048")
	v := verifier(t, testZone(t), nil)
	first := craft(t, key, with("h", "h=From:DKIM-Signature:DKIM-Signature"), letter)
	expect(t, one(t, v, first), Pass, "")
	second := craft(t, key, with("h", "h=From:DKIM-Signature"), first)
	rep := v.Verify(context.Background(), parse([]byte(second)), now)
	expect(t, rep.Results[0], Pass, "")
	expect(t, rep.Results[1], Fail, "fields")
	rep = v.Verify(context.Background(), parse([]byte(strings.Replace(second, first[:200], strings.ToLower(first[:200]), 1))), now)
	expect(t, rep.Results[0], Fail, "fields")
}

// TestMissingSignature has a signature field without b=.
func TestMissingSignature(t *testing.T) {
	v := verifier(t, testZone(t), nil)
	for _, tags := range []string{"", "v=1", "b=", ";", " : ", "v=1; a=rsa-sha256; d=example.com; s=x; h=From; bh=AAAA"} {
		if got := one(t, v, "DKIM-Signature:"+tags+"\r\n"+letter); got.Status != PermError {
			t.Errorf("%q: %s", tags, got.Status)
		}
	}
	expect(t, one(t, v, "DKIM-Signature: "+strings.Replace(usual, "b=@", "b=?", 1)+"\r\n"+letter), PermError, "base64")
}

// TestKeys verifies a right signature by keys that are not all right.
func TestKeys(t *testing.T) {
	text := record(t, loadKey(t, "rsa2048"))
	p := text[strings.Index(text, "p=")+2:]
	pub512, err := os.ReadFile("testdata/keys/rsa512.pub")
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name    string
		records []string
		want    Status
		reason  string
	}{
		{"usual", []string{text}, Pass, ""},
		{"only the key", []string{"p=" + p}, Pass, ""},
		{"blanks", []string{" v = DKIM1 ; p = " + p[:20] + " \t" + p[20:] + " ;"}, Pass, ""},
		{"without padding", []string{"p=" + strings.TrimRight(p, "=")}, Pass, ""},
		{"empty notes", []string{"v=DKIM1;n=;p=" + p}, Pass, ""},
		{"old granularity", []string{"v=DKIM1; g=*; p=" + p}, Pass, ""},
		{"type in capitals", []string{"k=RSA; p=" + p}, Pass, ""},
		{"for mail", []string{"s=other:email; p=" + p}, Pass, ""},
		{"for everything", []string{"s=*; p=" + p}, Pass, ""},
		{"not for mail", []string{"s=tlsrpt; p=" + p}, PermError, "not for mail"},
		{"hashes", []string{"h=sha1 : sha256; p=" + p}, Pass, ""},
		{"other hash", []string{"h=sha1; p=" + p}, PermError, "sha256"},
		{"unknown hash", []string{"h=sha0; p=" + p}, PermError, "sha256"},
		{"other version", []string{"v=DKIM0; p=" + p}, PermError, "v=DKIM1"},
		{"version not first", []string{"k=rsa; v=DKIM1; p=" + p}, PermError, "v=DKIM1"},
		{"version with a colon", []string{"v=DKIM1: g=*; p=" + p}, PermError, "v=DKIM1"},
		{"other type", []string{"k=xxx; p=" + p}, PermError, "not known"},
		{"type with hash", []string{"k=ed25519-sha256; p=" + p}, PermError, "not known"},
		{"RSA as Ed25519", []string{"k=ed25519; p=" + p}, PermError, "octets"},
		{"Ed25519", []string{record(t, loadKey(t, "ed25519"))}, PermError, "type ed25519"},
		{"revoked", []string{"v=DKIM1; p="}, PermError, "revoked"},
		{"no key", []string{"v=DKIM1"}, PermError, "no key"},
		{"not base64", []string{"p=?"}, PermError, "base64"},
		{"cut", []string{"p=" + p[:100]}, PermError, "not an RSA key"},
		{"short", []string{"p=" + string(pub512)}, Policy, "512 bits"},
		{"other key", []string{record(t, loadKey(t, "rsa1024"))}, Fail, "another key"},
		{"tag twice", []string{"k=rsa; k=rsa; p=" + p}, PermError, "twice"},
		{"empty tag", []string{"k=rsa;; p=" + p}, PermError, "not a tag"},
		{"huge", []string{"n=" + strings.Repeat("x", maxKeyRecord) + "; p=" + p}, PermError, "longer"},
		{"no records", nil, PermError, "no key"},
		{"other records beside", []string{"v=spf1 -all", text, "hello"}, Pass, ""},
		{"only other records", []string{"v=spf1 -all", "hello"}, PermError, "none of the 2"},
		{"two keys", []string{record(t, loadKey(t, "rsa1024")), text}, Pass, ""},
		{"two wrong keys", []string{record(t, loadKey(t, "rsa1024")), "v=DKIM1; p="}, Fail, "another key"},
		{"too many keys", append(repeat("p=", maxKeyRecords), text), PermError, "revoked"},
	}
	msg := signedBy(t, nil, letter)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			v := verifier(t, records(c.records), nil)
			expect(t, one(t, v, msg), c.want, c.reason)
		})
	}
}

func repeat(s string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = s
	}
	return list
}

// records answers every question with the same.
type records []string

func (r records) TXT(context.Context, string) ([]string, error) { return r, nil }

// TestKeyFlags looks at t= of the key.
func TestKeyFlags(t *testing.T) {
	key := loadKey(t, "rsa2048")
	text := record(t, key)
	sub := craft(t, key, with("i", "i=@sub.example.com"), letter)
	same := craft(t, key, with("i", "i=x@example.com"), letter)
	strict := verifier(t, records{text + "; t=s"}, nil)
	expect(t, one(t, strict, sub), PermError, "t=s")
	expect(t, one(t, strict, same), Pass, "")
	expect(t, one(t, verifier(t, records{text}, nil), sub), Pass, "")
	testing := verifier(t, records{text + "; t = y : s : other"}, nil)
	if got := one(t, testing, same); got.Status != Pass || !got.Testing {
		t.Errorf("testing key: %+v", got)
	}
}

// TestOptions changes what is accepted.
func TestOptions(t *testing.T) {
	key := loadKey(t, "rsa1024")
	z := testZone(t)
	old := craft(t, key, strings.Replace(with("a", "a=rsa-sha1"), "rsa2048", "rsa1024", 1), letter)
	expect(t, one(t, verifier(t, z, func(o *Options) { o.AcceptSHA1 = true }), old), Pass, "")
	short := craft(t, key, with("s", "s=rsa1024"), letter)
	expect(t, one(t, verifier(t, z, nil), short), Pass, "")
	expect(t, one(t, verifier(t, z, func(o *Options) { o.MinRSABits = 2048 }), short), Policy, "1024 bits")
	long := craft(t, loadKey(t, "rsa2048"), usual, letter)
	expect(t, one(t, verifier(t, z, func(o *Options) { o.MaxRSABits = 1024 }), long), Policy, "2048 bits")
	part := craft(t, key, "v=1; a=rsa-sha256; d=example.com; s=rsa1024; h=From:Content-Type; l=5; bh=@; b=@", letter)
	expect(t, one(t, verifier(t, z, nil), part), Pass, "not signed")
	expect(t, one(t, verifier(t, z, func(o *Options) { o.AcceptPartialBody = false }), part), Policy, "not signed")
	must := verifier(t, z, func(o *Options) { o.MustBeSigned = []string{"subject", "cc"} })
	expect(t, one(t, must, part), Policy, "subject must be signed")
	expect(t, one(t, must, long), Pass, "")
}

// TestResult looks at everything that is told of a signature.
func TestResult(t *testing.T) {
	msg := craft(t, loadKey(t, "rsa2048"),
		"v=1; a=rsa-sha256; c=relaxed/simple; d=Example.COM; s=rsa2048; i=alice@example.com; t=1772452000; x=1772460000; l=20; h=From:To:Content-Type; bh=@; b=@", letter)
	got := one(t, verifier(t, testZone(t), nil), msg)
	if len(got.SignaturePrefix) != 8 || !strings.Contains(msg, "b="+got.SignaturePrefix) {
		t.Errorf("prefix is %q", got.SignaturePrefix)
	}
	if got.Status != Pass || got.Domain != "example.com" || got.Selector != "rsa2048" || got.Identity != "alice@example.com" ||
		got.Algorithm.String() != "rsa-sha256" || got.Canons.String() != "relaxed/simple" || got.KeyBits != 2048 ||
		got.Signed != 1772452000 || got.Expires != 1772460000 || got.BodyLimit != 20 || got.UnsignedBody != 59 {
		t.Errorf("%+v", got)
	}
	if s := strings.Join(got.Unsigned, " "); s != "subject date" {
		t.Errorf("unsigned are %s", s)
	}
}

// TestPrefixes wants prefixes that tell signatures apart.
func TestPrefixes(t *testing.T) {
	results := make([]Result, 4)
	setPrefixes(results, []string{"abcdefghijkl", "abcdefghijzz", "xyz", "abcdefghijkl"})
	for i, want := range []string{"abcdefghijk", "abcdefghijz", "xyz", "abcdefghijk"} {
		if results[i].SignaturePrefix != want {
			t.Errorf("%d: %s, want %s", i, results[i].SignaturePrefix, want)
		}
	}
}

// TestInternational has names in other scripts (RFC 8616).
func TestInternational(t *testing.T) {
	key := loadKey(t, "rsa2048")
	v := verifier(t, zone{"schlüssel._domainkey.xn--bcher-kva.example": "", "xn--schlssel-95a._domainkey.xn--bcher-kva.example": record(t, key)}, nil)
	msg := crlf("From: Jörg <jörg@bücher.example>\nSubject: Grüße\n\nHallo Jörg\n")
	tags := "v=1; a=rsa-sha256; d=bücher.example; i=jörg@laden.xn--bcher-kva.example; s=schlüssel; h=From:Subject; bh=@; b=@"
	got := one(t, v, craft(t, key, tags, msg))
	expect(t, got, Pass, "")
	if got.Domain != "xn--bcher-kva.example" {
		t.Errorf("domain is %s", got.Domain)
	}
}

// TestDomainKeys recognises signatures of the time before DKIM.
func TestDomainKeys(t *testing.T) {
	v := verifier(t, zone{}, nil)
	field := "DomainKey-Signature: a=rsa-sha1; q=dns; c=nofws; s=old; d=Example.com; b=AAAA\r\n"
	rep := v.Verify(context.Background(), parse([]byte(strings.Repeat(field, 10)+letter)), now)
	if rep.Status() != None || len(rep.Results) != 0 || len(rep.DomainKeys) != maxDomainKeys {
		t.Fatalf("%+v", rep)
	}
	if dk := rep.DomainKeys[0]; dk.Domain != "example.com" || dk.Selector != "old" {
		t.Errorf("%+v", dk)
	}
}
