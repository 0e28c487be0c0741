package config

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestDefaultFile reads the printed default file back, as it is and with
// every default brought to life.
func TestDefaultFile(t *testing.T) {
	text := DefaultFile(Reference())
	alive := regexp.MustCompile(`(?m)^#([a-z_0-9]+ = )`).ReplaceAllString(withoutOptional(text), "$1")
	for name, text := range map[string]string{"as it is": text, "alive": alive} {
		got, err := Parse("default.toml", []byte(text), known)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(Default(), got, cmpopts.EquateEmpty(), cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// withoutOptional cuts the sections that are only examples.
func withoutOptional(text string) string {
	var kept []string
	skip := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "[") || strings.HasPrefix(line, "#[") {
			skip = line[0] == '#'
		}
		if !skip {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// TestDocumented fails for a key without a comment at its declaration.
func TestDocumented(t *testing.T) {
	for _, s := range Reference() {
		if s.Doc == "" {
			t.Errorf("section %s has no comment", s.Header)
		}
		for _, k := range s.Keys {
			if k.Doc == "" {
				t.Errorf("%s %s has no comment", s.Header, k.Name)
			}
		}
	}
}
