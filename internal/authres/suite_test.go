package authres

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"postern/test/suites"
)

func readJSON(t *testing.T, into any, elem ...string) {
	t.Helper()
	path := suites.Path(t, elem...)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("reading %s: %v", path, err)
	}
}

// valueOf gives what stands behind the field's name.
func valueOf(field string) string {
	_, value, _ := strings.Cut(field, ":")
	return value
}

// field gives what an expression of the add-on's tests means.
func field(t *testing.T, h *Header, expr string) string {
	switch expr {
	case "res.authserv_id":
		return h.Server
	case "res.authres_version":
		return strconv.Itoa(h.Version)
	case "res.resinfo.length":
		return strconv.Itoa(len(h.Results))
	}
	rest := strings.TrimPrefix(expr, "res.resinfo[")
	at, path, _ := strings.Cut(rest, "]?.")
	i, err := strconv.Atoi(at)
	if err != nil || i >= len(h.Results) {
		t.Fatalf("%s: there are %d results", expr, len(h.Results))
	}
	r := h.Results[i]
	switch path {
	case "method":
		return r.Method
	case "method_version":
		return strconv.Itoa(r.Version)
	case "result":
		return r.Value
	}
	parts := strings.Split(path, ".")
	if len(parts) != 3 || parts[0] != "properties" {
		t.Fatalf("%s is not known", expr)
	}
	return r.Get(parts[1], parts[2])
}

// TestSuiteVerifier runs the cases of an add-on for mail readers. Two of them
// are about names that are not ASCII, which RFC 8616 allows.
func TestSuiteVerifier(t *testing.T) {
	var cases []struct {
		Name, Header string
		Expect       []struct{ Expr, Assert, Throws string }
	}
	readJSON(t, &cases, "suites", "authres", "dkim_verifier-arh.json")
	for _, c := range cases {
		if strings.HasPrefix(c.Name, "Wrongly called") {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			h, err := Parse(valueOf(c.Header))
			for _, e := range c.Expect {
				if e.Throws != "" {
					if err == nil {
						t.Errorf("%q is read as %+v", c.Header, h)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				want := strings.Trim(strings.TrimSuffix(strings.TrimPrefix(e.Assert, "to.be.equal("), ")"), `"`)
				if got := field(t, h, e.Expr); got != want {
					t.Errorf("%s is %q, want %q", e.Expr, got, want)
				}
			}
		})
	}
}

// TestSuitePython runs those cases of python-authres that read a field: what
// is a syntax error to it is one here, and what it reads is read alike.
func TestSuitePython(t *testing.T) {
	var cases []struct {
		Line        int
		Input, Want string
		Checks      [][2]string
	}
	readJSON(t, &cases, "suites", "authres", "python-authres.json")
	checked := 0
	for _, c := range cases {
		if c.Input == "" {
			continue
		}
		t.Run(strconv.Itoa(c.Line), func(t *testing.T) {
			h, err := Parse(valueOf(c.Input))
			if (err != nil) != strings.HasPrefix(c.Want, "Syntax error") {
				t.Fatalf("%q: %v, want %q", c.Input, err, c.Want)
			}
			for _, check := range c.Checks {
				checked += pythonCheck(t, h, check[0], check[1])
			}
		})
	}
	t.Logf("%d checks", checked)
	if checked < 60 {
		t.Errorf("only %d checks", checked)
	}
}

// pythonCheck compares one property of a result; it gives 0 for what has no
// counterpart here.
func pythonCheck(t *testing.T, h *Header, expr, want string) int {
	_, expr, ok := strings.Cut(strings.TrimSuffix(expr, ")"), "arobj.results[")
	at, path, _ := strings.Cut(expr, "].")
	i, err := strconv.Atoi(at)
	if !ok || err != nil || i >= len(h.Results) || strings.Contains(want, "None") {
		return 0
	}
	r, got := h.Results[i], ""
	kind, name, two := strings.Cut(path, "_")
	switch {
	case path == "method":
		got = r.Method
	case path == "result":
		got = r.Value
	case path == "reason":
		got = r.Reason
	case two && !strings.Contains(path, "\n"):
		got = r.Get(kind, name)
	default:
		return 0
	}
	if got != strings.Trim(want, "'") {
		t.Errorf("%s is %q, want %s", path, got, want)
	}
	return 1
}
