package dkim

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/dns"
	"postern/internal/message"
	"postern/test/suites"
)

// zone answers from a table.
type zone map[string]string

func (z zone) TXT(_ context.Context, name string) ([]string, error) {
	text, ok := z[name]
	if !ok {
		return nil, &dns.Error{Name: name, Type: dns.TypeTXT, Kind: dns.ErrNotFound}
	}
	return []string{text}, nil
}

// parse parses a message with the usual limits.
func parse(raw []byte) *message.Message { return message.Parse(raw, message.DefaultLimits()) }

// verifier makes a verifier with changed options.
func verifier(t testing.TB, r Resolver, change func(*Options)) *Verifier {
	t.Helper()
	o := DefaultOptions()
	if change != nil {
		change(&o)
	}
	v, err := NewVerifier(o, r)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("reading %s: %v", path, err)
	}
}

// TestSuiteVerifier runs the cases of an add-on for mail readers.
func TestSuiteVerifier(t *testing.T) {
	dir := suites.Path(t, "suites", "dkim", "dkim_verifier")
	var suite struct {
		DNS   zone
		Cases []struct {
			Name, File string
			DNS        zone
			Signatures []struct{ Result, SDID, AUID, Selector, AlgorithmSignature, AlgorithmHash string }
		}
	}
	readJSON(t, filepath.Join(dir, "expected.json"), &suite)
	for _, c := range suite.Cases {
		t.Run(c.Name, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join(dir, c.File))
			if err != nil {
				t.Fatal(err)
			}
			records := zone{}
			for _, z := range []zone{suite.DNS, c.DNS} {
				for name, text := range z {
					records[name] = text
				}
			}
			rep := verifier(t, records, nil).Verify(context.Background(), parse(raw), time.Now())
			// The suite lists the results of the best signature first.
			left := slices.Clone(rep.Results)
			for _, want := range c.Signatures {
				i := slices.IndexFunc(left, func(r Result) bool {
					return (r.Status == Pass) == (want.Result == "SUCCESS") &&
						(want.SDID == "" || want.SDID == r.Domain) && (want.AUID == "" || want.AUID == r.Identity) &&
						(want.Selector == "" || want.Selector == r.Selector) &&
						(want.AlgorithmSignature == "" || want.AlgorithmSignature+"-"+want.AlgorithmHash == r.Algorithm.String())
				})
				if i < 0 {
					t.Fatalf("no result is %+v: %+v", want, left)
				}
				left = slices.Delete(left, i, i+1)
			}
		})
	}
}

// openDKIMCase is a case of libopendkim's own tests.
type openDKIMCase struct {
	Test, Title, Mode, Message string
	EOM, EOH                   *string
	Opts                       []string
	Sign                       *struct{ Selector, Domain, HCanon, BCanon, Alg, Len, Key string }
	FixedTime                  int64   `json:"fixed_time"`
	ExpectSig                  *string `json:"expect_sig"`
}

type openDKIMSuite struct {
	DNS   zone
	Key   string `json:"private_key_pem"`
	Cases []openDKIMCase
}

// openDKIMExceptions are verdicts of libopendkim's tests that do not hold
// here, with the reason.
var openDKIMExceptions = map[string]string{
	"t-test89":  "the verdict is of a call that is made twice; the message itself is right",
	"t-test149": "first run with an option to refuse mail without CRLF at its end; the second run's verdict is pass",
}

// TestSuiteOpenDKIMVerify verifies the messages of libopendkim's tests.
func TestSuiteOpenDKIMVerify(t *testing.T) {
	var suite openDKIMSuite
	readJSON(t, suites.Path(t, "suites", "dkim", "opendkim-lib", "cases.json"), &suite)
	for i, c := range suite.Cases {
		if c.Mode != "verify" {
			continue
		}
		t.Run(fmt.Sprintf("%03d-%s", i, c.Test), func(t *testing.T) {
			v := verifier(t, suite.DNS, func(o *Options) {
				o.AcceptSHA1 = true
				if slices.Contains(c.Opts, "DKIM_OPTS_MUSTBESIGNED") {
					o.MustBeSigned = []string{"Cc"}
				}
			})
			rep := v.Verify(context.Background(), parse([]byte(c.Message)), time.Unix(1172620939, 0))
			if c.EOM == nil {
				t.Skipf("%s: no verdict expected; here %s", c.Title, summary(rep))
			}
			want := *c.EOM == "DKIM_STAT_OK"
			if got := rep.Status() == Pass; got != want {
				if why, ok := openDKIMExceptions[c.Test]; ok {
					t.Skip(why)
				}
				t.Errorf("%s: want %s, got %s\n%s", c.Title, *c.EOM, summary(rep), c.Message)
			}
		})
	}
}

// summary says what became of all signatures.
func summary(rep *Report) string {
	var words []string
	for _, r := range rep.Results {
		words = append(words, fmt.Sprintf("%s (%s)", r.Status, r.Reason))
	}
	return strings.Join(words, ", ")
}

// TestSuiteOpenDKIMSign makes the signatures of libopendkim's tests byte for
// byte.
func TestSuiteOpenDKIMSign(t *testing.T) {
	var suite openDKIMSuite
	readJSON(t, suites.Path(t, "suites", "dkim", "opendkim-lib", "cases.json"), &suite)
	key, err := ParsePrivateKey([]byte(suite.Key))
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range suite.Cases {
		if c.Mode != "sign" {
			continue
		}
		t.Run(fmt.Sprintf("%03d-%s", i, c.Test), func(t *testing.T) {
			if c.ExpectSig == nil && *c.EOH == "DKIM_STAT_SYNTAX" {
				if _, err := Sign(parse([]byte(c.Message)), now, []Signer{DefaultSigner("example.com", "test", key)}); err == nil {
					t.Errorf("%s: was signed", c.Title)
				}
				return
			}
			if c.ExpectSig == nil {
				t.Skipf("%s: no signature expected", c.Title)
			}
			s := openDKIMSigner(c, key)
			m := parse([]byte(c.Message))
			values, err := Sign(m, time.Unix(c.FixedTime, 0), []Signer{s})
			if err != nil {
				if why, ok := openDKIMSignExceptions[c.Test]; ok {
					t.Skip(why)
				}
				t.Fatal(err)
			}
			if values[0] != *c.ExpectSig {
				t.Errorf("%s:\nwant %s\ngot  %s", c.Title, *c.ExpectSig, values[0])
			}
		})
	}
}

// openDKIMSignExceptions are signatures that are not made here.
var openDKIMSignExceptions = map[string]string{
	"t-test95": "conditional signatures (v=2, !cd=) never became a standard, and the message has two From",
}

// openDKIMSigner makes a signer of a case; what the tests set by calls that
// the data does not tell is taken from the expected signature.
func openDKIMSigner(c openDKIMCase, key *PrivateKey) Signer {
	s := Signer{
		Domain: c.Sign.Domain, Selector: c.Sign.Selector, Key: key, Timestamp: true, AnyLineEnd: true,
		Headers: []string{"Received", "From", "To", "Date", "Subject", "Message-ID"},
	}
	if c.Sign.HCanon == "DKIM_CANON_RELAXED" {
		s.Canons.Header = Relaxed
	}
	if c.Sign.BCanon == "DKIM_CANON_RELAXED" {
		s.Canons.Body = Relaxed
	}
	if c.Sign.Alg == "DKIM_SIGN_RSASHA1" {
		s.Algorithm = RSASHA1
	}
	tags, _ := ParseTagList(*c.ExpectSig)
	_, s.BodyLength = tags.Get("l")
	_, s.CopyFields = tags.Get("z")
	s.Identity, _ = tags.Get("i")
	if x, ok := tags.Get("x"); ok {
		var n int64
		fmt.Sscan(x, &n)
		s.Lifetime = time.Duration(n-c.FixedTime) * time.Second
	}
	for _, t := range tags {
		if !slices.Contains(strings.Fields("v a c d s t x i bh l h z b"), t.Name) {
			s.Extra = append(s.Extra, Tag{Name: t.Name, Value: t.Value})
		}
	}
	if h, _ := tags.Get("h"); !strings.Contains(h, "Received") {
		s.Headers = strings.Split(h, ":")
	}
	return s
}
