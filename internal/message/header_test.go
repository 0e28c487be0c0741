package message

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"postern/test/suites"
)

// fieldTable lists name=value of all fields.
func fieldTable(h *Header) []string {
	var all []string
	for _, f := range h.Fields() {
		all = append(all, f.Name()+"="+f.Value())
	}
	return all
}

// kinds lists the kinds of the message's defects in order.
func kinds(m *Message) []DefectKind {
	var all []DefectKind
	for _, d := range m.Defects() {
		all = append(all, d.Kind)
	}
	return all
}

func TestHeaderFields(t *testing.T) {
	tests := map[string]struct {
		raw    string
		fields []string
		body   string
		kinds  []DefectKind
	}{
		"crlf":            {"A: 1\r\nB: 2\r\n\r\nbody\r\n", []string{"A=1", "B=2"}, "body\r\n", nil},
		"lf":              {"A: 1\nB: 2\n\nbody\n", []string{"A=1", "B=2"}, "body\n", nil},
		"cr":              {"A: 1\rB: 2\r\rbody\r", []string{"A=1", "B=2"}, "body\r", []DefectKind{BareCR}},
		"one cr":          {"A: 1\rx\r\nB: 2\r\n\r\nbody", []string{"A=1\rx", "B=2"}, "body", []DefectKind{BareCR}},
		"double cr":       {"A: 1\r\r\nB: 2\r\r\n\r\r\nbody", []string{"A=1", "B=2"}, "body", []DefectKind{BareCR}},
		"mixed":           {"A: 1\r\nB: 2\n\r\nbody", []string{"A=1", "B=2"}, "body", []DefectKind{BareLF}},
		"folded":          {"A: 1\r\n 2\r\n\t3\r\nB: x\r\n\r\n", []string{"A=1 2\t3", "B=x"}, "", nil},
		"mbox line":       {"From a@b Sat\nA: 1\n\nbody", []string{"A=1"}, "body", nil},
		"not a mbox line": {"From : a@b\nA: 1\n\nbody", []string{"From=a@b", "A=1"}, "body", []DefectKind{SpaceBeforeColon}},
		"byte order mark": {"\xef\xbb\xbfA: 1\n\nbody", []string{"A=1"}, "body", nil},
		"junk line":       {"A: 1\r\njunk here\r\nB: 2\r\n\r\nbody", []string{"A=1", "B=2"}, "body", []DefectKind{JunkHeaderLine}},
		"mangled fold":    {"Received: from x\nby y\nid z; date\nSubject: s\n\nbody", []string{"Received=from x", "Subject=s"}, "body", []DefectKind{JunkHeaderLine, JunkHeaderLine}},
		"no blank line":   {"A: 1\r\nHello you\r\nand you\r\nNote: this\r\n\r\nmore", []string{"A=1"}, "Hello you\r\nand you\r\nNote: this\r\n\r\nmore", []DefectKind{NoBlankLine}},
		"space, colon":    {"A : 1\r\n\r\n", []string{"A=1"}, "", []DefectKind{SpaceBeforeColon}},
		"blank fold":      {"A: 1\r\n \r\nB: 2\r\n\r\n", []string{"A=1", "B=2"}, "", []DefectKind{BadFold}},
		"fold first":      {" x\r\nA: 1\r\n\r\n", []string{"A=1"}, "", []DefectKind{BadFold}},
		"empty value":     {"A:\r\nB: \r\n\r\n", []string{"A=", "B="}, "", nil},
		"nothing":         {"", nil, "", []DefectKind{EmptyHeader}},
		"only body":       {"hello\nyou\n", nil, "hello\nyou\n", []DefectKind{NoBlankLine, EmptyHeader}},
		"blank line top":  {"\r\nhello", nil, "hello", []DefectKind{EmptyHeader}},
		"cut off":         {"A: 1\r\nB: 2", []string{"A=1", "B=2"}, "", []DefectKind{Truncated}},
		"no body":         {"A: 1\r\nB: 2\r\n", []string{"A=1", "B=2"}, "", nil},
		"nul":             {"A: 1\x002\r\n\r\n", []string{"A=1\x002"}, "", []DefectKind{NulByte}},
		"colon first":     {"A: 1\n: x\nB: 2\n\n", []string{"A=1", "B=2"}, "", []DefectKind{JunkHeaderLine}},
		"twice":           {"Subject: a\nsubject: b\n\n", []string{"Subject=a", "subject=b"}, "", []DefectKind{DuplicateField}},
		"8 bit":           {"Subject: caf\xe9\n\n", []string{"Subject=caf\xe9"}, "", []DefectKind{EightBitHeader}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := &Message{raw: []byte(tt.raw), limits: DefaultLimits()}
			h, body := parseHeader(m, 0, len(m.raw), "")
			m.header = h
			if got := fieldTable(h); !slices.Equal(got, tt.fields) {
				t.Errorf("fields %q, want %q", got, tt.fields)
			}
			if got := tt.raw[body:]; got != tt.body {
				t.Errorf("body %q, want %q", got, tt.body)
			}
			if got := kinds(m); !slices.Equal(got, tt.kinds) {
				t.Errorf("defects %v, want %v", got, tt.kinds)
			}
		})
	}
}

func TestHeaderLookup(t *testing.T) {
	h := Parse([]byte("To: a\nReceived: 1\nreceived: 2\nX: y\nRECEIVED: 3\n\n"), DefaultLimits()).Header()
	if n := h.Count("Received"); n != 3 {
		t.Errorf("Count = %d, want 3", n)
	}
	var values []string
	for _, f := range h.All("received") {
		values = append(values, f.Value())
	}
	if !slices.Equal(values, []string{"1", "2", "3"}) {
		t.Errorf("All = %q", values)
	}
	if h.Has("Cc") || !h.Has("TO") || h.Value("x") != "y" {
		t.Error("lookup by name went wrong")
	}
	if f := h.All("Received")[2]; f.Line() != 5 || f.Offset() != 35 {
		t.Errorf("line %d, offset %d", f.Line(), f.Offset())
	}
}

func TestHeaderFacts(t *testing.T) {
	m := Parse([]byte("From: Ann <a@b.example>\nTo: x@y.example\nTo: Us: z@y.example;\nDate: yesterday\n"+
		"Message-ID: <1@b.example>\nSubject: =?utf-8?q?caf=C3=A9?=\n\n"), DefaultLimits())
	if got := boxTable(m.From()) + boxTable(m.To()) + boxTable(m.Cc()); got != "Ann<a@b.example><x@y.example> | Us/<z@y.example>" {
		t.Errorf("mailboxes %q", got)
	}
	if _, ok := m.Date(); ok || !m.Has(BadDate) {
		t.Error("yesterday is a date")
	}
	if m.MessageID() != "1@b.example" || m.Has(BadMessageID) || m.Subject() != "café" {
		t.Errorf("Message-ID %q, subject %q", m.MessageID(), m.Subject())
	}
	for id, want := range map[string]string{"<a@b>": "a@b", " < a@b > ": "a@b", "a@b": "a@b", "<a>": "a", "<>": "", "<a@b> <c@d>": "a@b", "<a@b": "a@b"} {
		m := Parse([]byte("Message-ID: "+id+"\n\n"), DefaultLimits())
		if got := m.MessageID(); got != want || m.Has(BadMessageID) != (id != "<a@b>") {
			t.Errorf("Message-ID %q: %q, bad %v", id, got, m.Has(BadMessageID))
		}
	}
}

// TestHeaderCharset decodes octets by the charset the body declares.
func TestHeaderCharset(t *testing.T) {
	m := Parse([]byte("Subject: \xcf\xf0\xe8\xe2\xe5\xf2\nFrom: \x83\x5c\x83\x6a <a@b.example>\nContent-Type: text/plain;\n charset=windows-1251\n\n"), DefaultLimits())
	if got := m.Subject(); got != "Привет" {
		t.Errorf("subject %q", got)
	}
	m = Parse([]byte("From: \x83\x5c\x83\x6a <a@b.example>\nContent-Type: text/plain; charset=shift_jis\n\n"), DefaultLimits())
	if got := boxTable(m.From()); got != "ソニ<a@b.example>" {
		t.Errorf("sender %q", got)
	}
}

// TestHeaderConcurrent reads one header from many sides at once: each defect
// is noted once, and all see the same values.
func TestHeaderConcurrent(t *testing.T) {
	raw := []byte("From: <a@>\nTo: b@c.example\nDate: never\nSubject: =?x-no?q?=E9?=\n =?utf-8?q?x\nReceived: by d.example; 1 Jul 2003 10:52:37 -0000\nMessage-ID: none\n\nbody\n")
	for range 20 {
		m := Parse(raw, DefaultLimits())
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				for _, f := range m.Header().Fields() {
					_, _ = f.Value(), f.Text()
				}
				m.Has(BadDate)
				if len(m.From()) != 1 || len(m.To()) != 1 || len(m.Received()) != 1 || m.MessageID() != "none" {
					t.Error("facts differ")
				}
				m.Date()
				m.Defects()
			})
		}
		wait.Wait()
		want := []DefectKind{BadAddress, BadDate, BadEncodedWord, BadMessageID}
		if got := kinds(m); !slices.Equal(got, want) {
			t.Fatalf("defects %v, want %v", got, want)
		}
	}
}

func TestHeaderLimits(t *testing.T) {
	limits := DefaultLimits()
	limits.HeaderFields, limits.FieldBytes, limits.Defects, limits.Received = 5, 10, 3, 2
	m := Parse([]byte(strings.Repeat("Received: a long value indeed\n", 9)+"\nbody"), limits)
	if n := len(m.Header().Fields()); n != 5 || len(m.Received()) != 2 {
		t.Errorf("%d fields, %d trace fields", n, len(m.Received()))
	}
	if v := m.Header().Value("Received"); v != "a long va" {
		t.Errorf("value %q", v)
	}
	if len(m.Defects()) != 3 || !m.Has(TooManyFields) || !m.Has(HeaderTooLong) {
		t.Errorf("defects %v", m.Defects())
	}
	limits = DefaultLimits()
	limits.HeaderBytes = 100
	m = Parse([]byte("A: 1\nB: "+strings.Repeat("x", 200)+"\nC: 3\n\nbody"), limits)
	if got := fieldTable(m.Header()); !slices.Equal(got, []string{"A=1"}) || !m.Has(HeaderTooLong) {
		t.Errorf("fields %q, %v", got, m.Defects())
	}
}

// TestSuiteHeaders compares subjects, senders and recipients with what
// MIME-tools says of its messages.
func TestSuiteHeaders(t *testing.T) {
	block := regexp.MustCompile(`(?s)"Msg" => \{(.*?)\n\s*\}`)
	line := regexp.MustCompile(`"(Subject|From|To)" => "((?:[^"\\]|\\.)*)"`)
	refs, err := filepath.Glob(filepath.Join(suites.Path(t, "suites", "mime", "mime-tools", "testmsgs"), "*.ref"))
	if err != nil || len(refs) == 0 {
		t.Fatal(err, "no messages")
	}
	for _, ref := range refs {
		text, err := os.ReadFile(ref)
		if err != nil {
			t.Fatal(err)
		}
		source := regexp.MustCompile(`testmsgs/(\S+\.msg)`).FindSubmatch(text)
		found := block.FindSubmatch(text)
		if source == nil || found == nil {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(filepath.Dir(ref), string(source[1])))
		if err != nil {
			t.Fatal(err)
		}
		h := Parse(raw, DefaultLimits()).Header()
		for _, fact := range line.FindAllSubmatch(found[1], -1) {
			name, want := string(fact[1]), unescape(string(fact[2]))
			if got := h.Text(name); got != strings.TrimSpace(want) {
				t.Errorf("%s: %s %q, want %q", ref, name, got, want)
			}
		}
	}
}

// TestSuitePythonHeaders makes sure that the headers of Python's test
// messages are understood, but for those that are meant to be broken.
func TestSuitePythonHeaders(t *testing.T) {
	broken := map[string]string{
		"msg_05.txt": "addresses of one word", "msg_19.txt": "no header", "msg_35.txt": "no empty line",
		"msg_43.txt": "From: MAILER DAEMON <>",
		"msg_15.txt": "an address XX, a Message-ID without @",
		"msg_38.txt": "parts without an empty line",
	}
	files, err := filepath.Glob(filepath.Join(suites.Path(t, "suites", "mime", "python-email"), "msg_*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatal(err, "no messages")
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := Parse(raw, DefaultLimits())
		reason := broken[filepath.Base(file)]
		clean := true
		for _, kind := range []DefectKind{BadAddress, BadDate, BadMessageID, EmptyHeader, JunkHeaderLine, NoBlankLine, BadEncodedWord} {
			clean = clean && !m.Has(kind)
		}
		if clean != (reason == "") {
			t.Errorf("%s, %s: %v", file, reason, m.Defects())
		}
	}
}
