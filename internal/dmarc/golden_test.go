package dmarc

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postern/internal/dkim"
	"postern/internal/spf"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden evaluates the scenarios in testdata. A scenario has lines of
// these forms, and "#" before remarks:
//
//	psl                  find organisations by the public suffix list
//	NAME TEXT            a record of the zone; TIMEOUT for no answer; without
//	                     TEXT the name exists
//	check FROM PROOF…    an evaluation; FROM is one or several domains with
//	                     commas; a proof is spf=D, helo=D, dkim=D, or with "?"
//	                     for "=" where it could not be had for now
func TestGolden(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.dmarc"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".dmarc"), func(t *testing.T) {
			got := runScenario(t, file)
			golden := strings.TrimSuffix(file, ".dmarc") + ".golden"
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

func runScenario(t *testing.T, file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	z, psl := zone{}, false
	var out strings.Builder
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "" || line[0] == '#':
		case word == "psl":
			psl = true
		case word == "check":
			c := newChecker(t, z, func(o *Options) { o.PublicSuffixList = psl })
			fmt.Fprintf(&out, "%s\n%s\n", line, describe(c.Check(t.Context(), request(rest))))
		case rest == "":
			z[word] = nil
		default:
			z.add(word, rest)
		}
	}
	return out.String()
}

// request reads the rest of a line "check".
func request(text string) Request {
	var req Request
	for i, w := range strings.Fields(text) {
		if i == 0 {
			req.Author.Domains = strings.Split(w, ",")
			if len(req.Author.Domains) > 1 {
				req.Author.Doubt = "several domains"
			}
			continue
		}
		at := strings.IndexAny(w, "=?")
		code, status := spf.Pass, dkim.Pass
		if w[at] == '?' {
			code, status = spf.TempError, dkim.TempError
		}
		switch kind, domain := w[:at], w[at+1:]; kind {
		case "spf":
			req.SPF = append(req.SPF, spf.Result{Code: code, Domain: domain})
		case "helo":
			req.SPF = append(req.SPF, spf.Result{Code: code, Domain: domain, Identity: spf.HELO})
		case "dkim":
			req.DKIM = append(req.DKIM, dkim.Result{Status: status, Domain: domain})
		}
	}
	return req
}

// describe gives a result as text.
func describe(r Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  %s, do %s: %s of %s", r.Status, r.Disposition, r.Author, r.Organisation)
	if r.Reason != "" {
		fmt.Fprintf(&b, "\n  because %s", r.Reason)
	}
	if r.Record != nil {
		fmt.Fprintf(&b, "\n  record of %s, %s=%s, applied %s, testing %v", r.RecordDomain, r.Tag, r.Published, r.Applied, r.Testing)
		fmt.Fprintf(&b, "\n  SPF %s, DKIM %s", r.SPF, r.DKIM)
		for _, p := range r.Record.Problems {
			fmt.Fprintf(&b, "\n  problem: %s", p)
		}
	}
	return b.String()
}
