package migrate

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mainOf reads a main.cf given as text.
func mainOf(t testing.TB, text string) *translation {
	t.Helper()
	file := filepath.Join(t.TempDir(), "main.cf")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	tr := newTranslation(Options{Main: file})
	if err := tr.read(); err != nil {
		t.Fatal(err)
	}
	return tr
}

func TestExpand(t *testing.T) {
	const settings = "a = 1\nempty =\nb = x$a\nloop = $loop\nmyhostname = mx.example.org\ncompatibility_level = 3.10\n"
	for in, want := range map[string]string{
		"plain": "plain", "$a": "1", "${a}": "1", "$(a)": "1", "$b.": "x1.", "$$a": "$a",
		"${a?yes}": "yes", "${empty?yes}": "", "${empty:no}": "no", "${a:no}": "",
		"${a?{x}:{y}}": "x", "${empty?{x}:{y}}": "y", "${empty:{y}}": "y", "${a ? {x} : {$b}}": "x",
		"${{$a} == {1} ? {eq} : {ne}}": "eq", "${{$a} != {1} ? {ne} : {eq}}": "eq", "${{9} < {10} ? {less}}": "less",
		"${{a9} < {a10} ? {less} : {more}}": "more", "${{$compatibility_level} <level {3.6} ? {old} : {new}}": "new",
		"${{$compatibility_level} >=level {3.6} ? {new}}": "new",
		"$undefined": "", "$loop": "", "$mydomain": "example.org", "$mydestination": "mx.example.org, localhost.example.org, localhost",
		"${missing": "${missing", "${?}": "", "a$": "a$", "$-": "$-", "$daemon_directory": "$daemon_directory",
	} {
		tr := mainOf(t, settings+"x = "+in+"\n")
		if got := tr.expander.expand(tr.effective["x"].value).s; got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
}

// TestPostconf compares settings with what Postfix itself reads, where it is
// installed.
func TestPostconf(t *testing.T) {
	postconf, err := exec.LookPath("postconf")
	if err != nil {
		t.Skip("postconf is not here to compare with")
	}
	const text = `# first
   # indented comment
mydestination = a,

  # within
	b
   c
myhostname=mx.example.org
relay_domains	=	$myhostname ${mydomain?dom} ${relayhost:none} $$x
virtual_alias_domains = ${{$mydomain} == {example.org} ? {yes} : {no}}
relay_domains = later $mydestination
smtpd_banner = x # y
smtpd_client_restrictions =
recipient_delimiter = ${{2} < {10} ? {+} : {-}}
smtpd_helo_restrictions = ${compatibility_level?{set}:{unset}} $(myhostname)
`
	tr := mainOf(t, text)
	for name := range tr.effective {
		out, err := exec.Command(postconf, "-c", filepath.Dir(tr.o.Main), "-xh", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Join(strings.Fields(string(out)), " ")
		if got := tr.expander.expand(tr.effective[name].value).plain(); got != want {
			t.Errorf("%s: got %q, postconf says %q", name, got, want)
		}
	}
}

func TestPlaces(t *testing.T) {
	tr := mainOf(t, "x = a\n\n b\n# c\n c $y\ny = d e\n")
	words, _ := tr.expander.expand(tr.effective["x"].value).words(listSeparators)
	want := map[string]int{"a": 1, "b": 3, "c": 5, "d": 5, "e": 5}
	for _, w := range words {
		if w.at(0).Line != want[w.s] {
			t.Errorf("%s is on line %d, want %d", w.s, w.at(0).Line, want[w.s])
		}
	}
	if len(words) != len(want) {
		t.Errorf("%d words", len(words))
	}
}

func TestReadMaster(t *testing.T) {
	var odd notes
	services, err := readMaster("master.cf", []byte(`smtp inet n - y - - smtpd -v
  -o a=1 -ob=2
  -o { c = 3 4 }
spf unix - n n - 0 spawn user=nobody argv=/usr/bin/policyd-spf -o x
`), &odd)
	if err != nil || len(odd.list) > 0 || len(services) != 2 {
		t.Fatalf("%v %v %d", err, odd.list, len(services))
	}
	smtp := services[0]
	got := map[string]string{}
	for _, e := range smtp.settings {
		got[e.name] = e.value.s
	}
	if got["a"] != "1" || got["b"] != "2" || got["c"] != "3 4" || smtp.args[0] != "-v" || incoming(services, "") != smtp {
		t.Errorf("%v %v", got, smtp)
	}
	if spawned(services[1]) != SPF {
		t.Error("the policy service was not recognised")
	}
}

func TestShellWords(t *testing.T) {
	for in, want := range map[string]string{
		`"--inet=10023"`: "--inet=10023", `--a 'b c' "d \"e"`: `--a|b c|d "e`, `a\ b # c`: "a b", `""`: "", "": "",
	} {
		words, ok := shellWords(in)
		if got := strings.Join(words, "|"); got != want || !ok {
			t.Errorf("%s: got %q, %v", in, got, ok)
		}
	}
	if _, ok := shellWords(`"open`); ok {
		t.Error("an open quote was not noticed")
	}
}

func TestUnescape(t *testing.T) {
	if got, want := unescape(`\t\40\\x\101\q`), "\t \\xAq"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNearest(t *testing.T) {
	for in, want := range map[string]string{
		"reject_unknown_sender_domian": "reject_unknown_sender_domain", "reject_rbl": "", "permit_mynetwork": "permit_mynetworks",
		"something_else_entirely": "", "reject_unauth_destinations": "reject_unauth_destination",
	} {
		if got := nearest(in, restrictionWords()); got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
}

func TestQuoteAndClean(t *testing.T) {
	if got := quote("a\"\\\t\x01\xff"); got != `"a\"\\\t\u0001�"` {
		t.Error(got)
	}
	if got := clean("a\nb\x00\xff"); got != "a b��" {
		t.Error(got)
	}
}

// FuzzMain translates any main.cf: the result can be read back and is good.
func FuzzMain(f *testing.F) {
	for name := range setups {
		data, err := os.ReadFile(filepath.Join("testdata", name, "main.cf"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("a = ${b?{${c:{$d}}}:{x}}\nb = ${{1} <level {2} ? {$a$a}}\nsmtpd_client_restrictions=$a {,} warn_if_reject\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(t.TempDir(), "main.cf")
		if err := os.WriteFile(file, data, 0o666); err != nil {
			t.Fatal(err)
		}
		r, err := Translate(Options{Main: file})
		if err != nil {
			t.Skip(err)
		}
		s, err := readBack(r.TOML())
		if err != nil {
			t.Fatalf("%v\n%s", err, r.TOML())
		}
		if err := s.Restrictions.Validate(); err != nil {
			t.Errorf("%v\n%s", err, r.TOML())
		}
	})
}

// FuzzMaster reads any master.cf.
func FuzzMaster(f *testing.F) {
	for _, name := range []string{"small", "gld"} {
		data, err := os.ReadFile(filepath.Join("testdata", name, "master.cf"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var odd notes
		services, err := readMaster("master.cf", data, &odd)
		if err != nil {
			return
		}
		lines := bytes.Count(data, []byte("\n")) + 1
		for _, s := range services {
			if s.place.Line < 1 || s.last > lines || s.last < s.place.Line {
				t.Errorf("service on lines %d to %d of %d", s.place.Line, s.last, lines)
			}
		}
		incoming(services, "")
	})
}

// FuzzTable looks at any table, and at any options of the daemons.
func FuzzTable(f *testing.F) {
	for _, name := range []string{"friends", "nets", "helo"} {
		data, err := os.ReadFile(filepath.Join("testdata", "odd", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tr := newTranslation(Options{})
		for _, kind := range []string{"hash", "cidr", "regexp", "pcre"} {
			l := &linter{t: tr, kind: kind, use: tableAccess, odd: &tr.odd, seen: map[string]int{}, counts: map[string]int{}}
			l.read("table", data)
		}
		var odd notes
		readPostgreyDefaults("postgrey", string(data), &odd)
		readAssignments("gld.conf", string(data), &odd)
	})
}
