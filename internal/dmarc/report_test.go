package dmarc

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"postern/internal/addr"
	"postern/test/suites"
)

// ours is a report of our own.
func ours(t testing.TB) *Feedback {
	ip, ok := addr.ParseIP("2001:db8::1")
	if !ok {
		t.Fatal("no address")
	}
	return &Feedback{
		Metadata:  Metadata{OrgName: "Example & Sons <Ltd>", Email: "d@example.net", ReportID: "1", Begin: 1772409600, End: 1772495999, Generator: "postern"},
		Published: Published{Domain: "example.com", Discovery: "treewalk", Policy: "reject", Sub: "none", Missing: "quarantine", DKIM: "r", SPF: "s", Failure: "0", Testing: "n"},
		Rows: []Row{{
			SourceIP: Source{ip}, Count: 3, Disposition: "pass", DKIM: "pass", SPF: "fail",
			Reasons:      List[Override]{{Type: "mailing_list", Comment: "a list\x01"}},
			EnvelopeFrom: "bounce.example.com", HeaderFrom: "example.com",
			Signatures: List[Signature]{{Domain: "example.com", Selector: "s", Result: "pass"}},
			Senders:    List[Sender]{{Domain: "bounce.example.com", Scope: "mfrom", Result: "fail", Human: "no"}},
		}},
	}
}

func TestWrite(t *testing.T) {
	var out bytes.Buffer
	if err := ours(t).Write(&out); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "report.xml")
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("got\n%s", out.String())
	}
	back, err := ReadReports(out.Bytes(), DefaultReadLimits())
	if err != nil || len(back) != 1 {
		t.Fatalf("%d, %v", len(back), err)
	}
	f := ours(t)
	f.XMLName, f.Version, f.Rows[0].Reasons[0].Comment = back[0].XMLName, "1.0", "a list\uFFFD"
	if !reflect.DeepEqual(back[0], f) {
		t.Errorf("read back: %+v", back[0])
	}
	if n := f.FileName("mx/../Example.net", "u 1"); n != "mx_.._example.net!example.com!1772409600!1772495999!u_1.xml" {
		t.Error(n)
	}
}

func TestValidate(t *testing.T) {
	for _, tc := range []struct {
		want   string
		change func(*Feedback)
	}{
		{"org_name", func(f *Feedback) { f.Metadata.OrgName = "" }},
		{"email", func(f *Feedback) { f.Metadata.Email = "" }},
		{"report_id", func(f *Feedback) { f.Metadata.ReportID = "" }},
		{"date_range", func(f *Feedback) { f.Metadata.End = 0 }},
		{`p: "maybe"`, func(f *Feedback) { f.Published.Policy = "maybe" }},
		{"no record", func(f *Feedback) { f.Rows = nil }},
		{"source_ip", func(f *Feedback) { f.Rows[0].SourceIP = Source{} }},
		{"count is missing", func(f *Feedback) { f.Rows[0].Count = 0 }},
		{"disposition", func(f *Feedback) { f.Rows[0].Disposition = "" }},
		{"auth_results", func(f *Feedback) { f.Rows[0].Signatures, f.Rows[0].Senders = nil, nil }},
		{"selector", func(f *Feedback) { f.Rows[0].Signatures[0].Selector = "" }},
		{"header_from", func(f *Feedback) { f.Rows[0].HeaderFrom = "" }},
	} {
		f := ours(t)
		tc.change(f)
		var out bytes.Buffer
		if err := f.Write(&out); err == nil || !strings.Contains(err.Error(), tc.want) || out.Len() > 0 {
			t.Errorf("want %q: %v", tc.want, err)
		}
	}
}

const small = `<?xml version="1.0"?><feedback><version>1.0</version><report_metadata><org_name>A</org_name><date_range><begin> 1.5 </begin><end>2</end></date_range></report_metadata><record><row><source_ip> 192.0.2.1 </source_ip><count> 2 </count></row></record></feedback>`

func gz(t testing.TB, data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t testing.TB, files ...[]byte) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i, data := range files {
		w, err := z.Create(string(rune('a'+i%26)) + ".xml")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func mailed(data []byte) []byte {
	return []byte("From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/plain\r\n\r\nYour report.\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64.StdEncoding.EncodeToString(data) + "\r\n--b--\r\n")
}

func TestReadReports(t *testing.T) {
	one := []byte(small)
	latin := []byte(strings.Replace(strings.Replace(small, `"1.0"?`, `"1.0" encoding="iso-8859-1"?`, 1), ">A<", ">\xc4<", 1))
	tight := ReadLimits{Size: 10_000, Rows: 5, Reports: 3}
	many := func(what string, n int) []byte {
		return []byte("<feedback><record><auth_results>" + strings.Repeat(what, n) + "</auth_results></record></feedback>")
	}
	for _, tc := range []struct {
		name    string
		data    []byte
		reports int
		err     string
	}{
		{"xml", one, 1, ""},
		{"BOM", append([]byte("\xef\xbb\xbf\r\n"), one...), 1, ""},
		{"other encoding", latin, 1, ""},
		{"gzip", gz(t, one), 1, ""},
		{"zip of three", zipped(t, one, one, gz(t, one)), 3, ""},
		{"zip with something else", zipped(t, []byte("hello"), one), 1, ""},
		{"mail", mailed(gz(t, one)), 1, ""},
		{"mail with zip", mailed(zipped(t, one, one)), 2, ""},
		{"empty", nil, 0, "no aggregate report"},
		{"HTML", []byte("<html></html>"), 0, "<html>"},
		{"mail without", mailed([]byte("x")), 0, "no aggregate report"},
		{"cut", one[:len(one)-12], 0, "line 1"},
		{"wrong nesting", []byte("<feedback>\n<a></b></feedback>"), 0, "line 2"},
		{"wrong number", []byte(strings.Replace(small, " 2 ", "many", 1)), 0, `"many"`},
		{"unknown encoding", []byte(`<?xml version="1.0" encoding="klingon"?><feedback/>`), 0, "klingon"},
		{"entity", []byte(`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><feedback><version>&x;</version></feedback>`), 0, "entity"},
		{"gzip cut", gz(t, one)[:60], 0, "gzip"},
		{"gzip bomb", gz(t, make([]byte, 20_000)), 0, "larger"},
		{"zip bomb", zipped(t, make([]byte, 6000), make([]byte, 6000)), 0, "larger"},
		{"zip of many", zipped(t, one, one, one, one), 0, "larger"},
		{"packed in packed in packed", gz(t, gz(t, gz(t, one))), 0, "packed more"},
		{"too many records", []byte("<feedback>" + strings.Repeat("<record/>", 6) + "</feedback>"), 0, "larger"},
		{"many results of one record", many("<dkim/>", 1000), 0, "larger"},
		{"deep", []byte("<feedback>" + strings.Repeat("<x>", 3000)), 0, "EOF"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := ReadReports(tc.data, tight)
			if len(got) != tc.reports || (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%d, %v", len(got), err)
			}
			if err != nil && strings.Contains(tc.err, "larger") != errors.Is(err, ErrTooLarge) {
				t.Errorf("kind of %v", err)
			}
		})
	}
	got, err := ReadReports(latin, tight)
	if err != nil || got[0].Metadata.OrgName != "Ä" || got[0].Metadata.Begin != 1 || got[0].Rows[0].Count != 2 || got[0].Rows[0].SourceIP.String() != "192.0.2.1" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestReportsOfSuites reads others' reports.
func TestReportsOfSuites(t *testing.T) {
	dir := suites.Path(t, "suites", "dmarc")
	var files []string
	for _, pattern := range []string{"mail-dmarc/test_dmarc.xml*", "opendmarc/reports/*.xml", "stalwart/dmarc-feedback/*.xml", "stalwart/dmarc-feedback/*.eml"} {
		list, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, list...)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadReports(data, DefaultReadLimits())
		if bad := strings.Contains(file, "bad.com"); bad != (err != nil) {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		expected := strings.TrimSuffix(strings.TrimSuffix(file, ".xml"), ".eml") + ".json"
		if _, err := os.Stat(expected); err == nil {
			sameReport(t, expected, got)
		}
	}
	if len(files) < 15 {
		t.Errorf("only %d reports", len(files))
	}
}

// suiteReport is what mail-auth reads in a report.
type suiteReport struct {
	Metadata struct {
		OrgName string `json:"org_name"`
		Email   string
		ID      string                     `json:"report_id"`
		Range   struct{ Begin, End int64 } `json:"date_range"`
	} `json:"report_metadata"`
	Published struct{ Domain, ADKIM, ASPF, P, SP, NP string } `json:"policy_published"`
	Record    []struct {
		Row struct {
			SourceIP  string `json:"source_ip"`
			Count     uint64
			Evaluated struct{ Disposition, DKIM, SPF string } `json:"policy_evaluated"`
		}
		Identifiers struct {
			HeaderFrom   string `json:"header_from"`
			EnvelopeFrom string `json:"envelope_from"`
		}
		Auth struct {
			DKIM []struct{ Domain, Selector, Result string }
			SPF  []struct{ Domain, Result string }
		} `json:"auth_results"`
	}
}

func sameReport(t *testing.T, file string, got []*Feedback) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want suiteReport
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || len(got[0].Rows) != len(want.Record) {
		t.Errorf("%s: %d reports", file, len(got))
		return
	}
	f, m := got[0], want.Metadata
	if f.Metadata.OrgName != m.OrgName || f.Metadata.Email != m.Email || f.Metadata.ReportID != m.ID || int64(f.Metadata.Begin) != m.Range.Begin || int64(f.Metadata.End) != m.Range.End {
		t.Errorf("%s: %+v, want %+v", file, f.Metadata, m)
	}
	if f.Published.Domain != want.Published.Domain || f.Published.Policy != strings.ToLower(want.Published.P) {
		t.Errorf("%s: %+v, want %+v", file, f.Published, want.Published)
	}
	for i, r := range f.Rows {
		w := want.Record[i]
		if r.SourceIP.String() != w.Row.SourceIP || uint64(r.Count) != w.Row.Count || r.HeaderFrom != w.Identifiers.HeaderFrom || r.EnvelopeFrom != w.Identifiers.EnvelopeFrom {
			t.Errorf("%s: record %d: %+v, want %+v", file, i+1, r, w)
		}
		e := w.Row.Evaluated
		if r.Disposition != strings.ToLower(e.Disposition) || r.DKIM != strings.ToLower(e.DKIM) || r.SPF != strings.ToLower(e.SPF) {
			t.Errorf("%s: record %d: %+v, want %+v", file, i+1, r, e)
		}
		if len(r.Signatures) != len(w.Auth.DKIM) || len(r.Senders) != len(w.Auth.SPF) {
			t.Errorf("%s: record %d: %+v, want %+v", file, i+1, r, w.Auth)
			continue
		}
		for j, s := range r.Signatures {
			if ws := w.Auth.DKIM[j]; s.Domain != ws.Domain || s.Selector != ws.Selector || s.Result != strings.ToLower(ws.Result) {
				t.Errorf("%s: record %d: %+v, want %+v", file, i+1, s, ws)
			}
		}
		for j, s := range r.Senders {
			if ws := w.Auth.SPF[j]; s.Domain != ws.Domain || s.Result != strings.ToLower(ws.Result) {
				t.Errorf("%s: record %d: %+v, want %+v", file, i+1, s, ws)
			}
		}
	}
}

// FuzzReadReports reads anything as a file with reports.
func FuzzReadReports(f *testing.F) {
	one := []byte(small)
	for _, data := range [][]byte{one, gz(f, one), zipped(f, one, []byte("x")), mailed(gz(f, one)), []byte("<feedback><record><row>"), nil} {
		f.Add(data)
	}
	limits := ReadLimits{Size: 100_000, Rows: 20, Reports: 3}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ReadReports(data, limits)
		if err == nil && len(got) == 0 || len(got) > limits.Reports {
			t.Fatalf("%d, %v", len(got), err)
		}
		for _, r := range got {
			var out bytes.Buffer
			if r.Validate() == nil {
				if err := r.Write(&out); err != nil {
					t.Fatal(err)
				}
				if _, err := ReadReports(out.Bytes(), limits); err != nil && out.Len() < int(limits.Size) {
					t.Fatalf("written and not read: %v\n%s", err, out.String())
				}
			}
		}
	})
}
