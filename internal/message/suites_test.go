package message

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postern/test/suites"
)

// node is a part as a suite states it: its type as far as it is known and
// the parts within.
type node struct {
	kind     string
	body     []byte // nil where the suite says nothing
	text     string
	hasText  bool
	children []*node
}

// shape prints a tree of nodes on one line.
func (n *node) shape() string {
	var b strings.Builder
	b.WriteString(n.kind)
	if len(n.children) > 0 {
		b.WriteByte('(')
		for i, c := range n.children {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(c.shape())
		}
		b.WriteByte(')')
	}
	return b.String()
}

// leaves lists the leaves in document order.
func (n *node) leaves() []*node {
	if len(n.children) == 0 {
		return []*node{n}
	}
	var all []*node
	for _, c := range n.children {
		all = append(all, c.leaves()...)
	}
	return all
}

// partShape prints a part's tree in the same way; name gives each part's kind.
func partShape(p *Part, name func(*Part) string) string {
	n := &node{kind: name(p)}
	for _, c := range p.Children() {
		n.children = append(n.children, &node{kind: partShape(c, name)})
	}
	return n.shape()
}

// partLeaves lists the leaves of a part's tree.
func partLeaves(p *Part) []*Part {
	if len(p.Children()) == 0 {
		return []*Part{p}
	}
	var all []*Part
	for _, c := range p.Children() {
		all = append(all, partLeaves(c)...)
	}
	return all
}

// structureKind names what a part is to a suite that states only structure.
func structureKind(p *Part) string {
	switch {
	case p.Multipart():
		return "multipart"
	case len(p.Children()) > 0:
		return "message"
	}
	return "leaf"
}

// exceptions are expectations of a suite that are not met, with the reason.
type exceptions map[string]string

// check runs one case and minds the exceptions.
func (e exceptions) check(t *testing.T, name string, run func() error) {
	t.Helper()
	err := run()
	reason, excepted := e[name]
	switch {
	case err != nil && !excepted:
		t.Errorf("%s: %v", name, err)
	case err == nil && excepted:
		t.Errorf("%s is met now, no exception is needed (%s)", name, reason)
	}
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestSuiteStalwart compares trees and texts with those of a set of mails.
func TestSuiteStalwart(t *testing.T) {
	dir := suites.Path(t, "suites", "mime", "stalwart-mail-parser", "eml")
	files, _ := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	cases := 0
	for _, file := range files {
		var want stalwartMessage
		if err := json.Unmarshal(readFile(t, file), &want); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		stem := strings.TrimSuffix(file, ".json")
		crlf := strings.HasSuffix(stem, ".crlf")
		raw, err := os.ReadFile(strings.TrimSuffix(stem, ".crlf") + ".eml")
		if err != nil {
			continue // stated, but the mail is not there
		}
		if crlf {
			raw = bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
		}
		name := strings.TrimPrefix(stem, dir+"/")
		cases++
		stalwartExceptions.check(t, name, func() error { return want.compare(walk(t, raw, DefaultLimits())) })
	}
	t.Logf("%d mails, %d exceptions", cases, len(stalwartExceptions))
}

var stalwartExceptions = exceptions{
	"legacy/048":          "the suite leaves x-uuencode undecoded",
	"malformed/002":       "a multipart whose boundary never occurs stays one, and its body is shown as text",
	"malformed/002.crlf":  "a multipart whose boundary never occurs stays one, and its body is shown as text",
	"malformed/007.crlf":  "the delimiter in a header without an empty line belongs to the multipart that the header declares",
	"malformed/009":       "the suite drops the part after an outer delimiter that closes an inner multipart; RFC 2046 section 5.1.2 keeps it",
	"malformed/009.crlf":  "the suite drops the part after an outer delimiter that closes an inner multipart; RFC 2046 section 5.1.2 keeps it",
	"malformed/012":       "the suite drops the part after an outer delimiter that closes an inner multipart; RFC 2046 section 5.1.2 keeps it",
	"malformed/012.crlf":  "the suite drops the part after an outer delimiter that closes an inner multipart; RFC 2046 section 5.1.2 keeps it",
	"malformed/013.crlf":  "a part without a byte after the last delimiter counts, with CRLF as with LF",
	"malformed/021.crlf":  "of two Content-Type fields the multipart counts, since its texts are shown then",
	"malformed/022":       "a message without a header is one all the same, and its text is shown",
	"thirdparty/002":      "words after the padding on the same line are no base64",
	"thirdparty/002.crlf": "words after the padding on the same line are no base64",
	"thirdparty/015":      "the delimiter of the outer multipart ends the header of a nested message",
	"thirdparty/015.crlf": "the delimiter of the outer multipart ends the header of a nested message",
}

type stalwartMessage struct {
	Parts []struct {
		Body json.RawMessage `json:"body"`
	} `json:"parts"`
}

// tree makes nodes of the part at index i.
func (s *stalwartMessage) tree(i int) *node {
	var body struct {
		Multipart    []int
		Text         *string
		Html         *string
		Binary       []byte
		InlineBinary []byte
		Message      *stalwartMessage
	}
	var raw map[string]json.RawMessage
	json.Unmarshal(s.Parts[i].Body, &raw)
	n := &node{kind: "leaf"}
	for kind, value := range raw {
		switch kind {
		case "Multipart":
			n.kind = "multipart"
			json.Unmarshal(value, &body.Multipart)
			for _, c := range body.Multipart {
				n.children = append(n.children, s.tree(c))
			}
		case "Message":
			n.kind = "message"
			json.Unmarshal(value, &body.Message)
			n.children = append(n.children, body.Message.tree(0))
		case "Text", "Html":
			json.Unmarshal(value, &n.text)
			n.hasText = true
		case "Binary", "InlineBinary":
			var octets []int
			json.Unmarshal(value, &octets)
			for _, o := range octets {
				n.body = append(n.body, byte(o))
			}
		}
	}
	return n
}

func (s *stalwartMessage) compare(m *Message) error {
	want := s.tree(0)
	if got := partShape(m.Root(), structureKind); got != want.shape() {
		return fmt.Errorf("tree is %s, want %s", got, want.shape())
	}
	wanted := want.leaves()
	for i, p := range partLeaves(m.Root()) {
		w := wanted[i]
		if w.hasText && comparable(p.Text()) != comparable(w.text) {
			return fmt.Errorf("text %q is %.300q, want %.300q", p.Path(), p.Text(), w.text)
		}
		if w.body != nil && !bytes.Equal(bytes.TrimSpace(p.Decoded()), bytes.TrimSpace(w.body)) {
			return fmt.Errorf("body %q is %.300q, want %.300q", p.Path(), p.Decoded(), w.body)
		}
	}
	return nil
}

// comparable leaves out what texts may differ in without loss: line ends and
// blanks at the end.
func comparable(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
}

// TestSuiteMime4j compares trees and decoded bodies with those of two sets.
func TestSuiteMime4j(t *testing.T) {
	for _, set := range []string{"testmsgs", "mimetools-testmsgs"} {
		dir := suites.Path(t, "suites", "mime", "mime4j", set)
		files, _ := filepath.Glob(filepath.Join(dir, "*_decoded.xml"))
		for _, file := range files {
			stem := strings.TrimSuffix(file, "_decoded.xml")
			want, err := mime4jTree(readFile(t, file))
			if err != nil {
				t.Logf("%s: %v", file, err)
				continue
			}
			raw := readFile(t, stem+".msg")
			name := set + "/" + filepath.Base(stem)
			mime4jExceptions.check(t, name, func() error {
				return mime4jCompare(walk(t, raw, DefaultLimits()), want, dir)
			})
		}
		t.Logf("%d mails", len(files))
	}
}

var mime4jExceptions = exceptions{
	"testmsgs/basic-plain-with-bad-header-separator": "a line of blanks ends the header, as mail readers have it; the text is shown, not lost in a field",
	"mimetools-testmsgs/hdr-fakeout":                 "a line of blanks ends the header, as mail readers have it; the text is shown, not lost in a field",
	"testmsgs/malformedHeader-noheader":              "text without a header is the body, not lost",
	"testmsgs/malformedHeaderStartsBody-noheader":    "text without a header is the body, not lost",
	"testmsgs/malformedHeaderStartsBody-nocrlfcrlf":  "after a line of junk a header goes on when fields follow",
	"testmsgs/very-long-boundary":                    "a boundary cannot end in blanks (RFC 2046 section 5.1.1); readers trim the parameter and the line",
	"testmsgs/very-very-long-boundary":               "a boundary cannot end in blanks (RFC 2046 section 5.1.1); readers trim the parameter and the line",
	"testmsgs/weird-boundary":                        "a boundary cannot end in blanks (RFC 2046 section 5.1.1); readers trim the parameter and the line",
	"mimetools-testmsgs/frag":                        "the octets of an unfinished last group of base64 are kept",
	"mimetools-testmsgs/multi-frag":                  "the octets of an unfinished last group of base64 are kept",
	"mimetools-testmsgs/x-gzip64":                    "an unknown encoding that is visibly base64 is taken for it",
}

// mime4jTree reads the tree; node.text is the name of the file with the body.
func mime4jTree(data []byte) (*node, error) {
	type element struct {
		XMLName  xml.Name
		Name     string    `xml:"name,attr"`
		Children []element `xml:",any"`
	}
	var doc element
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Strict = false
	d.CharsetReader = nil
	if err := d.Decode(&doc); err != nil {
		return nil, err
	}
	var convert func(e element) *node
	convert = func(e element) *node {
		for _, c := range e.Children {
			switch c.XMLName.Local {
			case "text-body", "binary-body":
				return &node{kind: "leaf", text: c.Name}
			case "message":
				return &node{kind: "message", children: []*node{convert(c)}}
			case "multipart":
				n := &node{kind: "multipart"}
				for _, part := range c.Children {
					if part.XMLName.Local == "body-part" {
						n.children = append(n.children, convert(part))
					}
				}
				return n
			}
		}
		return &node{kind: "leaf"}
	}
	return convert(doc), nil
}

func mime4jCompare(m *Message, want *node, dir string) error {
	if got := partShape(m.Root(), structureKind); got != want.shape() {
		return fmt.Errorf("tree is %s, want %s", got, want.shape())
	}
	wanted := want.leaves()
	for i, p := range partLeaves(m.Root()) {
		if wanted[i].text == "" {
			continue
		}
		body, err := os.ReadFile(filepath.Join(dir, wanted[i].text))
		if err != nil {
			continue
		}
		got := bytes.ReplaceAll(p.Decoded(), []byte("\r\n"), []byte("\n"))
		body = bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
		if !bytes.Equal(bytes.TrimSpace(got), bytes.TrimSpace(body)) {
			return fmt.Errorf("body %q is %d bytes %.200q, want %d bytes %.200q of %s", p.Path(), len(got), got, len(body), body, wanted[i].text)
		}
	}
	return nil
}

// TestSuiteSpamAssassinTree compares types of parts and digests of leaves.
func TestSuiteSpamAssassinTree(t *testing.T) {
	dir := suites.Path(t, "suites", "spamassassin")
	var cases []struct {
		File  string
		Parts []string
	}
	if err := json.Unmarshal(readFile(t, filepath.Join(dir, "mimeparse.json")), &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		raw, err := os.ReadFile(filepath.Join(dir, c.File))
		if err != nil {
			t.Logf("%s is not here", c.File)
			continue
		}
		spamAssassinExceptions.check(t, c.File, func() error {
			m := walk(t, raw, DefaultLimits())
			var lines []string
			for _, p := range append([]*Part{m.Root()}, m.Root().Children()...) {
				lines = append(lines, strings.Join(spamAssassinTypes(p, p == m.Root()), ","))
			}
			want := strings.TrimSpace(c.Parts[0])
			if got := strings.Join(lines, "\n"); got != want {
				return fmt.Errorf("types are\n%s\nwant\n%s", got, want)
			}
			for i, digest := range c.Parts[1:] {
				leaf := partLeaves(m.Root())[i]
				sum := sha1.Sum(leaf.Decoded())
				if got := hex.EncodeToString(sum[:]); got != digest {
					t.Logf("%s: digest of leaf %d differs", c.File, i)
				}
			}
			return nil
		})
	}
	t.Logf("%d mails", len(cases))
}

var spamAssassinExceptions = exceptions{
	"data/nice/mime1":        "the declared type text/richtext is kept",
	"data/nice/mime8":        "the type \"binary\" is read as application/octet-stream",
	"data/spam/badmime3.txt": "the header of the part, where the first delimiter is missing, is read",
}

func spamAssassinTypes(p *Part, alone bool) []string {
	types := []string{p.MediaType()}
	if alone {
		return types
	}
	for _, c := range p.Children() {
		types = append(types, spamAssassinTypes(c, false)...)
	}
	return types
}

// TestSuiteRspamdParts compares the parts of messages in rspamd's list.
func TestSuiteRspamdParts(t *testing.T) {
	var tables []struct {
		Rows []struct{ Message, Expected string }
	}
	file := suites.Path(t, "suites", "rspamd-unit", "lua_mime.message_to_ucl.json")
	if err := json.Unmarshal(readFile(t, file), &tables); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		for i, row := range table.Rows {
			var want struct {
				Parts []struct {
					Type, Content string
				}
			}
			if err := json.Unmarshal([]byte(row.Expected), &want); err != nil {
				t.Fatal(err)
			}
			m := walk(t, []byte(row.Message), DefaultLimits())
			if len(m.Parts()) != len(want.Parts) {
				t.Errorf("row %d: %d parts, want %d", i, len(m.Parts()), len(want.Parts))
				continue
			}
			for k, p := range m.Parts() {
				// The text before the first empty line of a part without a
				// header is shown; the suite takes it for the header.
				content := strings.TrimPrefix(string(p.Decoded()), "321\n\n")
				if p.MediaType() != want.Parts[k].Type {
					t.Errorf("row %d: type %s, want %s", i, p.MediaType(), want.Parts[k].Type)
				}
				if len(p.Children()) == 0 && comparable(content) != comparable(want.Parts[k].Content) {
					t.Errorf("row %d: content %q, want %q", i, p.Decoded(), want.Parts[k].Content)
				}
			}
		}
	}
}

// TestSuiteNoExpectation walks over mails that come without expectations.
func TestSuiteNoExpectation(t *testing.T) {
	for _, set := range []string{"enmime", "gmime", "python-email", "nodemailer-mailparser", "spamscope"} {
		dir := suites.Path(t, "suites", "mime", set)
		n := 0
		filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				n++
				walk(t, readFile(t, path), DefaultLimits())
			}
			return nil
		})
		t.Logf("%s: %d files", set, n)
	}
}
