package migrate

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/internal/listen"
)

// setups are the small set-ups of testdata, with what they are translated with.
var setups = map[string]Options{
	"small": {
		Main: "testdata/small/main.cf", Master: "testdata/small/master.cf",
		PostgreyDefaults: "testdata/small/postgrey",
	},
	"odd":       {Main: "testdata/odd/main.cf"},
	"sqlgrey":   {Main: "testdata/sqlgrey/main.cf", Sqlgrey: "testdata/sqlgrey/sqlgrey.conf"},
	"databases": {Main: "testdata/databases/main.cf"},
	"observe":   {Main: "testdata/observe/main.cf", Observe: true},
	"gld":       {Main: "testdata/gld/main.cf", Gld: "testdata/gld/gld.conf", Master: "testdata/gld/master.cf"},
	"postgrey": {
		Main: "testdata/postgrey/main.cf", Root: "testdata/postgrey/root",
		PostgreyOptions: `--unix=/var/spool/postfix/grey/sock --lookup-by-host --greylist-action=REJECT --retry-window 36h --privacy --delay=0 --x-greylist-header="X-Grey: %t by postgrey-%v"`,
		Policies:        map[string]string{"inet:192.0.2.1:10023": Keep},
	},
}

// TestGolden compares translations with the files want.toml beside their
// sources; POSTERN_UPDATE writes them.
func TestGolden(t *testing.T) {
	for name, o := range setups {
		t.Run(name, func(t *testing.T) {
			r, err := Translate(o)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name, "want.toml")
			if os.Getenv("POSTERN_UPDATE") != "" {
				if err := os.WriteFile(file, []byte(r.TOML()), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), r.TOML()); d != "" {
				t.Error(d)
			}
			checkResult(t, o, r)
		})
	}
}

// checkResult holds what is true of every translation: it can be read back, its
// sections are good, and each line of the source that says something has one
// fate and is quoted.
func checkResult(t *testing.T, o Options, r *Result) {
	t.Helper()
	s, err := readBack(r.TOML())
	if err != nil {
		t.Fatalf("%v\n%s", err, r.TOML())
	}
	if err := s.Restrictions.Validate(); err != nil {
		t.Error(err)
	}
	if err := s.Greylist.Validate(); err != nil {
		t.Error(err)
	}
	if err := errors.Join(s.Engine.Validate(), s.Verify.Validate(), s.Actions.Validate(), listen.Check(s.Milter.Listen)); err != nil {
		t.Error(err)
	}
	result := r.TOML()
	for _, l := range r.Lines {
		if l.Why == "" {
			t.Errorf("%s: %s: no reason", l.Place, l.Text)
		}
		if !strings.Contains(result, l.Place.short(filepath.Dir(o.Main))) {
			t.Errorf("%s: %s is not in the result", l.Place, l.Text)
		}
	}
	for _, file := range []string{o.Main, o.Master} {
		if file != "" {
			checkCovered(t, file, r)
		}
	}
}

// checkCovered wants each line of a file to belong to one setting.
func checkCovered(t *testing.T, file string, r *Result) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(data), "\n") {
		trimmed := strings.TrimLeft(line, blanks)
		if trimmed == "" || trimmed[0] == '#' {
			continue
		}
		covered := 0
		for _, l := range r.Lines {
			if l.Place.File == file && l.Place.Line <= i+1 && i+1 <= l.Last {
				covered++
			}
		}
		said := slices.ContainsFunc(r.Odd, func(n Note) bool { return n.Place == Place{file, i + 1} })
		if file == filepath.Join(filepath.Dir(file), "master.cf") {
			covered = min(covered, 1) // a service and its first setting may share a line
		}
		if covered != 1 && !(covered == 0 && said) {
			t.Errorf("%s:%d: belongs to %d settings: %s", file, i+1, covered, line)
		}
	}
}

func TestOptionsValidate(t *testing.T) {
	for name, tc := range map[string]struct {
		o    Options
		want string
	}{
		"nothing":        {Options{}, "no main.cf"},
		"good":           {Options{Main: "main.cf"}, ""},
		"two postgreys":  {Options{Main: "main.cf", PostgreyOptions: "-d", PostgreyDefaults: "x"}, "one is enough"},
		"service alone":  {Options{Main: "main.cf", Service: "smtp"}, "no master.cf"},
		"unknown policy": {Options{Main: "main.cf", Policies: map[string]string{"inet:a:1": "postgray"}}, "is none of"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.o.Validate()
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestMissingFiles(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	for _, o := range []Options{
		{Main: none}, {Main: "testdata/gld/main.cf", Master: none}, {Main: "testdata/gld/main.cf", Gld: none},
		{Main: "testdata/gld/main.cf", PostgreyDefaults: none}, {Main: t.TempDir()},
	} {
		if _, err := Translate(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}
