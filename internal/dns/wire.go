package dns

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	// udpSize is the size of answers over UDP that pass without being cut in
	// pieces (RFC 6891 section 6.2.5, DNS flag day 2020).
	udpSize = 1232
	// maxRecords bounds the records taken from one answer.
	maxRecords = 1000
)

// question is a name in normal form and a type.
type question struct {
	name string
	typ  Type
}

// reply is what one response says.
type reply struct {
	rcode     dnsmessage.RCode
	truncated bool
	authentic bool
	recursive bool
	// records of the answer section, of the type asked for and CNAME.
	records []Record
	// negative is how long it may be kept that something does not exist
	// (RFC 2308 section 5); hasSOA tells whether the server said so at all.
	negative time.Duration
	hasSOA   bool
	// referral says that the server names others who would know.
	referral bool
}

var (
	// errNotOurs is a response to some other question, perhaps forged.
	errNotOurs = errors.New("the response is not to our question")
	// errMalformed is a response that cannot be read.
	errMalformed = errors.New("the response cannot be read")
)

// packQuery makes the message that asks a question.
func packQuery(buf []byte, id uint16, q question, edns, ad bool) ([]byte, error) {
	name, err := dnsmessage.NewName(absolute(q.name))
	if err != nil {
		return nil, err
	}
	b := dnsmessage.NewBuilder(buf, dnsmessage.Header{ID: id, RecursionDesired: true, AuthenticData: ad})
	if err := b.StartQuestions(); err != nil {
		return nil, err
	}
	if err := b.Question(dnsmessage.Question{Name: name, Type: dnsmessage.Type(q.typ), Class: dnsmessage.ClassINET}); err != nil {
		return nil, err
	}
	if !edns {
		return b.Finish()
	}
	if err := b.StartAdditionals(); err != nil {
		return nil, err
	}
	var h dnsmessage.ResourceHeader
	if err := h.SetEDNS0(udpSize, dnsmessage.RCodeSuccess, false); err != nil {
		return nil, err
	}
	if err := b.OPTResource(h, dnsmessage.OPTResource{}); err != nil {
		return nil, err
	}
	return b.Finish()
}

func absolute(name string) string {
	if name == "." {
		return name
	}
	return name + "."
}

// parseReply reads a response to the question asked with that id. The error
// is errNotOurs or wraps errMalformed.
func parseReply(raw []byte, id uint16, q question) (reply, error) {
	var p dnsmessage.Parser
	h, err := p.Start(raw)
	if err != nil || h.ID != id || !h.Response || h.OpCode != 0 {
		return reply{}, errNotOurs
	}
	r := reply{rcode: h.RCode, truncated: h.Truncated, authentic: h.AuthenticData, recursive: h.RecursionAvailable}
	if err := checkQuestion(&p, h, q); err != nil {
		return reply{}, err
	}
	if r.truncated {
		return r, nil // what is left of it is not looked at
	}
	if err := r.readAnswers(&p, q.typ); err != nil {
		return reply{}, fmt.Errorf("%w: %v", errMalformed, err)
	}
	if err := r.readAuthority(&p); err != nil {
		return reply{}, fmt.Errorf("%w: %v", errMalformed, err)
	}
	return r, nil
}

// checkQuestion demands that the response repeats our question, and no other.
func checkQuestion(p *dnsmessage.Parser, h dnsmessage.Header, q question) error {
	got, err := p.Question()
	if errors.Is(err, dnsmessage.ErrSectionDone) && h.RCode != dnsmessage.RCodeSuccess {
		return nil // QUIRK: servers that cannot read a query do not repeat it
	}
	if err != nil || got.Class != dnsmessage.ClassINET || got.Type != dnsmessage.Type(q.typ) ||
		!strings.EqualFold(got.Name.String(), absolute(q.name)) {
		return errNotOurs
	}
	if err := p.SkipAllQuestions(); err != nil {
		return errNotOurs
	}
	return nil
}

// readAnswers reads the records of the answer section that matter.
func (r *reply) readAnswers(p *dnsmessage.Parser, want Type) error {
	for len(r.records) < maxRecords {
		h, err := p.AnswerHeader()
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			return nil
		}
		if err != nil {
			return err
		}
		t := Type(h.Type)
		if h.Class != dnsmessage.ClassINET || t != want && t != TypeCNAME {
			if err := p.SkipAnswer(); err != nil {
				return err
			}
			continue
		}
		rec := Record{Name: hostText(h.Name.String()), Type: t, TTL: ttl(h.TTL)}
		if err := rec.read(p); err != nil {
			return err
		}
		r.records = append(r.records, rec)
	}
	return p.SkipAllAnswers()
}

// read reads the record's data.
func (r *Record) read(p *dnsmessage.Parser) error {
	switch r.Type {
	case TypeA:
		a, err := p.AResource()
		r.Addr = netip.AddrFrom4(a.A)
		return err
	case TypeAAAA:
		a, err := p.AAAAResource()
		r.Addr = netip.AddrFrom16(a.AAAA)
		return err
	case TypeMX:
		mx, err := p.MXResource()
		r.Preference, r.Host = mx.Pref, hostText(mx.MX.String())
		return err
	case TypeTXT:
		txt, err := p.TXTResource()
		r.Text = strings.Join(txt.TXT, "")
		return err
	case TypeNS:
		ns, err := p.NSResource()
		r.Host = hostText(ns.NS.String())
		return err
	case TypeCNAME:
		cname, err := p.CNAMEResource()
		r.Host = hostText(cname.CNAME.String())
		return err
	case TypePTR:
		ptr, err := p.PTRResource()
		r.Host = hostText(ptr.PTR.String())
		return err
	default:
		u, err := p.UnknownResource()
		r.Data = append([]byte(nil), u.Data...)
		return err
	}
}

// readAuthority looks for the SOA record, which says for how long it is known
// that something does not exist, and for NS records, which make a referral.
func (r *reply) readAuthority(p *dnsmessage.Parser) error {
	for range maxRecords {
		h, err := p.AuthorityHeader()
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			return nil
		}
		if err != nil {
			return err
		}
		if Type(h.Type) != TypeSOA || r.hasSOA {
			r.referral = r.referral || Type(h.Type) == TypeNS
			if err := p.SkipAuthority(); err != nil {
				return err
			}
			continue
		}
		soa, err := p.SOAResource()
		if err != nil {
			return err
		}
		r.hasSOA, r.negative = true, min(ttl(h.TTL), ttl(soa.MinTTL))
	}
	return nil
}

// ttl reads a TTL; one with the highest bit set counts as 0 (RFC 2181
// section 8).
func ttl(seconds uint32) time.Duration {
	if seconds >= 1<<31 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
