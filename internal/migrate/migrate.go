package migrate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Options say what to translate.
type Options struct {
	// Main is the path of main.cf.
	Main string
	// Master is the path of master.cf; "" for none.
	Master string
	// Service is the name of the service of master.cf whose "-o" settings
	// count; "" is the SMTP server on port 25.
	Service string
	// Root is a folder that holds a copy of the source's file system, "/" for
	// this machine's own; files that the source names are looked for there.
	// "" is none: then they are looked for beside main.cf, and where the
	// source says only if main.cf is where Postfix has it, since another
	// machine's files prove nothing.
	Root string
	// PostgreyOptions is postgrey's command line, such as "--delay=60".
	PostgreyOptions string
	// PostgreyDefaults is the path of the file that sets POSTGREY_OPTS, such
	// as /etc/default/postgrey; "" for none.
	PostgreyDefaults string
	// Gld and Sqlgrey are the paths of gld.conf and sqlgrey.conf; "" for
	// none.
	Gld, Sqlgrey string
	// Policies say what a policy service is, by the words that main.cf has
	// for it, such as "inet:127.0.0.1:10023": one of PolicyKinds.
	Policies map[string]string
	// Observe makes a result that refuses nothing: each restriction that could
	// is reported only, as is each action.
	Observe bool
}

// The kinds of policy services in Options.Policies. Keep leaves the service
// as it is; all others have a restriction of Postern's in their place.
const (
	Postgrey = "postgrey"
	Gld      = "gld"
	Sqlgrey  = "sqlgrey"
	SPF      = "spf"
	Keep     = "keep"
)

// PolicyKinds are the values of Options.Policies.
func PolicyKinds() []string { return []string{Postgrey, Gld, Sqlgrey, SPF, Keep} }

// Validate reports what makes no sense.
func (o Options) Validate() error {
	if o.Main == "" {
		return errors.New("no main.cf is named")
	}
	if o.PostgreyOptions != "" && o.PostgreyDefaults != "" {
		return errors.New("postgrey's options are given and the file that has them too: one is enough")
	}
	if o.Service != "" && o.Master == "" {
		return errors.New("a service is named, and no master.cf that has it")
	}
	for service, kind := range o.Policies {
		if !slices.Contains(PolicyKinds(), kind) {
			return fmt.Errorf("policy service %s: %q is none of %s", service, kind, strings.Join(PolicyKinds(), ", "))
		}
	}
	return nil
}

// maxSource bounds one file of the source.
const maxSource = 16 << 20

// Translate reads the source. An error means that a file of Options could not
// be read; all that is wrong within files is in the result.
func Translate(o Options) (*Result, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	t := newTranslation(o)
	if err := t.read(); err != nil {
		return nil, err
	}
	t.translate()
	return t.result(), nil
}

// translation is one at work.
type translation struct {
	o        Options
	odd      notes
	main     []*entry
	services []*service
	// in is the service that mail from outside comes in by; nil when not
	// known.
	in *service
	// effective are the settings that count, by name.
	effective map[string]*entry
	known     map[string]bool
	words     map[string]word
	targets   map[string]target
	classes   map[string]*class
	expander  *expander
	// inDomain tells that mydomain is being made of myhostname.
	inDomain bool
	files    finder
	grey     greySources
	// lists are what was read of the restriction lists, by their key.
	lists  map[string]*restrictionList
	tables map[string]bool
	doc    document
	lines  []Line
}

func newTranslation(o Options) *translation {
	t := &translation{
		o: o, effective: map[string]*entry{}, known: knownParameters(), words: restrictionWords(),
		targets: targets(), classes: map[string]*class{}, lists: map[string]*restrictionList{}, tables: map[string]bool{},
	}
	t.expander = &expander{lookup: t.lookup, odd: &t.odd, used: map[string]bool{}}
	return t
}

// read reads all files that were named.
func (t *translation) read() error {
	data, err := readSource(t.o.Main)
	if err != nil {
		return err
	}
	if t.main, err = readMain(t.o.Main, data, &t.odd); err != nil {
		return err
	}
	if t.o.Master != "" {
		data, err := readSource(t.o.Master)
		if err != nil {
			return err
		}
		if t.services, err = readMaster(t.o.Master, data, &t.odd); err != nil {
			return err
		}
		t.in = incoming(t.services, t.o.Service)
		if t.in == nil {
			t.odd.add(Place{File: t.o.Master}, "there is no SMTP server %s; the settings of main.cf are taken as they are",
				map[bool]string{true: "on port 25", false: "named " + t.o.Service}[t.o.Service == ""])
		}
	}
	t.settle()
	return t.grey.read(t.o, &t.odd)
}

// readSource reads a file of bounded size.
func readSource(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("reading the source: %w", err)
	}
	if info.Size() > maxSource {
		return nil, fmt.Errorf("reading the source: %s has %d bytes, more than %d", path, info.Size(), maxSource)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the source: %w", err)
	}
	return data, nil
}

// settle finds the settings that count.
func (t *translation) settle() {
	all := t.main
	if t.in != nil {
		all = slices.Concat(all, t.in.settings)
	}
	for _, e := range all {
		if e.name == "" || e.by != nil {
			continue
		}
		if before := t.effective[e.name]; before != nil {
			before.by = e
		}
		t.effective[e.name] = e
	}
	config := filepath.Clean(t.flat("config_directory"))
	t.files = finder{root: t.o.Root, beside: filepath.Dir(t.o.Main), config: config}
}

// lookup gives a setting's value to the expander.
func (t *translation) lookup(name string) (string, lookupResult) {
	if e := t.effective[name]; e != nil {
		return e.value.s, lookupFound
	}
	if value, ok := defaults[name]; ok {
		return value, lookupFound
	}
	switch {
	case name == "mydomain" && t.effective["myhostname"] != nil && !t.inDomain:
		t.inDomain = true // myhostname may refer to mydomain
		_, domain, _ := strings.Cut(t.flat("myhostname"), ".")
		t.inDomain = false
		return domain, lookupFound
	case t.known[name]:
		return "", lookupElsewhere
	}
	return "", lookupUndefined
}

// flat gives the value that counts with all names expanded; what is odd in it
// is reported where it stands.
func (t *translation) flat(name string) string {
	x := *t.expander
	x.odd = new(notes)
	if e := t.effective[name]; e != nil {
		return x.expand(e.value).s
	}
	return x.flat(defaults[name], Place{}, 0)
}

// yes tells whether a setting says yes.
func (t *translation) yes(name string) bool { return strings.EqualFold(t.flat(name), "yes") }

// translate gives each setting its fate.
func (t *translation) translate() {
	t.readClasses()
	for _, e := range t.main {
		t.setting(e)
	}
	for _, s := range t.services {
		t.service(s)
		for _, e := range s.settings {
			t.setting(e)
		}
	}
	t.unset()
	t.checkLists()
	t.checkClasses()
	t.checkNames()
	t.ownDomains()
	t.callouts()
	t.lost()
	t.observe()
	t.greylist()
	t.verify()
}

// result gives what was made.
func (t *translation) result() *Result {
	from := t.o.Main
	if t.o.Master != "" {
		from += " and " + t.o.Master
	}
	t.odd.sort(t.o.Main, t.o.Master)
	return &Result{
		Lines: t.lines, Odd: t.odd.list, MoreOdd: t.odd.more, document: t.doc, dir: t.files.beside,
		title: fmt.Sprintf("Translated from %s by \"postern config import-postfix\".", from),
	}
}

// fate notes what became of a setting.
func (t *translation) fate(e *entry, f Fate, why string) {
	text := e.name + " = " + e.value.plain()
	if e.name == "" {
		text = e.value.plain()
	}
	if e.service != nil {
		text = "-o " + text + " (service " + e.service.title() + ")"
	}
	t.lines = append(t.lines, Line{Place: e.place, Last: e.last, Text: strings.TrimRight(text, " "), Fate: f, Why: why})
}

// service gives a line of master.cf its fate.
func (t *translation) service(s *service) {
	l := Line{Place: s.place, Last: s.last, Text: s.line, Fate: NotOurs, Why: "a service of Postfix"}
	kind := spawned(s)
	switch {
	case s.name == "":
		l.Fate, l.Why = NoCounterpart, "Postfix does not start with such a line"
	case kind == SPF:
		l.Fate, l.Why = Translated, "check_spf and reject_spf_fail take its place in the lists that ask it; it can go when nothing else asks it"
	case kind != "":
		l.Fate, l.Why = Translated, "greylist takes its place in the lists that ask it; it can go when nothing else asks it"
	case s == t.in:
		l.Why = "mail from outside comes in here: its -o settings count as if they stood in main.cf"
	}
	t.lines = append(t.lines, l)
}

// finder finds files that the source names.
type finder struct{ root, beside, config string }

// find gives where a file is to be read.
func (f finder) find(path string) (real string, ok bool) {
	var candidates []string
	if f.root != "" {
		candidates = append(candidates, filepath.Join(f.root, path))
	}
	if rel, err := filepath.Rel(f.config, path); err == nil && filepath.IsAbs(path) && filepath.IsLocal(rel) {
		candidates = append(candidates, filepath.Join(f.beside, rel))
	}
	candidates = append(candidates, filepath.Join(f.beside, filepath.Base(path)))
	if filepath.IsAbs(path) && f.installed() {
		candidates = append(candidates, path)
	}
	for _, c := range candidates {
		info, err := os.Stat(c)
		if err == nil && info.Mode().IsRegular() || errors.Is(err, fs.ErrPermission) {
			return c, true
		}
	}
	return "", false
}

// installed tells whether main.cf is where Postfix has it, so that this is the
// machine that it is about.
func (f finder) installed() bool {
	dir, err := filepath.Abs(f.beside)
	return err == nil && slices.Contains([]string{
		f.config, "/etc/postfix", "/usr/local/etc/postfix", "/usr/pkg/etc/postfix", "/opt/local/etc/postfix",
	}, dir)
}
