package migrate

import (
	"fmt"
	"strings"
)

// greySources are what is known of the greylisting daemons.
type greySources struct {
	postgrey *greyOptions
	gld      *greyOptions
	sqlgrey  *greyOptions
	// kind is the daemon that the lists ask; "" for none so far.
	kind string
	at   Place
}

// greyOption is one option of a daemon, and where it is set.
type greyOption struct {
	name, value string
	at          Place
}

// greyOptions are those of one daemon.
type greyOptions struct {
	// from says where they are from.
	from string
	list []greyOption
}

// get gives the value of an option, the last one where it is set twice.
func (g *greyOptions) get(name string) (string, bool) {
	if g == nil {
		return "", false
	}
	for i := len(g.list) - 1; i >= 0; i-- {
		if g.list[i].name == name {
			return g.list[i].value, true
		}
	}
	return "", false
}

// read reads the options of the daemons.
func (g *greySources) read(o Options, odd *notes) error {
	if o.PostgreyOptions != "" {
		const from = "--postgrey-options"
		g.postgrey = &greyOptions{from, postgreyWords(o.PostgreyOptions, Place{File: from}, odd)}
	}
	if o.PostgreyDefaults != "" {
		data, err := readSource(o.PostgreyDefaults)
		if err != nil {
			return err
		}
		g.postgrey = readPostgreyDefaults(o.PostgreyDefaults, string(data), odd)
	}
	for _, f := range []struct {
		path string
		into **greyOptions
	}{{o.Gld, &g.gld}, {o.Sqlgrey, &g.sqlgrey}} {
		if f.path == "" {
			continue
		}
		data, err := readSource(f.path)
		if err != nil {
			return err
		}
		*f.into = readAssignments(f.path, string(data), odd)
	}
	return nil
}

// readAssignments reads lines of "NAME=value" and comments, as gld.conf and
// sqlgrey.conf have them.
func readAssignments(file, data string, odd *notes) *greyOptions {
	g := &greyOptions{from: file}
	number := 0
	for line := range strings.Lines(data) {
		number++
		line = strings.Trim(line, blanks)
		if line == "" || line[0] == '#' {
			continue
		}
		at := Place{file, number}
		name, value, _ := strings.Cut(line, "=")
		name = strings.Trim(name, blanks)
		if _, twice := g.get(name); twice {
			odd.add(at, "%s is set again; the last one is taken", name)
		}
		if len(g.list) < maxEntries {
			g.list = append(g.list, greyOption{name, strings.Trim(value, blanks), at})
		}
	}
	return g
}

// listens tells which daemon listens at a policy service's address, by what
// its own options say.
func (g *greySources) listens(spec string) (kind, how string) {
	port := spec[strings.LastIndexByte(spec, ':')+1:]
	inet := strings.HasPrefix(spec, "inet:")
	if p, ok := g.gld.get("PORT"); ok && inet && p == port {
		return Gld, "as " + g.gld.from + " has the port"
	}
	if p, ok := g.sqlgrey.get("inet"); ok && inet && p[strings.LastIndexByte(p, ':')+1:] == port {
		return Sqlgrey, "as " + g.sqlgrey.from + " has the port"
	}
	if p, ok := g.postgrey.get("inet"); ok && inet && p[strings.LastIndexByte(p, ':')+1:] == port {
		return Postgrey, "as its options have the port"
	}
	if p, ok := g.postgrey.get("unix"); ok && strings.HasPrefix(spec, "unix:") {
		p, _, _ = strings.Cut(p, ",")
		if socket := strings.TrimPrefix(spec, "unix:"); p == socket || strings.HasSuffix(p, "/"+socket) {
			return Postgrey, "as its options have the socket"
		}
	}
	return "", ""
}

// asked notes that a list asks a daemon.
func (g *greySources) asked(kind string, at Place, odd *notes) {
	switch g.kind {
	case "":
		g.kind, g.at = kind, at
	case kind:
	default:
		odd.add(at, "%s is asked here and %s at %s: Postern has one greylist, and it behaves as %s", kind, g.kind, g.at, g.kind)
	}
}

// of gives the options of one daemon; nil where they were not given.
func (g *greySources) of(kind string) *greyOptions {
	return map[string]*greyOptions{Postgrey: g.postgrey, Gld: g.gld, Sqlgrey: g.sqlgrey}[kind]
}

// greylist writes the section of greylisting, where a list asks for it, and
// gives each option of the daemons its fate.
func (t *translation) greylist() {
	for _, kind := range []string{Postgrey, Gld, Sqlgrey} {
		if g := t.grey.of(kind); g != nil && kind != t.grey.kind {
			t.odd.add(Place{File: g.from}, "no list asks %s, so that its options are not translated", kind)
			for _, o := range g.list {
				t.greyFate(o, NoCounterpart, "no list asks "+kind)
			}
		}
	}
	if t.grey.kind == "" {
		return
	}
	s := t.doc.section("greylist")
	s.comment = []string{"As " + t.grey.kind + " does it, which is asked at " + t.show(t.grey.at) + "."}
	w := &greyWriter{t: t, s: s}
	w.set("mode", quote("restriction"))
	w.set("semantics", quote(t.grey.kind))
	given := t.grey.of(t.grey.kind)
	if given == nil {
		s.comment = append(s.comment, "Its own options were not given: what follows are its defaults.")
		given = &greyOptions{}
	}
	switch t.grey.kind {
	case Postgrey:
		w.postgrey(given)
	case Gld:
		w.gld(given)
	case Sqlgrey:
		w.sqlgrey(given)
	}
	w.set("spf_domain", "0", t.grey.kind+" knows nothing of SPF and of DNS lists of good senders; without these three",
		"lines more mail passes at once.")
	w.set("spf_identity", "false")
	w.set("pass_dns_whitelisted", "false")
}

// greyFate notes what became of an option.
func (t *translation) greyFate(o greyOption, f Fate, why string) {
	text := o.name
	if o.value != "" {
		text += "=" + o.value
	}
	t.lines = append(t.lines, Line{Place: o.at, Last: o.at.Line, Text: text, Fate: f, Why: why})
}

// greyWriter fills the section of greylisting.
type greyWriter struct {
	t *translation
	s *section
}

// set adds a key; one that is there already is replaced.
func (w *greyWriter) set(name, value string, comment ...string) {
	k := w.key(name)
	k.value, k.comment = value, append(k.comment, comment...)
}

// add adds a text to a list.
func (w *greyWriter) add(name, text, comment string) {
	k := w.key(name)
	k.items = append(k.items, item{text: text, comment: comment})
}

func (w *greyWriter) key(name string) *key {
	for _, k := range w.s.keys {
		if k.name == name {
			return k
		}
	}
	k := &key{name: name}
	w.s.keys = append(w.s.keys, k)
	return k
}

// took notes that an option went into a key.
func (w *greyWriter) took(o greyOption, key, value string) {
	w.set(key, value, fmt.Sprintf("%s: %s=%s", w.t.show(o.at), o.name, o.value))
	w.key(key).at = o.at
	w.t.greyFate(o, Translated, "[greylist] "+key)
}

// bad notes that an option's value makes no sense.
func (w *greyWriter) bad(o greyOption, want string) {
	w.t.odd.add(o.at, "%s=%s: want %s", o.name, clip(o.value), want)
	w.t.greyFate(o, NoCounterpart, "the value makes no sense")
}
