package restrict

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"testing"

	"postern/test/suites"
)

// TestMacroSuite expands the templates of Postfix's own test, line by line as
// it does: "name = value" lines up to an empty one, then templates.
func TestMacroSuite(t *testing.T) {
	data, err := os.ReadFile(suites.Path(t, "suites", "postfix", "util", "mac_expand.ref"))
	if err != nil {
		t.Fatal(err)
	}
	values, naming, count := map[string]string{}, true, 0
	lines := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		template, ok := strings.CutPrefix(lines[i], "<< ")
		if !ok {
			continue
		}
		if template == "" {
			if naming = !naming; naming {
				values = map[string]string{}
			}
			continue
		}
		if name, value, ok := strings.Cut(template, " = "); naming && ok {
			values[name] = value
			continue
		}
		var want []string
		for i+1 < len(lines) && !strings.HasPrefix(lines[i+1], "<< ") {
			i++
			want = append(want, strings.TrimPrefix(lines[i], "unknown: warning: "))
		}
		x := expander{
			value:   func(name string) (string, bool) { v, ok := values[name]; return v, ok },
			compare: map[string]func(a, b string) int{"length": func(a, b string) int { return cmp.Compare(len(a), len(b)) }},
		}
		text, status := x.expand(template)
		count++
		got := append(x.warnings, fmt.Sprintf("stat=%d result=%s", status, text))
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s\n got %q\nwant %q", template, got, want)
		}
	}
	if count < 80 {
		t.Errorf("only %d templates", count)
	}
}

func TestTemplates(t *testing.T) {
	values := map[string]string{"code": "554", "what": "a\r\nb\xffü", "empty": ""}
	for _, tt := range []struct{ name, template, want string }{
		{"plain", "$code no", "554 no"},
		{"dollar", "$$code", "$code"},
		{"filtered", "$what", "a__b__"},
		{"optional", "${empty?, with}${code?; $code}", "; 554"},
		{"empty is false", "${empty:none}", "none"},
		{"both", "${code?{yes}:{no}} ${empty?{yes}:{no}}", "yes no"},
		{"numbers", "${{$code} >= {500}?{hard}:{soft}}", "hard"},
		{"deep", strings.Repeat("${code?", 200) + "x" + strings.Repeat("}", 200), ""},
	} {
		x := expander{filter: printableASCII(), value: func(name string) (string, bool) { v, ok := values[name]; return v, ok }}
		if got, _ := x.expand(tt.template); got != tt.want {
			t.Errorf("%s: %q gives %q, want %q", tt.name, tt.template, got, tt.want)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	f.Add("$rbl_code Service unavailable; $rbl_class [$rbl_what] blocked using $rbl_domain${rbl_reason?; $rbl_reason}")
	f.Add("${{$a} == {b}?{x}:{y}}$(a)${a:{b}}")
	f.Fuzz(func(t *testing.T, template string) {
		x := expander{filter: printableASCII(), value: func(name string) (string, bool) { return "v" + name, name != "n" }}
		text, status := x.expand(template)
		if len(text) > maxExpansion {
			t.Errorf("%d bytes", len(text))
		}
		if (status&expandError != 0) != (len(x.warnings) > 0) {
			t.Errorf("status %d with warnings %q", status, x.warnings)
		}
	})
}
