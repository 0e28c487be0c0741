package dmarc

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"postern/internal/addr"
)

// Namespace is the XML namespace of aggregate reports by RFC 9990.
const Namespace = "urn:ietf:params:xml:ns:dmarc-2.0"

// Feedback is an aggregate report: what one receiver saw of the mail of one
// domain (RFC 9990, and RFC 7489 appendix C before it). In a report that was
// read, texts are as others wrote them, in words of their own choice.
type Feedback struct {
	// XMLName is feedback in the Namespace, or in none by RFC 7489.
	XMLName xml.Name
	// Version of the schema; "" and "1.0" for both.
	Version   string    `xml:"version,omitempty"`
	Metadata  Metadata  `xml:"report_metadata"`
	Published Published `xml:"policy_published"`
	Rows      []Row     `xml:"record"`
}

// Metadata says who reports about which time.
type Metadata struct {
	OrgName   string       `xml:"org_name"`
	Email     string       `xml:"email"`
	Contact   string       `xml:"extra_contact_info,omitempty"`
	ReportID  string       `xml:"report_id"`
	Begin     Seconds      `xml:"date_range>begin"`
	End       Seconds      `xml:"date_range>end"`
	Errors    List[string] `xml:"error,omitempty"`
	Generator string       `xml:"generator,omitempty"`
}

// Published is the policy that the receiver found.
type Published struct {
	Domain string `xml:"domain"`
	// Discovery is "treewalk" or "psl" (RFC 9990).
	Discovery string `xml:"discovery_method,omitempty"`
	Policy    string `xml:"p,omitempty"`
	Sub       string `xml:"sp,omitempty"`
	Missing   string `xml:"np,omitempty"`
	DKIM      string `xml:"adkim,omitempty"`
	SPF       string `xml:"aspf,omitempty"`
	Failure   string `xml:"fo,omitempty"`
	// Testing is "y" or "n" (RFC 9990), Percent is of RFC 7489.
	Testing string `xml:"testing,omitempty"`
	Percent string `xml:"pct,omitempty"`
}

// Row counts messages that are alike in everything.
type Row struct {
	SourceIP Source `xml:"row>source_ip"`
	Count    Count  `xml:"row>count"`
	// Disposition is what was done: "none", "quarantine", "reject" or, with RFC
	// 9990, "pass".
	Disposition string         `xml:"row>policy_evaluated>disposition"`
	DKIM        string         `xml:"row>policy_evaluated>dkim"`
	SPF         string         `xml:"row>policy_evaluated>spf"`
	Reasons     List[Override] `xml:"row>policy_evaluated>reason,omitempty"`

	EnvelopeTo   string `xml:"identifiers>envelope_to,omitempty"`
	EnvelopeFrom string `xml:"identifiers>envelope_from,omitempty"`
	HeaderFrom   string `xml:"identifiers>header_from"`

	Signatures List[Signature] `xml:"auth_results>dkim,omitempty"`
	Senders    List[Sender]    `xml:"auth_results>spf,omitempty"`
}

// Override is why something else was done than the policy asked for.
type Override struct {
	// Type is "local_policy", "mailing_list", "trusted_forwarder",
	// "policy_test_mode" or "other".
	Type    string `xml:"type"`
	Comment string `xml:"comment,omitempty"`
}

// Signature is what became of a DKIM signature.
type Signature struct {
	Domain   string `xml:"domain"`
	Selector string `xml:"selector,omitempty"`
	Result   string `xml:"result"`
	Human    string `xml:"human_result,omitempty"`
}

// Sender is what became of SPF.
type Sender struct {
	Domain string `xml:"domain"`
	// Scope is "mfrom" or, with RFC 7489, "helo".
	Scope  string `xml:"scope,omitempty"`
	Result string `xml:"result"`
	Human  string `xml:"human_result,omitempty"`
}

// List is a list in a report; only the first hundred entries are read.
type List[T any] []T

// maxList bounds a list in a report, as RFC 9990 bounds that of signatures.
const maxList = 100

// UnmarshalXML reads one more entry.
func (l *List[T]) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	if len(*l) == maxList {
		return d.Skip()
	}
	var entry T
	if err := d.DecodeElement(&entry, &start); err != nil {
		return err
	}
	*l = append(*l, entry)
	return nil
}

// Source is the address of a client. It is not valid where a report has none.
type Source struct{ netip.Addr }

// UnmarshalText reads an address; what is none leaves it invalid.
func (s *Source) UnmarshalText(text []byte) error {
	s.Addr, _ = addr.ParseIP(strings.TrimSpace(string(text)))
	return nil
}

// Seconds is a time in seconds since 1970.
type Seconds int64

// Time gives the time in UTC.
func (s Seconds) Time() time.Time { return time.Unix(int64(s), 0).UTC() }

// UnmarshalText reads whole seconds, also where somebody wrote a fraction.
func (s *Seconds) UnmarshalText(text []byte) error {
	word, _, _ := strings.Cut(strings.TrimSpace(string(text)), ".")
	n, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		return fmt.Errorf("%.20q is not a time in seconds", text)
	}
	*s = Seconds(n)
	return nil
}

// Count is a number of messages.
type Count uint64

// UnmarshalText reads a number.
func (c *Count) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 63)
	if err != nil {
		return fmt.Errorf("%.20q is not a number of messages", text)
	}
	*c = Count(n)
	return nil
}

// faults gathers what is wrong with a report.
type faults []error

func (f *faults) add(format string, args ...any) { *f = append(*f, fmt.Errorf(format, args...)) }

func (f *faults) need(what, value string) {
	if value == "" {
		f.add("%s is missing", what)
	}
}

func (f *faults) oneOf(what, value string, words ...string) {
	if !slices.Contains(words, value) {
		f.add("%s: %.40q is none of %s", what, value, strings.Join(words, ", "))
	}
}

// Validate reports what a report must have by RFC 9990 and has not: such a
// report must not be sent.
func (f *Feedback) Validate() error {
	var bad faults
	bad.need("org_name", f.Metadata.OrgName)
	bad.need("email", f.Metadata.Email)
	bad.need("report_id", f.Metadata.ReportID)
	bad.need("the policy's domain", f.Published.Domain)
	bad.oneOf("p", f.Published.Policy, policyNames[:]...)
	if f.Metadata.End < f.Metadata.Begin {
		bad.add("date_range ends before it begins")
	}
	if len(f.Rows) == 0 {
		bad.add("there is no record")
	}
	for i := range f.Rows {
		f.Rows[i].validate(fmt.Sprintf("record %d: ", i+1), &bad)
	}
	return errors.Join(bad...)
}

// validate reports what a record has not; place is how it is named.
func (r *Row) validate(place string, bad *faults) {
	if !r.SourceIP.IsValid() {
		bad.add("%ssource_ip is missing", place)
	}
	if r.Count == 0 {
		bad.add("%scount is missing", place)
	}
	bad.oneOf(place+"disposition", r.Disposition, "none", "pass", "quarantine", "reject")
	bad.oneOf(place+"dkim", r.DKIM, "pass", "fail")
	bad.oneOf(place+"spf", r.SPF, "pass", "fail")
	bad.need(place+"header_from", r.HeaderFrom)
	if len(r.Signatures)+len(r.Senders) == 0 {
		bad.add("%sauth_results is missing", place)
	}
	for _, s := range r.Signatures {
		bad.need(place+"selector of "+s.Domain, s.Selector)
	}
}

// Write writes the report as XML by RFC 9990. It checks it first (Validate).
func (f *Feedback) Write(w io.Writer) error {
	if err := f.Validate(); err != nil {
		return fmt.Errorf("writing an aggregate report about %s: %w", f.Published.Domain, err)
	}
	out := *f
	out.XMLName = xml.Name{Space: Namespace, Local: "feedback"}
	if out.Version == "" {
		out.Version = "1.0"
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(out); err != nil {
		return fmt.Errorf("writing an aggregate report about %s: %w", f.Published.Domain, err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// FileName is the name under which the report is sent, without ".gz" (RFC 9990
// section 3.5.1). receiver is the domain that reports; unique may be empty.
func (f *Feedback) FileName(receiver, unique string) string {
	name := fmt.Sprintf("%s!%s!%d!%d", addr.NormalDomain(receiver), addr.NormalDomain(f.Published.Domain), f.Metadata.Begin, f.Metadata.End)
	if unique != "" {
		name += "!" + unique
	}
	return strings.Map(func(r rune) rune {
		if r <= ' ' || strings.ContainsRune(`/\:*?"<>|`, r) || r > '~' {
			return '_'
		}
		return r
	}, name) + ".xml"
}
