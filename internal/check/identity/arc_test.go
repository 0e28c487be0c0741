package identity

import (
	"strings"
	"testing"

	"postern/internal/arc"
	"postern/internal/check/checktest"
	"postern/internal/dkim"
	"postern/internal/message"
)

// seal puts a set of ARC fields of a domain above a mail with LF line ends.
func seal(t *testing.T, zone records, domain, mail string) string {
	t.Helper()
	key, err := dkim.GenerateEd25519()
	if err != nil {
		t.Fatal(err)
	}
	if zone[dkim.KeyName("s", domain)], err = key.Public().Record(); err != nil {
		t.Fatal(err)
	}
	m := message.Parse([]byte(strings.ReplaceAll(mail, "\n", "\r\n")), message.DefaultLimits())
	s := arc.DefaultSealer(domain, "s", key)
	sealed, err := s.Seal(m, &arc.Report{}, domain+"; spf=pass", checktest.Now)
	if err != nil {
		t.Fatal(err)
	}
	fields := ""
	for _, f := range sealed.Fields {
		fields += f.Name + ": " + strings.ReplaceAll(f.Value, "\r\n", "\n") + "\n"
	}
	return fields + mail
}

func TestARC(t *testing.T) {
	zone := records{}
	sealed := seal(t, zone, "forwarder.example", checktest.Clean)
	changed := strings.Replace(sealed, "minutes of our meeting", "money of our bank", 1)
	stranger := seal(t, zone, "stranger.example", checktest.Clean)
	slow := seal(t, zone, "slow.example", checktest.Clean)
	zone[dkim.KeyName("s", "slow.example")] = "slow"
	o := arc.DefaultOptions()
	o.TrustedSealers = []string{"forwarder.example"}
	v, err := arc.NewVerifier(o, dkim.DefaultOptions(), zone)
	if err != nil {
		t.Fatal(err)
	}
	checktest.Run(t, ARC(v), []checktest.Case{
		{Name: "sealed", Symbol: "ARC_ALLOW", Fires: true, Message: sealed, Evidence: "forwarder.example"},
		{Name: "changed", Symbol: "ARC_ALLOW", Message: changed},
		{Name: "changed", Symbol: "ARC_REJECT", Fires: true, Message: changed, Evidence: "forwarder.example"},
		{Name: "sealed", Symbol: "ARC_REJECT", Message: sealed},
		{Name: "not sealed", Symbol: "ARC_NA", Fires: true},
		{Name: "sealed", Symbol: "ARC_NA", Message: sealed},
		{Name: "key not known for now", Symbol: "ARC_DNSFAIL", Fires: true, Message: slow},
		{Name: "key known", Symbol: "ARC_DNSFAIL", Message: sealed},
		{Name: "trusted sealer", Symbol: "ARC_ALLOW_TRUSTED", Fires: true, Message: sealed, Evidence: "forwarder.example"},
		{Name: "trusted sealer, changed", Symbol: "ARC_ALLOW_TRUSTED", Message: changed},
		{Name: "sealer not trusted", Symbol: "ARC_ALLOW_TRUSTED", Message: stranger},
	})
}
