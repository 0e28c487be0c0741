package history

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"postern/internal/verdict"
)

// sample is a typical entry: fifteen findings, two recipients.
func sample() *Entry {
	e := &Entry{
		CaseID: "06BGYD5Z0G8N3M2Q", Time: time.Date(2026, 11, 21, 10, 30, 0, 123456000, time.UTC),
		Door: "milter", Client: Client{IP: netip.MustParseAddr("192.0.2.25"), Name: "mail.example.com"},
		HELO: "mail.example.com", TLS: &TLS{Version: "TLSv1.3", Cipher: "TLS_AES_256_GCM_SHA384"},
		Sender: "news@example.com", Recipients: []string{"anna@example.org", "bert@example.org"}, RecipientCount: 2,
		QueueID: "4dDxyz1qZbz2X", MessageID: "20261121103000.1234@example.com",
		From: "Example News <news@example.com>", Subject: "Your weekly digest of offers", Size: 18342,
		Stage: "message", Duration: 1420 * time.Microsecond,
		Checks: []CheckTime{{Name: "spf", Took: 800 * time.Microsecond}, {Name: "dkim", Took: 1200 * time.Microsecond}},
	}
	v := Verdict{Action: verdict.AddHeader, Observed: verdict.AddHeader, Reason: "score", Score: 7.2,
		Thresholds: Thresholds(verdict.DefaultThresholds())}
	for i, name := range sampleSymbols {
		score := float64(8-i) / 4
		v.Findings = append(v.Findings, verdict.Finding{
			Symbol: name, Group: "headers", Description: "Something about " + strings.ToLower(name) + " in one line",
			Evidence: []string{fmt.Sprintf("value number %d of the header field", i)}, Weight: 1, Score: score, FullScore: score,
		})
	}
	e.Verdicts = []Verdict{v}
	return e
}

var sampleSymbols = []string{"FORGED_SENDER", "SUBJ_ALL_CAPS", "MISSING_DATE", "HTML_SHORT_LINK_IMG_1", "R_SPF_ALLOW",
	"R_DKIM_ALLOW", "DMARC_POLICY_ALLOW", "RCVD_COUNT_TWO", "MIME_TRACE", "FROM_HAS_DN", "TO_DN_NONE", "RCPT_COUNT_TWO",
	"RCVD_TLS_ALL", "ARC_NA", "MID_RHS_MATCH_FROM"}

func TestLine(t *testing.T) {
	plainVerdict := func(v Verdict) []Verdict {
		v.Thresholds = Thresholds(verdict.DefaultThresholds())
		return []Verdict{v}
	}
	cases := []struct {
		name  string
		entry Entry
		want  string
	}{
		{"little is known", Entry{CaseID: "A", Verdicts: plainVerdict(Verdict{})},
			`case=A action="no action" score=0.00/15.00 from=<> size=0 ms=0.00`},
		{"no verdict", Entry{CaseID: "A"}, `case=A action="no action" score=0.00/0.00 from=<> size=0 ms=0.00`},
		{"log injection", Entry{CaseID: "A", HELO: "a\ncase=B action=reject", User: `x" y="z`, Sender: "a b\r\n>\x1b[31m@x", Recipients: []string{"\u202e,<@y"},
			Verdicts: plainVerdict(Verdict{})},
			`case=A action="no action" score=0.00/15.00 from=<a\x20b\x0d\x0a\x3e\x1b[31m@x> to=<\u202e\x2c\x3c@y> helo="a\ncase=B action=reject" user="x\" y=\"z" size=0 ms=0.00`},
		{"symbols", Entry{CaseID: "A", Verdicts: plainVerdict(Verdict{Score: 3, Findings: []verdict.Finding{
			{Symbol: "X", Score: 3}, {Symbol: "Y", Failed: "timeout"}, {Symbol: "Z", FullScore: 2, Observed: true}}})},
			`case=A action="no action" score=3.00/15.00 symbols=X(3.00),Y?(0.00),Z~(0.00) from=<> size=0 ms=0.00`},
		{"refused", Entry{CaseID: "A", Verdicts: plainVerdict(Verdict{Action: verdict.Reject, Observed: verdict.Reject, Forced: "GTUBE",
			Reason: "forced by GTUBE", Reply: &verdict.Reply{Code: 550, Text: "no"}, Incomplete: true})},
			`case=A action=reject score=0.00/15.00 from=<> size=0 ms=0.00 reason="forced by GTUBE" forced=GTUBE code=550 incomplete=yes`},
		{"two verdicts", Entry{CaseID: "A", Verdicts: []Verdict{{Thresholds: Thresholds(verdict.NoThresholds())}, {Profile: "the strict", Action: verdict.AddHeader, Score: 6}}},
			`case=A action="no action" score=0.00/0.00 from=<> size=0 ms=0.00 profile:the_strict="add header/6.00"`},
		{"many recipients", Entry{CaseID: "A", Recipients: []string{"a", "b", "c", "d", "e", "f"}, RecipientCount: 300, Verdicts: plainVerdict(Verdict{})},
			`case=A action="no action" score=0.00/15.00 from=<> to=<a>,<b>,<c>,<d>,<e>,+295 size=0 ms=0.00`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := string(AppendLine(nil, &c.entry)); got != c.want+"\n" {
				t.Errorf("got  %swant %s", got, c.want)
			}
		})
	}
}

func TestLineOfSample(t *testing.T) {
	var out bytes.Buffer
	w := NewLineWriter(&out, true)
	if err := w.Write(sample()); err != nil {
		t.Fatal(err)
	}
	want := `time=2026-11-21T10:30:00.123Z case=06BGYD5Z0G8N3M2Q queue=4dDxyz1qZbz2X action="add header" score=7.20/15.00 symbols=FORGED_SENDER(2.00),`
	if !strings.HasPrefix(out.String(), want) {
		t.Errorf("got %q", out.String())
	}
	if n := testing.AllocsPerRun(100, func() { out.Reset(); _ = w.Write(sampleOnce) }); n > 0 {
		t.Errorf("%v allocations a line, want none", n)
	}
}

var sampleOnce = sample()

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestLineWriterReportsErrors(t *testing.T) {
	if err := NewLineWriter(failing{}, false).Write(sample()); err == nil {
		t.Error("no error for a writer that fails")
	}
}

// FuzzLine: whatever a message contains, it stays one line of printable text.
func FuzzLine(f *testing.F) {
	f.Add("a\nb", "c=\"d", "\xff\u202e")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		e := &Entry{CaseID: a, QueueID: b, HELO: c, User: a, Sender: b, Recipients: []string{a, c}, MessageID: c, Door: a, Stage: b,
			Verdicts: []Verdict{{Reason: c, Forced: b, Findings: []verdict.Finding{{Symbol: a}}}, {Profile: c}}}
		line := AppendLine(nil, e)
		for i, c := range line {
			if (c < ' ' || c == 0x7f) != (i == len(line)-1) {
				t.Fatalf("control character at %d of %q", i, line)
			}
		}
	})
}

func BenchmarkLine(b *testing.B) {
	e := sample()
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendLine(buf[:0], e)
	}
}
