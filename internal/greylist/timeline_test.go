package greylist

import (
	"bufio"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"postern/internal/addr"
	"postern/internal/store/storetest"
	"postern/internal/unit"
)

// start is the time 0 of all timelines.
var start = time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)

// reasonWords are the reasons as timelines write them.
var reasonWords = map[string]Reason{
	"new": ReasonNew, "early": ReasonEarly, "before": ReasonPassedBefore, "often": ReasonKnownClient,
	"spf": ReasonSPFDomain, "authenticated": ReasonAuthenticated, "dnswl": ReasonDNSWhitelisted,
	"recipient": ReasonWhitelistedRecipient, "client": ReasonWhitelistedClient, "sender": ReasonWhitelistedSender,
	"incomplete": ReasonIncomplete, "mxgrey": ReasonMXGrey, "known-sender": ReasonKnownSender,
	"known-domain": ReasonKnownDomain, "throttled": ReasonThrottled, "stage": ReasonOtherMode,
	"score": ReasonScore, "opted": ReasonOptedOut,
}

// TestTimelines plays the files in testdata/timelines. A file begins with
// options; then each line is one attempt at a time, and what is wanted.
func TestTimelines(t *testing.T) {
	files, err := filepath.Glob("testdata/timelines/*.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d timelines, %v", len(files), err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) { playFile(t, path) })
	}
}

func playFile(t *testing.T, path string) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	o := DefaultOptions()
	var g *Greylist
	lines := bufio.NewScanner(f)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "", strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "at "):
			if g == nil {
				g = newGreylist(t, o)
			}
			play(t, g, fmt.Sprintf("%s:%d", filepath.Base(path), number), line)
		default:
			setOption(t, &o, line)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

func newGreylist(t *testing.T, o Options) *Greylist {
	t.Helper()
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	lists, err := o.LoadWhitelists()
	if err != nil {
		t.Fatal(err)
	}
	g, err := New(o, storetest.NewMemory(), lists, Identity{"mx.example.org", "1.0"}, func() time.Time { return start })
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func setOption(t *testing.T, o *Options, line string) {
	t.Helper()
	key, value, _ := strings.Cut(line, " ")
	var err error
	switch key {
	case "semantics":
		o.Semantics = value
	case "source":
		o.Source = value
	case "mode":
		o.Mode = value
	case "mx_grey":
		o.MXGrey, err = strconv.Atoi(value)
	case "throttle":
		o.Throttle, err = strconv.Atoi(value)
	case "training":
		o.Training = true
	case "client":
		o.WhitelistClients = append(o.WhitelistClients, value)
	case "recipient":
		o.WhitelistRecipients = append(o.WhitelistRecipients, value)
	case "sender":
		o.WhitelistSenders = append(o.WhitelistSenders, value)
	case "opt_method":
		o.OptMethod = value
	case "opt_in":
		o.OptIn = append(o.OptIn, value)
	case "opt_out":
		o.OptOut = append(o.OptOut, value)
	default:
		t.Fatalf("unknown option %q", line)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// play does one line: "at 5m ip=… from=… to=… : wait 300 new".
func play(t *testing.T, g *Greylist, place, line string) {
	t.Helper()
	line, want, ok := strings.Cut(strings.TrimPrefix(line, "at "), " : ")
	fields := strings.Fields(line)
	if !ok || len(fields) == 0 {
		t.Fatalf("%s: bad line", place)
	}
	r := Request{Time: start.Add(offset(t, fields[0]))}
	for _, f := range fields[1:] {
		readRequest(t, &r, f)
	}
	a := g.Check(t.Context(), r)
	if got := describe(a); !matches(t, got, want) {
		t.Errorf("%s: got %q, want %q; evidence: %s", place, got, want, a.Evidence())
	}
}

// offset reads "10d400s".
func offset(t *testing.T, s string) time.Duration {
	t.Helper()
	var total time.Duration
	if days, rest, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil {
			t.Fatal(err)
		}
		total, s = time.Duration(n)*24*time.Hour, rest
	}
	if s == "" {
		return total
	}
	var d unit.Duration
	if err := d.UnmarshalText([]byte(s)); err != nil {
		t.Fatal(err)
	}
	return total + d.Std()
}

func readRequest(t *testing.T, r *Request, field string) {
	t.Helper()
	key, value, _ := strings.Cut(field, "=")
	var err error
	switch key {
	case "ip":
		r.ClientIP, err = netip.ParseAddr(value)
	case "name":
		r.ClientName = value
	case "from":
		r.Sender, err = addr.ParsePath(value)
	case "to":
		r.Recipient, err = addr.ParsePath(value)
	case "instance":
		r.Instance = value
	case "spf":
		r.SPFDomain = value
	case "auth":
		r.Authenticated = true
	case "dnswl":
		r.DNSWhitelisted = true
	case "score":
		var n float64
		n, err = strconv.ParseFloat(value, 64)
		r.Score = &n
	default:
		t.Fatalf("unknown field %q", field)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// describe puts an answer into the words of a timeline.
func describe(a Answer) map[string]string {
	words := map[string]string{}
	switch a.Decision {
	case Pass:
		words["pass"] = ""
	case Wait:
		words["wait"] = strconv.Itoa(int(a.Wait.Seconds()))
	case FirstPass:
		words["first"] = ""
	}
	if a.Decision == FirstPass {
		words["waited"] = strconv.Itoa(int(a.Waited.Seconds()))
	}
	words[map[bool]string{true: "no-header", false: "header"}[a.Header == ""]] = ""
	if a.Training {
		words["trained"] = ""
	}
	for word, r := range reasonWords {
		if r == a.Reason {
			words[word] = ""
		}
	}
	return words
}

// matches tells whether everything that is wanted was got.
func matches(t *testing.T, got map[string]string, want string) bool {
	t.Helper()
	words := strings.Fields(want)
	for i := 0; i < len(words); i++ {
		key, value, _ := strings.Cut(words[i], "=")
		if key == "wait" {
			i++
			value = words[i]
		}
		if v, ok := got[key]; !ok || v != value && value != "" {
			return false
		}
	}
	return true
}
