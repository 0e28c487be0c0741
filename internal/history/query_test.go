package history

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/verdict"
)

// numbers gives the numbers of the entries that a filter finds.
func numbers(t *testing.T, r *Reader, f Filter) (found []int) {
	t.Helper()
	for e, err := range r.Query(context.Background(), f) {
		if err != nil {
			t.Fatal(err)
		}
		var n int
		if _, err := fmt.Sscanf(e.CaseID, "CASE%d", &n); err != nil {
			t.Fatal(err)
		}
		found = append(found, n)
	}
	return found
}

// catalogue is a log of ten entries that differ.
func catalogue(t *testing.T) *Log {
	l := openLog(t, testOptions(), Environment{})
	for i := range 10 {
		e := numbered(i)
		v := &e.Verdicts[0]
		switch i {
		case 1:
			v.Action, v.Score = verdict.Reject, 16
		case 2:
			e.Sender, e.Client.IP = "", netip.MustParseAddr("2001:db8::1")
		case 3:
			e.Recipients = []string{"Carl_100%@Example.NET", `"odd"\@example.org`}
			v.Score = -2.5
		case 4:
			e.Subject = `Grüße aus "Köln" {x}`
			v.Findings = v.Findings[:3]
		case 5:
			e.Verdicts = append(e.Verdicts, Verdict{Profile: "strict", Action: verdict.Quarantine, Score: 20,
				Thresholds: Thresholds(verdict.NoThresholds()), Findings: []verdict.Finding{{Symbol: "ONLY_HERE", Weight: 1}}})
		case 6:
			e.Client.IP, e.QueueID = netip.MustParseAddr("198.51.100.77"), "QUEUEID6"
			v.Findings[0].Evidence = []string{"the Needle in the haystack"}
		}
		l.Record(e)
	}
	flush(t, l)
	return l
}

func TestQuery(t *testing.T) {
	l := catalogue(t)
	score := func(x float64) *float64 { return &x }
	base := sample().Time
	all := []int{9, 8, 7, 6, 5, 4, 3, 2, 1, 0}
	without := func(n int) []int { return slices.DeleteFunc(slices.Clone(all), func(m int) bool { return m == n }) }
	for name, c := range map[string]struct {
		f    Filter
		want []int
	}{
		"all":                  {Filter{}, all},
		"limit":                {Filter{Limit: 3}, []int{9, 8, 7}},
		"since":                {Filter{Since: base.Add(8 * time.Second)}, []int{9, 8}},
		"until":                {Filter{Until: base.Add(time.Second)}, []int{1, 0}},
		"since and until":      {Filter{Since: base.Add(3 * time.Second), Until: base.Add(4 * time.Second)}, []int{4, 3}},
		"action":               {Filter{Actions: []verdict.Action{verdict.Reject}}, []int{1}},
		"actions, one of two":  {Filter{Actions: []verdict.Action{verdict.Reject, verdict.Quarantine}}, []int{5, 1}},
		"symbol":               {Filter{Symbol: "MISSING_DATE"}, all},
		"symbol, lower case":   {Filter{Symbol: "mime_trace"}, without(4)},
		"symbol pattern":       {Filter{Symbol: "only_*"}, []int{5}},
		"symbol unknown":       {Filter{Symbol: "NO_SUCH"}, nil},
		"sender":               {Filter{Sender: "@EXAMPLE.com"}, without(2)},
		"null sender":          {Filter{Sender: "<>"}, []int{2}},
		"recipient":            {Filter{Recipient: "carl"}, []int{3}},
		"wildcards are text":   {Filter{Recipient: "l_100%"}, []int{3}},
		"percent":              {Filter{Recipient: "n%a"}, nil},
		"backslash":            {Filter{Recipient: `"\@`}, []int{3}},
		"address":              {Filter{IP: netip.MustParsePrefix("2001:db8::1/128")}, []int{2}},
		"network":              {Filter{IP: netip.MustParsePrefix("198.51.96.0/20")}, []int{6}},
		"network not in order": {Filter{IP: netip.MustParsePrefix("198.51.100.1/24")}, []int{6}},
		"everything v6":        {Filter{IP: netip.MustParsePrefix("::/0")}, []int{2}},
		"everything v4":        {Filter{IP: netip.MustParsePrefix("0.0.0.0/0")}, without(2)},
		"case":                 {Filter{Case: "CASE00000003"}, []int{3}},
		"queue id":             {Filter{QueueID: "QUEUEID6"}, []int{6}},
		"least score":          {Filter{MinScore: score(16)}, []int{5, 1}},
		"highest score":        {Filter{MaxScore: score(0)}, []int{3}},
		"text in evidence":     {Filter{Text: "NEEDLE in"}, []int{6}},
		"text in subject":      {Filter{Text: `"Köln" {`}, []int{4}},
		"text in recipient":    {Filter{Text: `odd"\`}, []int{3}},
		"text is not a key":    {Filter{Text: `":`}, nil},
		"two conditions":       {Filter{Text: "digest", Sender: "<>"}, []int{2}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := numbers(t, &l.Reader, c.f); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestPaging(t *testing.T) {
	l := openLog(t, testOptions(), Environment{})
	for i := range 3*pageRows + 7 {
		e := numbered(i)
		e.Time = sample().Time.Add(time.Duration(i/50) * time.Second) // many at the same time
		l.Record(e)
	}
	flush(t, l)
	if got := numbers(t, &l.Reader, Filter{}); len(got) != 3*pageRows+7 || !slices.IsSortedFunc(got, func(a, b int) int { return b - a }) {
		t.Errorf("%d entries, or not in order", len(got))
	}
	var got []int
	f := Filter{Limit: 30}
	for {
		last := Cursor{}
		for e, err := range l.Query(context.Background(), f) {
			if err != nil {
				t.Fatal(err)
			}
			got, last = append(got, int(e.ID)), e.Cursor()
		}
		if last == (Cursor{}) {
			break
		}
		f.Before = last
	}
	slices.Sort(got)
	if len(slices.Compact(got)) != 3*pageRows+7 {
		t.Errorf("%d different entries page by page", len(got))
	}
}

func TestFollow(t *testing.T) {
	l := openLog(t, testOptions(), Environment{})
	l.Record(numbered(0))
	flush(t, l)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	last, err := l.Last(ctx)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for i := 1; i <= pageRows+20; i++ {
			l.Record(numbered(i))
			if i%10 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
	}()
	want := 1
	for e, err := range l.Follow(ctx, last, Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.CaseID != numbered(want).CaseID {
			t.Fatalf("got %s, want number %d", e.CaseID, want)
		}
		if want++; want > pageRows+20 {
			break
		}
	}
	if ctx.Err() != nil {
		t.Errorf("only %d entries came", want-1)
	}
}

func TestFollowEnds(t *testing.T) {
	l := openLog(t, testOptions(), Environment{})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	for e, err := range l.Follow(ctx, 0, Filter{}) {
		t.Errorf("got %v, %v", e, err)
	}
}

// TestHostileRows: whatever stands in the file, it is an error of that entry.
func TestHostileRows(t *testing.T) {
	l := catalogue(t)
	columns := map[string][]any{
		"detail": {"", "{", "[]", `{"v":1}`, `{"v":[{"a":200}]}`, `{"v":[{"t":[1]}]}`, `{"v":[{"t":[99,1]}]}`, `{"v":[{"t":[-1,1]}]}`,
			`{"v":[{"f":[{"n":999999}]}]}`, `{"t":["a"]}`, strings.Repeat("[", 100_000), strings.Repeat("x", maxDetail+1), []byte{0, 255}, 1.5},
		"ip":    {[]byte{1}, "texts", 5},
		"time":  {"yesterday"},
		"score": {"much"},
	}
	for column, values := range columns {
		for _, value := range values {
			t.Run(fmt.Sprintf("%s %.20v", column, value), func(t *testing.T) {
				setColumn(t, l, column, value)
				damaged, good := 0, 0
				for e, err := range l.Query(context.Background(), Filter{}) {
					switch {
					case errors.Is(err, ErrDamaged) && e == nil:
						damaged++
					case err == nil:
						good++
					default:
						t.Fatalf("got %v, %v", e, err)
					}
				}
				if damaged != 1 || good != 9 {
					t.Errorf("%d damaged, %d good", damaged, good)
				}
			})
		}
	}
}

func FuzzDecode(f *testing.F) {
	s := &symbolTable{ids: map[symbol]int64{}}
	var r row
	r.fill(sample(), s, true)
	f.Add(r.detail, r.ip, r.recipients)
	f.Add([]byte(`{"v":[{"a":1,"t":[2,6.5],"f":[{"n":1,"e":["x"]}],"y":{"c":550}}],"c":[{"n":"spf","t":5}]}`), []byte{1, 2, 3, 4}, "a\nb")
	names := map[int64]symbol{1: {"A", "g", "d"}}
	f.Fuzz(func(t *testing.T, detail, ip []byte, recipients string) {
		r := row{detail: detail, ip: ip, recipients: recipients}
		e, err := r.entry(names)
		if (e == nil) == (err == nil) {
			t.Fatalf("got %v, %v", e, err)
		}
		if err != nil {
			return
		}
		AppendLine(nil, e)
		e.Without("A")
		// What was read can be written and read again.
		var again row
		again.fill(e, &symbolTable{ids: map[symbol]int64{}}, true)
	})
}
