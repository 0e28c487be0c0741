package restrict

import (
	"context"
	"net/netip"
	"testing"

	"postern/internal/session"
)

// BenchmarkDecide evaluates the lists of a usual set-up for one recipient,
// without anything that waits.
func BenchmarkDecide(b *testing.B) {
	for _, bb := range []struct {
		name   string
		sender string
	}{{"accepted", "sender@there.example"}, {"refused", "sender@bad.example"}} {
		b.Run(bb.name, func(b *testing.B) {
			o := DefaultOptions()
			o.Hosts.Mynetworks = []string{"127.0.0.0/8 [::1]/128 10.0.0.0/8"}
			o.Addresses.Mydestination = []string{"here.example"}
			o.Addresses.LocalRecipientMaps = []string{"inline:{user=1}"}
			o.Client = []string{"permit_mynetworks, permit_sasl_authenticated, reject_unknown_client_hostname, check_client_access inline:{192.0.2=reject}"}
			o.Helo = []string{"permit_mynetworks, reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname"}
			o.Sender = []string{"reject_non_fqdn_sender, check_sender_access inline:{bad.example=reject}"}
			o.Relay = []string{"permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination"}
			o.Recipient = []string{"reject_non_fqdn_recipient, reject_unauth_pipelining, check_recipient_access inline:{x@here.example=reject}"}
			e, err := New(o, Needs{Tables: newTables(b, ".")})
			if err != nil {
				b.Fatal(err)
			}
			s := &session.Session{
				Client: session.Client{IP: netip.MustParseAddr("198.18.0.1"), Name: "mail.there.example", ReverseName: "mail.there.example", NameKnown: true},
				HELO:   "mail.there.example", Protocol: "ESMTP", HasSender: true, Sender: address(bb.sender),
			}
			rcpt := session.Recipient{Address: address("user@here.example")}
			b.ReportAllocs()
			for b.Loop() {
				var st State
				d := e.Decide(context.Background(), &st, s, Rcpt, &rcpt)
				if (d.Action == Pass) != (bb.name == "accepted") {
					b.Fatalf("%+v", d)
				}
			}
		})
	}
}
