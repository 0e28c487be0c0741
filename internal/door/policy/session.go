package policy

import (
	"strconv"
	"strings"
	"time"

	"postern/internal/addr"
	"postern/internal/session"
)

// State is the SMTP command at which the mail server asks.
type State string

// The states that Postfix has.
const (
	StateConnect State = "CONNECT"
	StateEHLO    State = "EHLO"
	StateHELO    State = "HELO"
	StateMail    State = "MAIL"
	StateRcpt    State = "RCPT"
	StateData    State = "DATA"
	StateEnd     State = "END-OF-MESSAGE"
	StateVrfy    State = "VRFY"
	StateETRN    State = "ETRN"
)

// Request is what the mail server wants to know.
type Request struct {
	// State of the SMTP session. Servers that do not say are taken to ask
	// about a recipient where they name one.
	State State
	// Recipient is the one asked about: in RCPT and VRFY, and later where the
	// message has only one. Zero otherwise.
	Recipient addr.Address
	// Attributes are all that was said.
	Attributes Attributes
}

// fields are the attributes that the door knows (SMTPD_POLICY_README).
type fields struct {
	state, protocol                                              string
	address, name, reverse, port                                 string
	serverAddress, serverPort                                    string
	helo, sender, recipient, count, queue, instance, size        string
	saslMethod, saslUser, saslSender                             string
	certSubject, certIssuer, certPrint, keyPrint                 string
	tlsProtocol, tlsCipher, tlsBits, context, etrn, stress, mail string
}

// of gives the place for an attribute's value; nil where it is not known.
func (f *fields) of(name string) *string {
	switch name {
	case "protocol_state":
		return &f.state
	case "protocol_name":
		return &f.protocol
	case "client_address":
		return &f.address
	case "client_name":
		return &f.name
	case "reverse_client_name":
		return &f.reverse
	case "client_port":
		return &f.port
	case "server_address":
		return &f.serverAddress
	case "server_port":
		return &f.serverPort
	case "helo_name":
		return &f.helo
	case "sender":
		return &f.sender
	case "recipient":
		return &f.recipient
	case "recipient_count":
		return &f.count
	case "queue_id":
		return &f.queue
	case "instance":
		return &f.instance
	case "size":
		return &f.size
	case "sasl_method":
		return &f.saslMethod
	case "sasl_username":
		return &f.saslUser
	case "sasl_sender":
		return &f.saslSender
	case "ccert_subject":
		return &f.certSubject
	case "ccert_issuer":
		return &f.certIssuer
	case "ccert_fingerprint":
		return &f.certPrint
	case "ccert_pubkey_fingerprint":
		return &f.keyPrint
	case "encryption_protocol":
		return &f.tlsProtocol
	case "encryption_cipher":
		return &f.tlsCipher
	case "encryption_keysize":
		return &f.tlsBits
	case "policy_context":
		return &f.context
	case "etrn_domain":
		return &f.etrn
	case "stress":
		return &f.stress
	case "mail_version":
		return &f.mail
	}
	return nil
}

// Session makes a session of a request's attributes, and says what is asked.
func Session(a Attributes, now time.Time) (*session.Session, Request) {
	var f fields
	for name, value := range a.All() {
		if place := f.of(name); place != nil && *place == "" {
			*place = value
		}
	}
	r := Request{State: State(f.state), Attributes: a}
	// What cannot be parsed is judged by what could be understood of it; the
	// mail server has its own rules for addresses.
	r.Recipient, _ = addr.ParsePath(f.recipient)
	if r.State == "" && !r.Recipient.IsZero() {
		r.State = StateRcpt
	}
	s := &session.Session{
		Door: Name, Started: now, HELO: f.helo, QueueID: f.queue, Instance: f.instance,
		Protocol: f.protocol, User: f.saslUser, AuthMethod: f.saslMethod, AuthSender: f.saslSender,
		Client: client(&f), TLS: encryption(&f), ServerPort: number[uint16](f.serverPort, 16),
		Size: number[int64](f.size, 63), RecipientCount: int(number[uint16](f.count, 16)),
	}
	if r.State == StateEHLO {
		s.Protocol = "ESMTP" // QUIRK: Postfix notes that after it asked
	}
	s.ServerIP, _ = addr.ParseIP(f.serverAddress)
	s.HasSender = r.State.hasSender() || f.sender != ""
	s.Sender, _ = addr.ParsePath(f.sender)
	if !r.Recipient.IsZero() {
		s.Recipients = []session.Recipient{{Address: r.Recipient}}
	}
	s.Macros = further(&f)
	return s, r
}

// hasSender tells whether MAIL came before.
func (s State) hasSender() bool {
	switch s {
	case StateMail, StateRcpt, StateData, StateEnd:
		return true
	}
	return false
}

// client reads what is known of the client. Postfix writes "unknown" where
// there is no name, and does not say whether the look-up failed for now.
func client(f *fields) session.Client {
	c := session.Client{
		Port: number[uint16](f.port, 16), Name: known(f.name), ReverseName: known(f.reverse), NameKnown: f.name != "",
	}
	ip, ok := addr.ParseIP(f.address)
	if ok {
		c.IP = ip
		c.Local = ip.IsLoopback()
	}
	return c
}

func known(name string) string {
	if strings.EqualFold(name, "unknown") {
		return ""
	}
	return name
}

// encryption reads what is known of TLS; nil for a plain connection.
func encryption(f *fields) *session.TLS {
	if f.tlsProtocol == "" && f.tlsCipher == "" {
		return nil
	}
	t := &session.TLS{
		Version: f.tlsProtocol, Cipher: f.tlsCipher, CertSubject: xtext(f.certSubject), CertIssuer: xtext(f.certIssuer),
		CertFingerprint: f.certPrint, KeyFingerprint: f.keyPrint,
		// The names are only told of certificates that were verified.
		CertVerified: f.certSubject != "" || f.certIssuer != "",
	}
	if f.tlsBits != "0" {
		t.Bits = f.tlsBits
	}
	return t
}

// further gives attributes for which a session has no field, by their names.
func further(f *fields) map[string]string {
	var m map[string]string
	for _, p := range []struct{ name, value string }{
		{"policy_context", f.context}, {"etrn_domain", f.etrn}, {"stress", f.stress}, {"mail_version", f.mail},
	} {
		if p.value == "" {
			continue
		}
		if m == nil {
			m = map[string]string{}
		}
		m[p.name] = p.value
	}
	return m
}

// number reads a number of up to so many bits, 0 where it is none.
func number[T uint16 | int64](s string, bits int) T {
	n, err := strconv.ParseUint(s, 10, bits)
	if err != nil {
		return 0
	}
	return T(n)
}

// xtext decodes what Postfix encodes in names of certificates (RFC 3461
// section 4): "+" and two hexadecimal digits.
func xtext(s string) string {
	if !strings.Contains(s, "+") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '+' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
