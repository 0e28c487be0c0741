package identity

import (
	"net/netip"
	"strings"
	"testing"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/check/checktest"
	"postern/internal/dkim"
	"postern/internal/dmarc"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/spf"
)

// dmarcBed makes the check and those whose work it shares.
func dmarcBed(t *testing.T, zone records) (d, s, k check.Check) {
	t.Helper()
	o := spf.DefaultOptions()
	o.TrustedForwarders = []string{"198.51.100.0/24"}
	sc, err := spf.New(o, zone)
	if err != nil {
		t.Fatal(err)
	}
	v, err := dkim.NewVerifier(dkim.DefaultOptions(), zone)
	if err != nil {
		t.Fatal(err)
	}
	dc, err := dmarc.New(dmarc.DefaultOptions(), zone)
	if err != nil {
		t.Fatal(err)
	}
	return DMARC(dc, sc, v), SPF(sc), DKIM(v)
}

func TestDMARC(t *testing.T) {
	zone := records{
		"example.com":           "v=spf1 ip4:192.0.2.1 -all",
		"slowspf.example":       "slow",
		"_dmarc.example.com":    "v=DMARC1; p=reject",
		"_dmarc.quar.example":   "v=DMARC1; p=quarantine",
		"_dmarc.try.example":    "v=DMARC1; p=quarantine; t=y",
		"_dmarc.watch.example":  "v=DMARC1; p=none",
		"_dmarc.broken.example": "v=DMARC1; p=maybe",
		"_dmarc.slow.example":   "slow",
	}
	signed := signer(t, zone, "mail.example.com", "s", "")
	d, _, _ := dmarcBed(t, zone)
	at := func(ip string) func(*session.Session) {
		return func(s *session.Session) { s.Client.IP = netip.MustParseAddr(ip) }
	}
	sender := func(domain string) func(*session.Session) {
		return func(s *session.Session) { s.Sender = addr.Address{Local: "x", Domain: domain} }
	}
	from := func(field string) string {
		return strings.Replace(checktest.Clean, "From: Alice Example <alice@example.com>", field, 1)
	}
	evil := sender("evil.example")
	checktest.Run(t, d, []checktest.Case{
		{Name: "by SPF", Symbol: "DMARC_POLICY_ALLOW", Fires: true, Evidence: "SPF of example.com is aligned (relaxed)"},
		{Name: "by DKIM", Symbol: "DMARC_POLICY_ALLOW", Fires: true, Session: evil, Message: sign(t, checktest.Clean, signed), Evidence: "DKIM of mail.example.com"},
		{Name: "by DKIM of a private client", Symbol: "DMARC_POLICY_ALLOW", Fires: true, Session: at("10.0.0.1"), Message: sign(t, checktest.Clean, signed)},
		{Name: "forged", Symbol: "DMARC_POLICY_ALLOW", Session: evil},
		{Name: "two From", Symbol: "DMARC_POLICY_ALLOW", Message: "From: m@evil.example\n" + checktest.Clean},
		{Name: "group", Symbol: "DMARC_POLICY_ALLOW", Message: from("From: Us: alice@example.com;")},
		{Name: "forged", Symbol: "DMARC_POLICY_REJECT", Fires: true, Session: evil, Evidence: "example.com asks for p=reject"},
		{Name: "two From", Symbol: "DMARC_POLICY_REJECT", Fires: true, Message: "From: m@evil.example\n" + checktest.Clean, Evidence: "2 fields"},
		{Name: "right", Symbol: "DMARC_POLICY_REJECT"},
		{Name: "private client", Symbol: "DMARC_POLICY_REJECT", Session: at("10.0.0.1")},
		{Name: "trusted forwarder", Symbol: "DMARC_POLICY_REJECT", Session: at("198.51.100.9")},
		{Name: "forged", Symbol: "DMARC_POLICY_QUARANTINE", Fires: true, Message: from("From: a@quar.example")},
		{Name: "forged, testing", Symbol: "DMARC_POLICY_QUARANTINE", Message: from("From: a@try.example")},
		{Name: "forged, testing", Symbol: "DMARC_POLICY_SOFTFAIL", Fires: true, Message: from("From: a@try.example"), Evidence: "only testing"},
		{Name: "forged", Symbol: "DMARC_POLICY_SOFTFAIL", Fires: true, Message: from("From: a@watch.example")},
		{Name: "trusted forwarder", Symbol: "DMARC_POLICY_SOFTFAIL", Fires: true, Session: at("198.51.100.9"), Evidence: "trusted forwarder"},
		{Name: "right", Symbol: "DMARC_POLICY_SOFTFAIL"},
		{Name: "no policy", Symbol: "DMARC_NA", Fires: true, Message: from("From: a@nobody.example"), Evidence: "no policy"},
		{Name: "no From", Symbol: "DMARC_NA", Fires: true, Message: from("X-From: a@example.com"), Evidence: "0 fields From"},
		{Name: "private client", Symbol: "DMARC_NA", Fires: true, Session: at("10.0.0.1"), Evidence: "not public"},
		{Name: "right", Symbol: "DMARC_NA"},
		{Name: "wrong policy", Symbol: "DMARC_BAD_POLICY", Fires: true, Message: from("From: a@broken.example"), Evidence: `p="maybe"`},
		{Name: "no policy", Symbol: "DMARC_BAD_POLICY", Message: from("From: a@nobody.example")},
		{Name: "no answer", Symbol: "DMARC_DNSFAIL", Fires: true, Message: from("From: a@slow.example")},
		{Name: "no answer for somebody else's SPF", Symbol: "DMARC_DNSFAIL", Session: sender("slowspf.example")},
	})
}

// TestDMARCShares runs the checks of one transaction and counts what they
// find: each of SPF and DKIM works once.
func TestDMARCShares(t *testing.T) {
	zone := records{"example.com": "v=spf1 ip4:192.0.2.1 -all", "_dmarc.example.com": "v=DMARC1; p=reject"}
	d, s, _ := dmarcBed(t, zone)
	tx := &check.Transaction{
		Session: checktest.Session(), Memory: &check.Memory{}, Now: checktest.Now,
		Message: message.Parse([]byte(strings.ReplaceAll(checktest.Clean, "\n", "\r\n")), message.DefaultLimits()),
	}
	if found := checktest.Find(t, s, tx); len(found) != 1 || found[0].Symbol != "R_SPF_ALLOW" {
		t.Fatalf("SPF: %v", found)
	}
	// What SPF said stays said, though the zone says another thing by now.
	zone["example.com"] = "v=spf1 -all"
	if found := checktest.Find(t, d, tx); len(found) != 1 || found[0].Symbol != "DMARC_POLICY_ALLOW" {
		t.Errorf("DMARC: %v", found)
	}
}
