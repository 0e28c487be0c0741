package dnstest

import (
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"postern/internal/dns"
)

// query is a question as it arrived.
type query struct {
	header   dnsmessage.Header
	question dnsmessage.Question
	name     string
	edns     bool
	size     int // of the largest answer over UDP
}

// plainSize is the size of answers to those who do not know EDNS (RFC 1035
// section 4.2.1).
const plainSize = 512

// respond gives the messages to send for one query; none for a lost one.
func (s *Server) respond(raw []byte, tcp bool) [][]byte {
	q, ok := readQuery(raw)
	if !ok {
		return nil
	}
	s.mu.Lock()
	s.total++
	if tcp {
		s.overTCP++
	}
	s.asked[Question{q.name, dns.Type(q.question.Type)}]++
	f := s.take(q.name)
	out := s.messages(q, f, tcp)
	s.mu.Unlock()
	if !s.pause(f.Delay) {
		return nil
	}
	return out
}

func readQuery(raw []byte) (q query, ok bool) {
	var p dnsmessage.Parser
	var err error
	if q.header, err = p.Start(raw); err != nil || q.header.Response {
		return q, false
	}
	if q.question, err = p.Question(); err != nil {
		return q, false
	}
	q.name, q.size = plainName(q.question.Name.String()), plainSize
	if p.SkipAllQuestions() != nil || p.SkipAllAnswers() != nil || p.SkipAllAuthorities() != nil {
		return q, true
	}
	for {
		h, err := p.AdditionalHeader()
		if err != nil || p.SkipAdditional() != nil {
			return q, true
		}
		if h.Type == dnsmessage.TypeOPT {
			q.edns, q.size = true, max(plainSize, int(h.Class))
		}
	}
}

// messages makes what is sent, with the fault's help.
func (s *Server) messages(q query, f Fault, tcp bool) [][]byte {
	switch {
	case f.Lose != 0 || tcp && f.LoseTCP:
		return nil
	case f.Fail != 0:
		return [][]byte{s.pack(q, answer{rcode: f.RCode})}
	case f.NoEDNS && q.edns:
		return [][]byte{s.pack(q, answer{rcode: FormErr})}
	case f.Garbage != nil && f.Header:
		q.edns = false
		return [][]byte{append(s.pack(q, answer{claim: 1}), f.Garbage...)}
	case f.Garbage != nil:
		return [][]byte{f.Garbage}
	case f.Referral:
		return [][]byte{s.pack(q, answer{referral: true})}
	}
	a := s.look(q)
	a.extra = f.ExtraAnswers
	if f.ForceRCode != 0 {
		a.rcode = f.ForceRCode
	}
	var out [][]byte
	if f.WrongID != 0 && !tcp {
		wrong := q
		wrong.header.ID++
		for range max(f.Strays, 1) {
			out = append(out, s.pack(wrong, a))
		}
	}
	if f.WrongQuestion != 0 && !tcp {
		wrong := q
		wrong.question.Name = dnsmessage.MustNewName("wrong.invalid.")
		out = append(out, s.pack(wrong, a))
	}
	if f.OnlyWrong && !tcp {
		return out
	}
	msg := s.pack(q, a)
	if !tcp && (f.Truncate || len(msg) > q.size && !f.TooLarge) {
		msg = s.pack(q, answer{truncated: true})
	}
	return append(out, msg)
}

// answer is what a message says.
type answer struct {
	rcode     int
	records   []dnsmessage.Resource
	soa       bool
	referral  bool
	truncated bool
	extra     int
	claim     int // answers that the header claims and that are not there
}

// maxChain bounds the aliases that are followed.
const maxChain = 20

// look finds the answer to a query.
func (s *Server) look(q query) answer {
	var a answer
	name, owner := q.name, q.question.Name
	for range maxChain {
		list, exists := s.zone.find(name)
		if !exists {
			a.rcode, a.soa = NXDomain, !s.noSOA
			return a
		}
		var alias *dnsmessage.CNAMEResource
		found := false
		for _, r := range list {
			c, isAlias := r.body.(*dnsmessage.CNAMEResource)
			if dnsmessage.Type(r.typ) != q.question.Type && !isAlias {
				continue
			}
			found = true
			a.records = append(a.records, resource(owner, r))
			if isAlias && q.question.Type != dnsmessage.TypeCNAME {
				alias = c
			}
		}
		if alias == nil {
			a.soa = !found && !s.noSOA
			return a
		}
		if s.oneAlias {
			return a
		}
		name, owner = strings.ToLower(plainName(alias.CNAME.String())), alias.CNAME
	}
	return a
}

func resource(owner dnsmessage.Name, r record) dnsmessage.Resource {
	return dnsmessage.Resource{
		Header: dnsmessage.ResourceHeader{Name: owner, Type: dnsmessage.Type(r.typ), Class: dnsmessage.ClassINET, TTL: r.ttl},
		Body:   r.body,
	}
}

// claimOffset is where the header holds the number of answers.
const claimOffset = 7

// pack makes a message.
func (s *Server) pack(q query, a answer) []byte {
	m := dnsmessage.Message{
		Header: dnsmessage.Header{
			ID: q.header.ID, Response: true, RecursionDesired: q.header.RecursionDesired, RecursionAvailable: !a.referral,
			AuthenticData: s.ad, Truncated: a.truncated, RCode: dnsmessage.RCode(a.rcode),
		},
		Questions: []dnsmessage.Question{q.question},
		Answers:   a.records,
	}
	for i := range a.extra {
		m.Answers = append(m.Answers, resource(q.question.Name, record{typ: dns.TypeA, ttl: defaultTTL,
			body: &dnsmessage.AResource{A: [4]byte{127, 1, byte(i >> 8), byte(i)}}}))
	}
	if a.soa {
		m.Authorities = append(m.Authorities, s.soa())
	}
	if a.referral {
		ns := &dnsmessage.NSResource{NS: dnsmessage.MustNewName("ns.invalid.")}
		m.Authorities = append(m.Authorities, resource(q.question.Name, record{typ: dns.TypeNS, ttl: defaultTTL, body: ns}))
	}
	if q.edns {
		var h dnsmessage.ResourceHeader
		if err := h.SetEDNS0(plainSize, dnsmessage.RCodeSuccess, false); err == nil {
			m.Additionals = append(m.Additionals, dnsmessage.Resource{Header: h, Body: &dnsmessage.OPTResource{}})
		}
	}
	msg, err := m.Pack()
	if err != nil {
		panic("dnstest: " + err.Error())
	}
	msg[claimOffset] += byte(a.claim)
	return msg
}

// soa is the record that says for how long it is known that something does
// not exist.
func (s *Server) soa() dnsmessage.Resource {
	seconds := uint32(s.negative.Seconds())
	root := dnsmessage.MustNewName(".")
	return resource(root, record{typ: dns.TypeSOA, ttl: seconds, body: &dnsmessage.SOAResource{
		NS: root, MBox: root, Serial: 1, Refresh: 3600, Retry: 600, Expire: 86400, MinTTL: seconds,
	}})
}
