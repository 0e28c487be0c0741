package spf

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"postern/internal/addr"
	"postern/internal/dns"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden evaluates the scenarios in testdata. A scenario has lines of
// these forms, and "#" before remarks:
//
//	option KEY VALUE     an option, by its name in the configuration
//	NAME TYPE DATA       a record of the zone; TIMEOUT for no answer
//	check IP HELO SENDER an evaluation; "<>" for the null sender
func TestGolden(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.spf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".spf"), func(t *testing.T) {
			got := runScenario(t, file)
			golden := strings.TrimSuffix(file, ".spf") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// runScenario gives the results of a scenario's checks as text.
func runScenario(t *testing.T, file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	o, z := DefaultOptions(), zone{}
	var requests []Request
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		key, value, _ := strings.Cut(rest, " ")
		switch word {
		case "option":
			setOption(t, &o, key, value)
		case "check":
			requests = append(requests, scenarioRequest(t, rest))
		default:
			addLine(t, z, word, key, value)
		}
	}
	c, err := New(o, z)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range requests {
		writeResult(&b, c, r, c.Check(t.Context(), r))
	}
	return b.String()
}

func setOption(t *testing.T, o *Options, key, value string) {
	switch key {
	case "hostname":
		o.Hostname = value
	case "best_guess":
		o.BestGuess = true
	case "max_void_lookups":
		o.MaxVoidLookups, _ = strconv.Atoi(value)
	case "trusted_forwarders":
		o.TrustedForwarders = strings.Fields(value)
	default:
		t.Fatalf("no option %q", key)
	}
}

func scenarioRequest(t *testing.T, line string) Request {
	f := strings.SplitN(line, " ", 3)
	if len(f) != 3 {
		t.Fatalf("check %q lacks something", line)
	}
	r := Request{IP: netip.MustParseAddr(f[0]), HELO: f[1], Time: time.Unix(1_000_000_000, 0)}
	if i := strings.LastIndexByte(f[2], '@'); i >= 0 {
		r.Sender = addr.Address{Local: f[2][:i], Domain: f[2][i+1:]}
	}
	return r
}

func addLine(t *testing.T, z zone, name, kind, data string) {
	if kind == "PTR" {
		name = reverseName(netip.MustParseAddr(name))
	}
	n := z.at(name)
	switch kind {
	case "TXT":
		n.txt = append(n.txt, data)
	case "A":
		n.a = append(n.a, netip.MustParseAddr(data))
	case "AAAA":
		n.aaaa = append(n.aaaa, netip.MustParseAddr(data))
	case "MX":
		preference, host, _ := strings.Cut(data, " ")
		p, err := strconv.ParseUint(preference, 10, 16)
		if err != nil {
			t.Fatalf("%s MX %s: %v", name, data, err)
		}
		n.mx = append(n.mx, dns.MX{Preference: uint16(p), Host: host})
	case "PTR":
		n.ptr = append(n.ptr, data)
	case "CNAME":
		n.cname = data
	case "TIMEOUT":
		n.timeout = true
	default:
		t.Fatalf("no record type %q", kind)
	}
}

func writeResult(b *strings.Builder, c *Checker, q Request, r Result) {
	sender := "<" + q.Sender.String() + ">"
	fmt.Fprintf(b, "%s %s %s\n  %v by %v %s", q.IP, q.HELO, sender, r.Code, r.Identity, r.Domain)
	if r.Guess != None {
		fmt.Fprintf(b, ", guess %v", r.Guess)
	}
	if r.Forwarder {
		fmt.Fprintf(b, ", forwarder, failed %v", r.Failed())
	}
	fmt.Fprintf(b, "; %d lookups, %d void\n", r.Lookups, r.VoidLookups)
	for _, part := range []struct{ name, text string }{
		{"mechanism", r.Mechanism}, {"path", r.Path()}, {"reason", r.Reason}, {"explanation", r.Explanation},
	} {
		if part.text != "" {
			fmt.Fprintf(b, "  %s: %s\n", part.name, part.text)
		}
	}
	fmt.Fprintf(b, "  Received-SPF: %s\n\n", strings.ReplaceAll(c.ReceivedSPF(q, r), "\n\t", " "))
}
