package message

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/test/suites"
)

// readJSON reads a file of a conformance suite into v.
func readJSON(t *testing.T, v any, elem ...string) {
	t.Helper()
	data, err := os.ReadFile(suites.Path(t, append([]string{"suites"}, elem...)...))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(filepath.Join(elem...), err)
	}
}

// fieldOf makes a field whose value is the text of a suite's case, which may
// go on with other lines.
func fieldOf(text string) *Field {
	return Parse([]byte("X-Case:"+text), DefaultLimits()).Header().First("X-Case")
}

type suiteBox struct{ Name, Address string }

// suiteAddresses is what mail-parser says of an address field.
type suiteAddresses struct {
	List  []suiteBox
	Group []struct {
		Name      string
		Addresses []suiteBox
	}
}

// flat gives the mailboxes with their groups.
func (a suiteAddresses) flat() (boxes []Mailbox) {
	add := func(list []suiteBox, group string) {
		for _, b := range list {
			box := Mailbox{Name: b.Name, Group: group}
			box.Address.Local = b.Address
			boxes = append(boxes, box)
		}
	}
	add(a.List, "")
	for _, g := range a.Group {
		add(g.Addresses, g.Name)
	}
	return boxes
}

// addressExceptions are cases in which our answer differs on purpose.
var addressExceptions = map[string]string{
	"(my dear friend); (the end of the group)": "a comment alone is no mailbox",
	"(A nice \n \\\n ) chap)":                  "a backslash before a line end does not escape what the next line begins with",
	":(nobody(that I know))":                   "a comment alone is no mailbox, nor part of a group's name",
	"<@node.test:mary@example.net>":            "a source route is no part of the address (RFC 5322 section 4.4)",
}

func TestSuiteAddress(t *testing.T) {
	var cases []struct {
		Header   string
		Expected suiteAddresses
	}
	readJSON(t, &cases, "mime", "stalwart-mail-parser", "address.json")
next:
	for _, c := range cases {
		for text := range addressExceptions {
			if strings.Contains(c.Header, text) {
				continue next
			}
		}
		got, want := fieldOf(c.Header).Mailboxes(), c.Expected.flat()
		if len(got) != len(want) {
			t.Errorf("%q: %s, want %s", c.Header, boxTable(got), boxTable(want))
			continue
		}
		for i, g := range got {
			// The suite adds comments to a name; ours stand for a missing one.
			name, _, _ := strings.Cut(want[i].Name, " (")
			address := strings.ReplaceAll(want[i].Address.Local, " ", "")
			if g.Name != name || !strings.EqualFold(g.Address.String(), address) || g.Group != want[i].Group {
				t.Errorf("%q: %s, want %s", c.Header, boxTable(got[i:i+1]), boxTable(want[i:i+1]))
			}
		}
	}
}

func TestSuiteMIMEAddr(t *testing.T) {
	var tables []struct{ Rows [][2]json.RawMessage }
	readJSON(t, &tables, "rspamd-unit", "mime_addr.json")
	for _, row := range tables[0].Rows {
		var text string
		if err := json.Unmarshal(row[0], &text); err != nil {
			t.Fatal(err)
		}
		got, _ := parseMailboxes(text, 100)
		var count int
		if json.Unmarshal(row[1], &count) == nil {
			if len(got) != count {
				t.Errorf("%q: %s, want %d", text, boxTable(got), count)
			}
			continue
		}
		var want []map[string]any
		if err := json.Unmarshal(row[1], &want); err != nil {
			t.Fatal(err)
		}
		if len(want) != len(got) {
			t.Errorf("%q: %s, want %s", text, boxTable(got), row[1])
			continue
		}
		for i, g := range got {
			facts := map[string]any{"valid": g.Valid, "addr": g.Address.String(), "name": g.Name, "domain": g.Address.Domain, "user": g.Address.Local}
			for key, w := range want[i] {
				if facts[key] != w {
					t.Errorf("%q: %s is %v, want %v", text, key, facts[key], w)
				}
			}
		}
	}
}

func TestSuiteRFC2047(t *testing.T) {
	var tables []struct{ Rows [][2]string }
	readJSON(t, &tables, "rspamd-unit", "rfc2047.json")
	for _, row := range tables[0].Rows {
		if got, _ := decodeWords(row[0]); got != row[1] {
			t.Errorf("%q: %q, want %q", row[0], got, row[1])
		}
	}
}

func TestSuiteUnstructured(t *testing.T) {
	var cases []struct{ Header, Expected string }
	readJSON(t, &cases, "mime", "stalwart-mail-parser", "unstructured.json")
	for _, c := range cases {
		if strings.Contains(c.Header, "[SUSPECTED SPAM]=?") || strings.Contains(c.Header, "?=here") {
			continue // the suite adds a blank beside a word that none surrounds; readers do not
		}
		if got := fieldOf(c.Header).Text(); got != c.Expected {
			t.Errorf("%q: %q, want %q", c.Header, got, c.Expected)
		}
	}
}

// paramException tells whether our answer differs on purpose: languages are
// not kept, nor NUL characters, nor blanks at the end of a value without its
// closing quote; encoded words that blanks separate are joined within quotes
// too (RFC 2047 section 6.2); names with misplaced asterisks are dropped.
func paramException(header, name string) bool {
	return strings.HasSuffix(name, "-language") || strings.Contains(header, "\x00") && name == "key" ||
		strings.Contains(header, "lid; name=\"   \n") || strings.Contains(header, "name=\"=?iso-8859-1?B?4Q==?= =?utf-8") ||
		strings.HasPrefix(header, "malicious/attempt")
}

func TestSuiteContentType(t *testing.T) {
	var cases []struct {
		Header   string
		Expected *struct {
			Type       string      `json:"c_type"`
			Subtype    string      `json:"c_subtype"`
			Attributes [][2]string `json:"attributes"`
		}
	}
	readJSON(t, &cases, "mime", "stalwart-mail-parser", "content_type.json")
	for _, c := range cases {
		word, ps, _ := parseParams(fieldOf(c.Header).Value(), 100)
		if c.Expected == nil {
			if word != "" {
				t.Errorf("%q: %q, want none", c.Header, word)
			}
			continue
		}
		want := c.Expected.Type
		if c.Expected.Subtype != "" {
			want += "/" + c.Expected.Subtype
		}
		if strings.Contains(want, "=") && word == "" {
			continue // parameters without a type: ours are kept as parameters
		}
		if !strings.EqualFold(word, want) {
			t.Errorf("%q: %q, want %q", c.Header, word, want)
		}
		for _, a := range c.Expected.Attributes {
			if paramException(c.Header, a[0]) {
				continue
			}
			if got := ps.get(a[0]); got != a[1] {
				t.Errorf("%q: %s=%q, want %q", c.Header, a[0], got, a[1])
			}
		}
	}
}

// suiteDate is a date as mail-parser writes it.
type suiteDate struct {
	Year, Month, Day, Hour, Minute, Second int
	TZBeforeGMT                            bool `json:"tz_before_gmt"`
	TZHour                                 int  `json:"tz_hour"`
	TZMinute                               int  `json:"tz_minute"`
}

// time gives the date as a time.
func (d suiteDate) time() time.Time {
	offset := d.TZHour*3600 + d.TZMinute*60
	if d.TZBeforeGMT {
		offset = -offset
	}
	return time.Date(d.Year, time.Month(d.Month), d.Day, d.Hour, d.Minute, d.Second, 0, time.FixedZone("", offset))
}

func TestSuiteDate(t *testing.T) {
	var cases []struct {
		Header   string
		Expected *suiteDate
	}
	readJSON(t, &cases, "mime", "stalwart-mail-parser", "date.json")
	for _, c := range cases {
		if strings.HasPrefix(c.Header, " 4 8 15 16 23 42") {
			continue // six numbers without a colon are no date to any mail reader
		}
		got, ok := ParseDate(fieldOf(c.Header).Value())
		if ok != (c.Expected != nil) || ok && !got.Equal(c.Expected.time()) {
			t.Errorf("%q: %v, %v; want %v", c.Header, got, ok, c.Expected)
		}
	}
}

func TestSuiteSMTPDate(t *testing.T) {
	var tables []struct{ Rows [][]json.RawMessage }
	readJSON(t, &tables, "rspamd-unit", "smtp_date.json")
	for _, row := range tables[0].Rows {
		var text string
		var want int64
		if err := json.Unmarshal(row[0], &text); err != nil {
			t.Fatal(err)
		}
		if len(row) > 1 {
			if err := json.Unmarshal(row[1], &want); err != nil {
				t.Fatal(err)
			}
		}
		if strings.Contains(text, "BST 2020") {
			continue // the form of date(1): mail readers understand it
		}
		if got, ok := ParseDate(text); ok != (len(row) > 1) || ok && got.Unix() != want {
			t.Errorf("%q: %v, %v; want %d", text, got, ok, want)
		}
	}
}

func TestSuiteID(t *testing.T) {
	var cases []struct {
		Header   string
		Expected []string
	}
	readJSON(t, &cases, "mime", "stalwart-mail-parser", "id.json")
	for _, c := range cases {
		if got := ParseIDs(fieldOf(c.Header).Value()); !slices.Equal(got, c.Expected) {
			t.Errorf("%q: %q, want %q", c.Header, got, c.Expected)
		}
	}
}

// suiteHost is a name or an address in mail-parser's words.
type suiteHost struct{ Name, IPAddr string }

// text gives either.
func (h *suiteHost) text() string {
	switch {
	case h == nil:
		return ""
	case h.Name != "":
		return h.Name
	}
	return h.IPAddr
}

// receivedExceptions are answers of the suite we do not give, with the reason.
var receivedExceptions = map[string]string{
	"EE": "an id goes on after a slash", "8B": "an id goes on after a slash", "52": "an id goes on after a slash",
	"out-25.smtp.github.com.": "names have no dot at their end",
	"mx10.topofferz.net":      "the HELO was empty", "211.245.85.228": "the HELO was empty",
	"::ffff:127.0.0.1": "4-in-6 is IPv4", "::ffff:61.99.99.67": "4-in-6 is IPv4",
	"uid": "the first by counts", "Unknown": "a name goes on after a slash",
	"username@localhost": "a local user is no HELO name", "vashugins@juno.com": "a local user is no HELO name",
	"network": "qmail's network is no HELO name", "userid": "Postfix's user is no HELO name",
}

// receivedTimeException tells whether the suite's time is wrong by RFC 5322
// section 4.3 (years of two digits, names of zones) or missing: the form of
// asctime, fractions of seconds, no semicolon.
func receivedTimeException(header string, want *suiteDate) bool {
	return want == nil && strings.Contains(header, " Thu, 20 Feb 2003") || want != nil &&
		(want.Year < 1990 || want.TZHour == 0 && (strings.Contains(header, " PST") || strings.Contains(header, " PDT")) ||
			strings.Contains(header, "55.516"))
}

func TestSuiteReceived(t *testing.T) {
	var cases []struct {
		Header   string
		Expected struct {
			From, By, Helo *suiteHost
			FromIP         string `json:"from_ip"`
			FromName       string `json:"from_iprev"`
			For            string `json:"for_"`
			TLS            string `json:"tls_version"`
			With, ID       string
			Date           *suiteDate
		}
	}
	readJSON(t, &cases, "mime", "stalwart-mail-parser", "received.json")
	for _, c := range cases {
		r, want := parseReceived(fieldOf(c.Header).Value()), c.Expected
		from := want.From.text()
		if want.Helo != nil {
			from = want.Helo.text()
		}
		check := func(what, got, want string) {
			if receivedExceptions[want] != "" {
				return
			}
			if want != "" && !strings.EqualFold(got, want) {
				t.Errorf("%q: %s %q, want %q", c.Header, what, got, want)
			}
		}
		check("from", strings.Trim(r.From, "[]"), from)
		check("from name", r.FromName, want.FromName)
		check("from ip", r.FromIP, want.FromIP)
		check("by", strings.Trim(r.By, "[]"), want.By.text())
		check("with", r.With, want.With)
		check("id", r.ID, want.ID)
		check("for", r.For, want.For)
		if want.TLS != "" && !r.TLS {
			t.Errorf("%q: no TLS", c.Header)
		}
		if receivedTimeException(c.Header, want.Date) {
			continue
		}
		if want.Date == nil != r.Time.IsZero() || want.Date != nil && !want.Date.time().Equal(r.Time) {
			t.Errorf("%q: time %v, want %v", c.Header, r.Time, want.Date)
		}
	}
}

func TestSuiteList(t *testing.T) {
	var cases []struct {
		Header   string
		Expected []string
	}
	readJSON(t, &cases, "mime", "stalwart-mail-parser", "list.json")
	for _, c := range cases {
		var got []string
		for word := range strings.SplitSeq(fieldOf(c.Header).Text(), ",") {
			if word = strings.TrimSpace(word); word != "" {
				got = append(got, word)
			}
		}
		if !slices.Equal(got, c.Expected) {
			t.Errorf("%q: %q, want %q", c.Header, got, c.Expected)
		}
	}
}
