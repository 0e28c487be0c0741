// Package authres reads and writes Authentication-Results: the field in which
// a mail server says what it found out about a message's origin (RFC 8601).
// The same text stands, after an instance, in ARC-Authentication-Results (RFC
// 8617).
//
// Anybody can write such a field. It is worth something only where one's own
// server wrote it and took away those that came with the message under its
// name, or where somebody who is trusted has sealed it.
package authres

// Header is what one server found.
type Header struct {
	// Server is the name under which it reports (authserv-id).
	Server string
	// Version of the format; 1 when none stands there.
	Version int
	// Results in their order; none when nothing was examined.
	Results []Result
}

// Result is what one method found.
type Result struct {
	// Method in lower case, such as "dkim".
	Method string
	// Version of the method; 1 when none stands there.
	Version int
	// Value is the result, such as "pass".
	Value string
	// Comment is what stands in parentheses behind the result, for people.
	Comment string
	// Reason is what stands in reason=, for people.
	Reason string
	// Properties are what the result is about.
	Properties []Property
}

// Property is one thing that was examined, such as "header.d=example.com".
type Property struct {
	// Type (ptype) is "smtp", "header", "body", "policy" or another word; ""
	// for those that some servers write without one.
	Type string
	// Name in lower case.
	Name string
	// Value without quotes.
	Value string
}

// Get gives the value of the first property of that kind, "" for none.
func (r *Result) Get(kind, name string) string {
	for _, p := range r.Properties {
		if p.Type == kind && p.Name == name {
			return p.Value
		}
	}
	return ""
}

// Find gives the results of a method, in their order.
func (h *Header) Find(method string) []*Result {
	var list []*Result
	for i := range h.Results {
		if h.Results[i].Method == method {
			list = append(list, &h.Results[i])
		}
	}
	return list
}

// The bounds of what is read.
const (
	// maxValue bounds the octets of a field.
	maxValue = 64 << 10
	// maxResults bounds the results of a field.
	maxResults = 200
	// maxProperties bounds the properties of a result.
	maxProperties = 50
	// maxComments bounds how deep comments may be nested.
	maxComments = 32
	// maxFaults bounds the faults that are told of one field.
	maxFaults = 5
	// shownBytes is how much of others' text is shown in an error.
	shownBytes = 40
)

// known has the results that a method may have (RFC 8601 section 2.7, RFC 7489,
// RFC 8617, RFC 5617). Those of other methods are not judged.
var known = map[string][]string{
	"auth":       {"none", "pass", "fail", "temperror", "permerror"},
	"dkim":       {"none", "pass", "fail", "policy", "neutral", "temperror", "permerror"},
	"domainkeys": {"none", "pass", "fail", "policy", "neutral", "temperror", "permerror"},
	"spf":        {"none", "pass", "fail", "softfail", "policy", "neutral", "temperror", "permerror"},
	"sender-id":  {"none", "pass", "fail", "softfail", "policy", "neutral", "temperror", "permerror"},
	"iprev":      {"pass", "fail", "temperror", "permerror"},
	"dmarc":      {"none", "pass", "fail", "temperror", "permerror"},
	"arc":        {"none", "pass", "fail"},
	"dkim-adsp":  {"none", "pass", "unknown", "fail", "discard", "nxdomain", "temperror", "permerror"},
}
