package app

import (
	"net/netip"
	"testing"

	"postern/internal/addr"
	"postern/internal/config"
	"postern/internal/door/policy"
	"postern/internal/engine"
	"postern/internal/session"
)

// TestPolicyStates wants each list asked at its own state, and at no other.
func TestPolicyStates(t *testing.T) {
	cfg := config.Default()
	cfg.Restrictions.RejectUnlistedRecipient = false
	cfg.Restrictions.Recipient = []string{"check_sender_access inline:{{rcpt@example.com = 550 5.7.1 at rcpt}, {mark@example.com = PREPEND X-Mark: yes}}"}
	cfg.Restrictions.Data = []string{"check_sender_access inline:{{data@example.com = 550 5.7.1 at data}}"}
	cfg.Restrictions.EndOfData = []string{"check_sender_access inline:{{end@example.com = 450 4.7.1 at the end}}"}
	e, err := NewEngine(cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	decider := policyDecider{engine.NewHandle(e)}
	for _, tt := range []struct {
		sender string
		state  policy.State
		want   string // the verb
	}{
		{"rcpt", policy.StateRcpt, "550"}, {"rcpt", policy.StateData, "DUNNO"}, {"rcpt", policy.StateVrfy, "DUNNO"},
		{"data", policy.StateRcpt, "DUNNO"}, {"data", policy.StateData, "550"}, {"data", policy.StateEnd, "DUNNO"},
		{"end", policy.StateRcpt, "DUNNO"}, {"end", policy.StateData, "DUNNO"}, {"end", policy.StateEnd, "450"},
		{"mark", policy.StateRcpt, "PREPEND"}, {"mark", policy.StateEnd, "DUNNO"},
	} {
		recipient := addr.Address{Local: "bob", Domain: "example.net"}
		s := &session.Session{
			Door: policy.Name, Client: session.Client{IP: netip.MustParseAddr("192.0.2.1"), NameKnown: true}, HELO: "mx.example.com",
			HasSender: true, Sender: addr.Address{Local: tt.sender, Domain: "example.com"}, Recipients: []session.Recipient{{Address: recipient}},
		}
		a, err := decider.Decide(t.Context(), s, policy.Request{State: tt.state, Recipient: recipient})
		if err != nil || a.Verb != tt.want {
			t.Errorf("%s at %s: %q %q, %v; want %s", tt.sender, tt.state, a.Verb, a.Text, err, tt.want)
		}
	}
}
