package identity

import (
	"strings"
	"testing"

	"postern/internal/check/checktest"
	"postern/internal/dkim"
	"postern/internal/message"
)

// signer makes a signer for a domain; its key goes into the zone under the
// selector.
func signer(t *testing.T, zone records, domain, selector, flags string) dkim.Signer {
	t.Helper()
	key, err := dkim.GenerateEd25519()
	if err != nil {
		t.Fatal(err)
	}
	text, err := key.Public().Record()
	if err != nil {
		t.Fatal(err)
	}
	zone[dkim.KeyName(selector, domain)] = text + flags
	s := dkim.DefaultSigner(domain, selector, key)
	s.Oversign = nil
	return s
}

// sign puts the signers' signatures above a mail with LF line ends.
func sign(t *testing.T, mail string, signers ...dkim.Signer) string {
	t.Helper()
	m := message.Parse([]byte(strings.ReplaceAll(mail, "\n", "\r\n")), message.DefaultLimits())
	values, err := dkim.Sign(m, checktest.Now, signers)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		mail = "DKIM-Signature: " + strings.ReplaceAll(v, "\r\n", "\n") + "\n" + mail
	}
	return mail
}

func TestDKIM(t *testing.T) {
	zone := records{"slow._domainkey.example.com": "slow"}
	good := signer(t, zone, "example.com", "good", "")
	trying := signer(t, zone, "example.com", "trying", "; t=y")
	list := signer(t, zone, "list.example.net", "l", "")
	gone, slow, part := good, good, good
	gone.Selector, slow.Selector = "gone", "slow"
	part.BodyLength = true
	verifier, err := dkim.NewVerifier(dkim.DefaultOptions(), zone)
	if err != nil {
		t.Fatal(err)
	}
	broken := func(mail string) string { return strings.Replace(mail, "Dear Bob", "Dear bob", 1) }
	clean := sign(t, checktest.Clean, good)
	both := sign(t, broken(clean), list)
	copied := "From: Mallory <m@example.org>\n" + clean
	old := "DomainKey-Signature: a=rsa-sha1; d=old.example; s=x; b=AA\n" + checktest.Clean
	checktest.Run(t, DKIM(verifier), []checktest.Case{
		{Name: "right", Symbol: "R_DKIM_ALLOW", Fires: true, Message: clean, Evidence: "example.com:s=good (ed25519-sha256, 256 bits)"},
		{Name: "second right", Symbol: "R_DKIM_ALLOW", Fires: true, Message: both, Evidence: "list.example.net"},
		{Name: "changed", Symbol: "R_DKIM_ALLOW", Message: broken(clean)},
		{Name: "second From", Symbol: "R_DKIM_ALLOW", Message: copied},
		{Name: "changed", Symbol: "R_DKIM_REJECT", Fires: true, Message: broken(clean), Evidence: "body"},
		{Name: "changed, another right", Symbol: "R_DKIM_REJECT", Message: both},
		{Name: "changed, key on trial", Symbol: "R_DKIM_REJECT", Message: broken(sign(t, checktest.Clean, trying))},
		{Name: "right", Symbol: "R_DKIM_REJECT", Message: clean},
		{Name: "no answer", Symbol: "R_DKIM_TEMPFAIL", Fires: true, Message: sign(t, checktest.Clean, slow), Evidence: "slow._domainkey"},
		{Name: "no key", Symbol: "R_DKIM_TEMPFAIL", Message: sign(t, checktest.Clean, gone)},
		{Name: "no key", Symbol: "R_DKIM_PERMFAIL", Fires: true, Message: sign(t, checktest.Clean, gone), Evidence: "no key"},
		{Name: "nonsense", Symbol: "R_DKIM_PERMFAIL", Fires: true, Message: "DKIM-Signature: x\n" + checktest.Clean, Evidence: "a signature"},
		{Name: "no answer", Symbol: "R_DKIM_PERMFAIL", Message: sign(t, checktest.Clean, slow)},
		{Name: "not signed", Symbol: "R_DKIM_NA", Fires: true},
		{Name: "key on trial", Symbol: "R_DKIM_NA", Fires: true, Message: broken(sign(t, checktest.Clean, trying)), Evidence: "tried out"},
		{Name: "old signature", Symbol: "R_DKIM_NA", Fires: true, Message: old},
		{Name: "right", Symbol: "R_DKIM_NA", Message: clean},
		{Name: "right", Symbol: "DKIM_TRACE", Fires: true, Message: clean, Evidence: "example.com:+"},
		{Name: "both", Symbol: "DKIM_TRACE", Fires: true, Message: both, Evidence: "list.example.net:+\nexample.com:-"},
		{Name: "no answer", Symbol: "DKIM_TRACE", Fires: true, Message: sign(t, checktest.Clean, slow), Evidence: "example.com:?"},
		{Name: "no key", Symbol: "DKIM_TRACE", Fires: true, Message: sign(t, checktest.Clean, gone), Evidence: "example.com:~"},
		{Name: "not signed", Symbol: "DKIM_TRACE"},
		{Name: "second From", Symbol: "DKIM_UNSIGNED_COPY", Fires: true, Message: copied, Evidence: "from"},
		{Name: "one From", Symbol: "DKIM_UNSIGNED_COPY", Message: clean},
		{Name: "text added", Symbol: "DKIM_PARTIAL_BODY", Fires: true, Message: sign(t, checktest.Clean, part) + "Added.\n", Evidence: "8 octets"},
		{Name: "nothing added", Symbol: "DKIM_PARTIAL_BODY", Message: sign(t, checktest.Clean, part)},
		{Name: "old signature", Symbol: "DOMAINKEYS_SIGNATURE", Fires: true, Message: old, Evidence: "old.example"},
		{Name: "none", Symbol: "DOMAINKEYS_SIGNATURE", Message: clean},
	})
}
