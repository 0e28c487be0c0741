package policy

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"postern/internal/addr"
	"postern/internal/session"
)

func TestSession(t *testing.T) {
	now := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		pairs   []string
		want    session.Session
		request Request
	}{
		"everything": {
			[]string{
				"request", "smtpd_access_policy", "protocol_state", "RCPT", "protocol_name", "ESMTP",
				"client_address", "2001:DB8::1", "client_name", "mx.example.com", "reverse_client_name", "mx.example.com",
				"client_port", "45123", "server_address", "192.0.2.25", "server_port", "25", "helo_name", "mx.example.com",
				"sender", "A@Example.com", "recipient", "b@Example.org", "recipient_count", "0", "queue_id", "8045F2AB23",
				"instance", "123.456.7.0", "size", "12345", "etrn_domain", "", "stress", "yes",
				"sasl_method", "PLAIN", "sasl_username", "user", "sasl_sender", "other@example.com",
				"ccert_subject", "mx.example.com+20x", "ccert_issuer", "CA", "ccert_fingerprint", "C2:9D:F4", "ccert_pubkey_fingerprint", "68:B3",
				"encryption_protocol", "TLSv1.3", "encryption_cipher", "TLS_AES_256_GCM_SHA384", "encryption_keysize", "256",
				"policy_context", "inbound", "compatibility_level", "3.8", "mail_version", "3.8.0",
			},
			session.Session{
				Door: "policy", Started: now, HELO: "mx.example.com", QueueID: "8045F2AB23", Instance: "123.456.7.0",
				Protocol: "ESMTP", User: "user", AuthMethod: "PLAIN", AuthSender: "other@example.com",
				Client: session.Client{IP: netip.MustParseAddr("2001:db8::1"), Port: 45123, Name: "mx.example.com",
					ReverseName: "mx.example.com", NameKnown: true},
				ServerIP: netip.MustParseAddr("192.0.2.25"), ServerPort: 25, Size: 12345,
				HasSender: true, Sender: addr.Address{Local: "A", Domain: "example.com"},
				Recipients: []session.Recipient{{Address: addr.Address{Local: "b", Domain: "example.org"}}},
				TLS: &session.TLS{Version: "TLSv1.3", Cipher: "TLS_AES_256_GCM_SHA384", Bits: "256", CertSubject: "mx.example.com x",
					CertIssuer: "CA", CertFingerprint: "C2:9D:F4", KeyFingerprint: "68:B3", CertVerified: true},
				Macros: map[string]string{"policy_context": "inbound", "stress": "yes", "mail_version": "3.8.0"},
			},
			Request{State: StateRcpt, Recipient: addr.Address{Local: "b", Domain: "example.org"}},
		},
		"without names": {
			[]string{"protocol_state", "CONNECT", "client_address", "127.0.0.1", "client_name", "unknown", "reverse_client_name", "unknown",
				"encryption_keysize", "0"},
			session.Session{Door: "policy", Started: now,
				Client: session.Client{IP: netip.MustParseAddr("127.0.0.1"), NameKnown: true, Local: true}},
			Request{State: StateConnect},
		},
		"bounce at the end": {
			[]string{"protocol_state", "END-OF-MESSAGE", "sender", "", "recipient", "", "recipient_count", "2", "size", "99999999999"},
			session.Session{Door: "policy", Started: now, HasSender: true, RecipientCount: 2, Size: 99999999999},
			Request{State: StateEnd},
		},
		"a server that says little": {
			[]string{"client_address", "::ffff:192.0.2.1", "sender", "a@example.com", "recipient", "b@example.org"},
			session.Session{Door: "policy", Started: now, Client: session.Client{IP: netip.MustParseAddr("192.0.2.1")},
				HasSender: true, Sender: addr.Address{Local: "a", Domain: "example.com"},
				Recipients: []session.Recipient{{Address: addr.Address{Local: "b", Domain: "example.org"}}}},
			Request{State: StateRcpt, Recipient: addr.Address{Local: "b", Domain: "example.org"}},
		},
		"nonsense": {
			[]string{"protocol_state", "LUNCH", "client_address", "300.1.2.3", "client_port", "-1", "size", "much", "sender", "a b@", "encryption_cipher", "x"},
			session.Session{Door: "policy", Started: now, HasSender: true, Sender: addr.Address{Local: "a b"}, TLS: &session.TLS{Cipher: "x"}},
			Request{State: "LUNCH"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := NewAttributes(c.pairs...)
			s, r := Session(a, now)
			c.request.Attributes = a
			options := []cmp.Option{cmp.AllowUnexported(Attributes{}), cmpopts.EquateComparable(netip.Addr{})}
			if d := cmp.Diff(&c.want, s, options...); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(c.request, r, options...); d != "" {
				t.Error(d)
			}
		})
	}
}
