package migrate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postern/test/suites"
)

// TestExamples translates four administrators' set-ups and wants every
// restriction of them in the result: by itself, or in the comment behind what
// takes its place.
func TestExamples(t *testing.T) {
	for name, odd := range map[string][]string{
		"mx-trio":  {"main.cf:52: smtpd_milters: a \"#\"", "main.cf:39: mynetworks: [::ffff:127.0.0.0]/104 matches no client"},
		"clearos":  {"main.cf:15: unix:/var/spool/postfix/postgrey/socket is taken for postgrey"},
		"hardcore": {"dsl_stoplist.txt:1: /i turns", "dsl_stoplist.txt:9: /i turns", "spammer-networks is not here"},
		"soho":     {"header_checks:5: the pattern has no closing", "header_checks:4: /i turns", "header_checks:1: unknown flag"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := suites.Path(t, "examples", name)
			o := Options{Main: filepath.Join(dir, "main.cf")}
			for file, into := range map[string]*string{"master.cf": &o.Master, "gld.conf": &o.Gld} {
				if _, err := os.Stat(filepath.Join(dir, file)); err == nil {
					*into = filepath.Join(dir, file)
				}
			}
			r, err := Translate(o)
			if err != nil {
				t.Fatal(err)
			}
			checkResult(t, o, r)
			toml := r.TOML()
			for _, want := range sourceRestrictions(t, o.Main) {
				if !strings.Contains(toml, want) {
					t.Errorf("%q is lost", want)
				}
			}
			for _, want := range odd {
				if !strings.Contains(toml, want) {
					t.Errorf("not reported: %s", want)
				}
			}
			s, err := readBack(toml)
			if err != nil {
				t.Fatal(err)
			}
			active := len(s.Restrictions.Client) + len(s.Restrictions.Helo) + len(s.Restrictions.Sender) + len(s.Restrictions.Recipient)
			written := 0
			for _, line := range strings.Split(toml, "\n") {
				if strings.HasPrefix(line, "#  \"") && strings.Contains(line, "main.cf:") {
					written++
				}
			}
			if written > 0 || active == 0 {
				t.Errorf("%d restrictions work, %d are comments", active, written)
			}
		})
	}
}

// sourceRestrictions lists the restrictions of a main.cf by means of their
// own: simple ones, as the examples have them.
func sourceRestrictions(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	within := false
	for _, line := range strings.Split(string(data), "\n") {
		if line != "" && line[0] != ' ' && line[0] != '\t' {
			within = strings.HasPrefix(line, "smtpd_") && strings.Contains(strings.SplitN(line, "=", 2)[0], "_restrictions")
			if _, value, found := strings.Cut(line, "="); found {
				line = value
			}
		}
		if within {
			words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(", \t", r) })
			for len(words) > 0 {
				n := 1
				for words[n-1] == "warn_if_reject" || strings.HasPrefix(words[n-1], "check_") || strings.Contains(words[n-1], "_rbl_") ||
					strings.Contains(words[n-1], "_rhsbl_") || strings.Contains(words[n-1], "_dnswl_") {
					n++
				}
				list = append(list, strings.Join(words[:n], " "))
				words = words[n:]
			}
		}
	}
	if len(list) < 3 {
		t.Fatalf("only %d restrictions in %s", len(list), file)
	}
	return list
}

// TestLint reads tables of Postfix's own tests: whatever they hold, they are
// looked at to the end.
func TestLint(t *testing.T) {
	dir := suites.Path(t, "suites", "postfix", "util")
	for _, kind := range []string{"regexp", "pcre", "cidr"} {
		tr := newTranslation(Options{})
		file := filepath.Join(dir, "dict_"+kind+".map")
		tr.lintFile(kind, file, file, tableValues)
		if len(tr.odd.list) == 0 {
			t.Errorf("%s: nothing odd found", file)
		}
	}
}
