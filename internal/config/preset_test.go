package config

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestPresets reads a file for each preset: what the file sets goes before
// the preset, and the rest is the preset's.
func TestPresets(t *testing.T) {
	for _, name := range Presets() {
		t.Run(name, func(t *testing.T) {
			c, err := Parse("p.toml", []byte("actions.add_header = 4.5\npreset = \""+name+"\"\n"), known)
			if err != nil {
				t.Fatal(err)
			}
			if c.Preset != name || *c.Actions.AddHeader != 4.5 {
				t.Errorf("preset %q, add_header %v", c.Preset, *c.Actions.AddHeader)
			}
			if refuses := !math.IsNaN(*c.Actions.Reject); refuses == (name == ScoreOnly) {
				t.Errorf("rejects by score: %v", refuses)
			}
			if lists := len(c.Restrictions.Recipient) > 0; lists != (name == Strict) {
				t.Errorf("recipient restrictions: %v", c.Restrictions.Recipient)
			}
			if err := c.Restrictions.Validate(); err != nil {
				t.Error(err)
			}
		})
	}
	_, err := Parse("p.toml", []byte("preset = \"strickt\"\n"), known)
	if err == nil || !strings.Contains(err.Error(), `p.toml:1:10: preset must be one of score-only, balanced, strict, not "strickt"`) {
		t.Errorf("an unknown preset is read with: %v", err)
	}
}

// TestPresetsPage wants each key that a preset sets on the page of presets.
func TestPresetsPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "presets.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Presets() {
		c, _ := Preset(name)
		for _, key := range differences(reflect.ValueOf(Default()), reflect.ValueOf(c), "") {
			if !strings.Contains(string(page), "`"+key+"`") {
				t.Errorf("docs/presets.md does not tell that %s sets %s", name, key)
			}
		}
	}
}

// differences lists the keys in which two configurations differ.
func differences(a, b reflect.Value, path string) []string {
	var keys []string
	for _, f := range keyedFields(a.Type()) {
		x, y, key := a.Field(f.index), b.Field(f.index), joinPath(path, f.key)
		switch {
		case reflect.DeepEqual(x.Interface(), y.Interface()) || key == "preset":
		case isSection(x.Type()) && x.Kind() == reflect.Struct:
			keys = append(keys, differences(x, y, key)...)
		default:
			keys = append(keys, key)
		}
	}
	return keys
}
