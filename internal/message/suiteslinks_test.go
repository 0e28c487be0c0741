package message

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/idna"

	"postern/test/suites"
)

// rows reads the tables of one of rspamd's unit tests.
func rows(t *testing.T, name string) (tables [][]json.RawMessage) {
	t.Helper()
	var file []struct{ Rows []json.RawMessage }
	path := suites.Path(t, "suites", "rspamd-unit", name)
	if err := json.Unmarshal(readFile(t, path), &file); err != nil {
		t.Fatal(err)
	}
	for _, table := range file {
		tables = append(tables, table.Rows)
	}
	return tables
}

// TestSuiteRspamdHTML compares visible texts.
func TestSuiteRspamdHTML(t *testing.T) {
	for _, table := range rows(t, "html.json") {
		for i, row := range table {
			var c [2]string
			if err := json.Unmarshal(row, &c); err != nil {
				t.Fatal(err)
			}
			rspamdHTMLExceptions.check(t, fmt.Sprint(i), func() error {
				if got := examineHTML(c[0], DefaultLimits()).Visible; got != c[1] {
					return fmt.Errorf("visible is %q, want %q", got, c[1])
				}
				return nil
			})
		}
	}
}

var rspamdHTMLExceptions = exceptions{}

// TestSuiteRspamdURL compares links found in text and their pieces.
func TestSuiteRspamdURL(t *testing.T) {
	tables := rows(t, "url.json")
	for i, row := range tables[0] {
		var c []json.RawMessage
		var text string
		var want []string
		json.Unmarshal(row, &c)
		json.Unmarshal(c[0], &text)
		json.Unmarshal(c[1], &want)
		rspamdURLExceptions.check(t, fmt.Sprintf("text %d %s", i, text), func() error {
			links := textLinks(text, 10)
			if len(links) != 1 {
				return fmt.Errorf("%d links", len(links))
			}
			host := strings.ToLower(want[0])
			if ascii, err := idna.Lookup.ToASCII(host); err == nil && !strings.Contains(host, ":") {
				host = ascii
			}
			if links[0].Host != host {
				return fmt.Errorf("host %q, want %q", links[0].Host, host)
			}
			if user, _, _ := strings.Cut(links[0].User, ":"); len(want) > 1 && user != want[1] {
				return fmt.Errorf("user %q, want %q", links[0].User, want[1])
			}
			return nil
		})
	}
	for n, table := range tables[1:] {
		for i, row := range table {
			rspamdURLExceptions.check(t, fmt.Sprintf("table %d row %d", n+1, i), func() error { return rspamdURL(row) })
		}
	}
}

var rspamdURLExceptions = exceptions{
	"table 1 row 27": "url.Parse reads what stands before the @ otherwise",
	"table 1 row 29": "a backslash in a path is a slash to browsers",
	"table 1 row 32": "the dot at the end of a host is taken off, to compare hosts",
}

// rspamdURL compares one URL: text, whether it is one, its pieces.
func rspamdURL(row json.RawMessage) error {
	var c []json.RawMessage
	if err := json.Unmarshal(row, &c); err != nil || len(c) < 2 {
		return nil
	}
	var text string
	var valid bool
	if json.Unmarshal(c[0], &text) != nil || json.Unmarshal(c[1], &valid) != nil {
		return nil
	}
	link := normalizeURL(text)
	if !valid {
		return nil
	}
	if links := textLinks(text, 1); link.Host == "" && len(links) == 1 {
		link = links[0]
	}
	if link.Host == "" {
		return fmt.Errorf("no host in %q", text)
	}
	want := map[string]any{}
	if len(c) > 2 {
		json.Unmarshal(c[2], &want)
	}
	target := link.Target
	if i := strings.LastIndexByte(target, '@'); i >= 0 && strings.ContainsAny(target[:i], "$%") {
		target = link.Scheme + "://" + target[i+1:] // what url.Parse takes for no user
	}
	u, err := url.Parse(target)
	if err != nil {
		return fmt.Errorf("target %q: %v", link.Target, err)
	}
	query, _ := url.QueryUnescape(u.RawQuery)
	for key, got := range map[string]string{
		"host": link.Host, "path": strings.TrimPrefix(u.Path, "/"), "query": query, "fragment": u.Fragment,
	} {
		if w, ok := want[key].(string); ok && w != got {
			return fmt.Errorf("%s of %q is %q, want %q", key, text, got, w)
		}
	}
	return nil
}

// TestSuiteRspamdSchemeless reads references without a scheme.
func TestSuiteRspamdSchemeless(t *testing.T) {
	for _, table := range rows(t, "get_html_urls.json") {
		for _, row := range table {
			var c [2]string
			if err := json.Unmarshal(row, &c); err != nil {
				t.Fatal(err)
			}
			if got := normalizeURL(c[0]).Target; got != c[1] {
				t.Errorf("%s: target %q, want %q", c[0], got, c[1])
			}
		}
	}
}

// TestSuiteRspamdExtract finds every host of a list in running text.
func TestSuiteRspamdExtract(t *testing.T) {
	for _, table := range rows(t, "lua_util.extract_specific_urls.json") {
		for _, row := range table {
			var c struct {
				Input []string
			}
			if err := json.Unmarshal(row, &c); err != nil {
				t.Fatal(err)
			}
			links := textLinks(strings.Join(c.Input, " and "), 100)
			if len(links) != len(c.Input) {
				t.Errorf("%q: %d links", c.Input, len(links))
			}
		}
	}
}

// TestSuiteRspamdQP decodes what the suite states as encoded.
func TestSuiteRspamdQP(t *testing.T) {
	for n, table := range rows(t, "quoted_printable.json") {
		for _, row := range table {
			var c [3]string
			if err := json.Unmarshal(row, &c); err != nil {
				t.Fatal(err)
			}
			plain, encoded := c[0], c[1]
			if n > 0 {
				plain, encoded = c[1], c[0] // the second table decodes
			}
			rspamdQPExceptions.check(t, c[2], func() error {
				out, _, _ := decodeQuotedPrintable([]byte(encoded), 1<<20)
				if string(out) != plain {
					return fmt.Errorf("%q decodes to %q, want %q", encoded, out, plain)
				}
				return nil
			})
		}
	}
}

var rspamdQPExceptions = exceptions{
	"asan found": "the line end after the last = of a part belongs to the delimiter, so that a soft line break is left",
}

// TestSuiteURIText compares the links found in lines of text.
func TestSuiteURIText(t *testing.T) {
	var cases []struct {
		Must    []string `json:"must_match"`
		MustNot []string `json:"must_not_match"`
		Text    string
	}
	path := suites.Path(t, "suites", "spamassassin", "uri_text.json")
	if err := json.Unmarshal(readFile(t, path), &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		uriTextExceptions.check(t, c.Text, func() error {
			var all []string
			for _, l := range textLinks(strings.ReplaceAll(c.Text, "{ESC}", "\x1b"), 100) {
				all = append(all, l.Target, l.URL)
				if l.Schemeless {
					all = append(all, l.Scheme+"://"+l.URL)
				}
			}
			found := strings.Join(all, "\n")
			for _, p := range c.Must {
				if re, err := regexp.Compile("(?m)" + p); err == nil && !re.MatchString(found) {
					return fmt.Errorf("%q is not in %q", p, found)
				}
			}
			for _, p := range c.MustNot {
				if re, err := regexp.Compile("(?m)" + p); err == nil && re.MatchString(found) {
					return fmt.Errorf("%q is in %q", p, found)
				}
			}
			return nil
		})
	}
	t.Logf("%d texts", len(cases))
}

var uriTextExceptions = exceptions{
	"b@www.vohWais0.com":                  "hosts are in lower case",
	"http://xyz..geifoza3.com":            "what is written with a scheme is a link, whatever its host",
	"http://-sdfisiz2e.com":               "what is written with a scheme is a link, whatever its host",
	"www.foo@Qii3mafs.com:80":             "an address of mail, as readers have it",
	"www.foo:bar@Qii3maft.com:80":         "an address of mail, as readers have it",
	"www.liy8quei:80":                     "no reader adds .com",
	"ftp://name@faikaj4t.com/%2Fetc/motd": "escapes of reserved characters are kept (RFC 3986 section 2.2)",
	"<www.delimtest15.com/foo-~!@#^&*()_+=:;'?,.xyz-~!@#^&*()_+=:;'?,.>": "= and + at the end may belong to a query",
}

// TestSuiteGoldenURIs finds the links that SpamAssassin finds in its own mails.
func TestSuiteGoldenURIs(t *testing.T) {
	dir := suites.Path(t, "suites", "spamassassin")
	var golden map[string]struct {
		URIs []string `json:"uris"`
		Body []string
	}
	if err := json.Unmarshal(readFile(t, filepath.Join(dir, "golden-hits.json")), &golden); err != nil {
		t.Fatal(err)
	}
	mails, wanted, missed := 0, 0, 0
	for name, g := range golden {
		m := walk(t, readFile(t, filepath.Join(dir, name)), DefaultLimits())
		mails++
		hosts := map[string]bool{}
		for _, l := range m.Links() {
			hosts[l.Host] = true
		}
		for _, u := range g.URIs {
			l := normalizeURL(u)
			if l.Host == "" {
				continue
			}
			wanted++
			if !hosts[l.Host] {
				missed++
				t.Logf("%s: no link to %s of %s", name, l.Host, u)
			}
		}
	}
	t.Logf("%d mails, %d links, %d hosts missed", mails, wanted, missed)
}

// TestSuiteGoldenBody finds the words of SpamAssassin's rendered bodies in
// what is visible or hidden. Its rendering names parts differently: it leaves
// some texts out and takes some attachments in.
func TestSuiteGoldenBody(t *testing.T) {
	dir := suites.Path(t, "suites", "spamassassin")
	var golden map[string]struct{ Body []string }
	if err := json.Unmarshal(readFile(t, filepath.Join(dir, "golden-hits.json")), &golden); err != nil {
		t.Fatal(err)
	}
	wanted, missed := 0, 0
	for name, g := range golden {
		if goldenBodyExceptions[name] != "" {
			continue
		}
		m := walk(t, readFile(t, filepath.Join(dir, name)), DefaultLimits())
		all := m.Subject()
		for _, p := range m.Texts() {
			all += "\n" + p.Visible()
			if h := p.HTML(); h != nil {
				all += "\n" + h.Title + "\n" + h.Hidden
			}
		}
		lost := 0
		for word := range strings.FieldsSeq(strings.Join(g.Body, " ")) {
			if wanted++; hasWord([]byte(word)) && isASCII(word) && !strings.Contains(all, word) {
				lost++
			}
		}
		if missed += lost; lost > 5 {
			t.Logf("%s: %d words missed", name, lost)
		}
	}
	t.Logf("%d of %d words missed", missed, wanted)
	if missed*1000 > wanted {
		t.Error("more than one in a thousand")
	}
}

var goldenBodyExceptions = exceptions{
	"data/nice/base64.txt":   "an attachment that is text",
	"data/spam/bsmtp":        "an SMTP dialogue before the header, which leaves the encoding undeclared",
	"data/spam/badmime3.txt": "the source of HTML whose first delimiter is missing; here it is read as HTML",
}
