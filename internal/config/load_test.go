package config

import (
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/internal/unit"
	"postern/internal/verdict"
)

var update = flag.Bool("update", false, "write the .want files anew")

// known are the names that the test files may refer to.
var known = Known{
	Symbols: []verdict.Symbol{
		{Name: "MISSING_DATE", Group: "headers"}, {Name: "MISSING_MID", Group: "headers"},
		{Name: "R_SPF_FAIL", Group: "spf"},
	},
	Groups: []verdict.Group{{Name: "headers"}, {Name: "spf"}},
}

// TestBad reads every bad-*.toml and compares what is said of it with the
// .want file of the same stem.
func TestBad(t *testing.T) {
	files, err := filepath.Glob("testdata/bad-*.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, path := range files {
		stem := strings.TrimSuffix(filepath.Base(path), ".toml")
		t.Run(stem, func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse(filepath.Base(path), data, known)
			if err == nil {
				t.Fatal("accepted")
			}
			golden(t, filepath.Join("testdata", stem+".want"), err.Error()+"\n")
		})
	}
}

// golden compares got with a file, or writes the file with -update.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestGood(t *testing.T) {
	got, err := Load("testdata/good-full.toml", known)
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Engine.Hostname = "mx.example.org"
	want.Engine.Networks = []string{"127.0.0.0/8", "!127.0.0.53/32"}
	want.Actions.Reject, want.Actions.AddHeader, want.Actions.Greylist = new(12.0), new(5.5), new(4.0)
	want.Actions.Subject = "*** SPAM *** %s"
	want.Limits.Parts = 1000
	if diff := cmp.Diff(want.Engine, got.Engine); diff != "" {
		t.Errorf("engine: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(want.Actions, got.Actions); diff != "" {
		t.Errorf("actions: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(want.Limits, got.Limits); diff != "" {
		t.Errorf("limits: -want +got:\n%s", diff)
	}
	if s := got.Symbols["MISSING_DATE"]; *s.Score != 2.5 || !*s.Observe || *got.Symbols["MISSING_MID"].Score != 16 {
		t.Errorf("symbols: got %+v", got.Symbols)
	}
	if p := got.Profiles; len(p) != 1 || p[0].Name != "strict" || *p[0].Actions.Reject != 8 || *p[0].Symbols["MISSING_DATE"].Score != 7 {
		t.Errorf("profiles: got %+v", p)
	}
}

func TestThresholdOff(t *testing.T) {
	c, err := Parse("off.toml", []byte("[actions]\ngreylist = false\n"), known)
	if err != nil {
		t.Fatal(err)
	}
	if g := c.Actions.Greylist; g == nil || !math.IsNaN(*g) {
		t.Errorf("got %v, want a threshold that no score reaches", g)
	}
}

func TestTry(t *testing.T) {
	all := Known{Try: func(Config) error {
		return errors.Join(unit.BadKey("symbols.A.action", "makes no sense"), errors.New("and what is more"))
	}}
	_, err := Parse("check.toml", []byte("[symbols.A]\naction = \"reject\"\n"), all)
	want := "check.toml: and what is more\n" +
		"check.toml:2:10: symbols.A.action: makes no sense\n    2 | action = \"reject\"\n      |          ^^^^^^^^"
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}

func TestMissingFile(t *testing.T) {
	_, err := Load("testdata/nowhere.toml", known)
	if err == nil || !strings.Contains(err.Error(), "testdata/nowhere.toml") {
		t.Errorf("got %v, want an error that names the file", err)
	}
}

func TestHugeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "huge.toml")
	if err := os.WriteFile(path, make([]byte, maxFile+1), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path, known); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("got %v, want an error on the size", err)
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := Parse("fuzz.toml", data, known)
		if err != nil && err.Error() == "" {
			t.Error("a fault without words")
		}
	})
}
