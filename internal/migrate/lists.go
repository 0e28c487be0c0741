package migrate

import (
	"regexp"
	"strings"
)

// restriction is one of a list.
type restriction struct {
	// name is in lower case; argument is "" where there is none.
	name, argument string
	warn           bool
	class          *class
	at             Place
	// dead tells that Postfix cannot evaluate it.
	dead bool
	// service is what a policy service was found to be.
	service string
}

// written gives the restriction as it stands in the source.
func (r restriction) written() string {
	s := r.name + withBlank(r.argument)
	if r.warn {
		s = warnIfReject + " " + s
	}
	return s
}

// restrictionList is what was read of one setting.
type restrictionList struct {
	entry *entry
	all   []restriction
}

// class is a restriction class.
type class struct {
	name  string
	at    Place
	used  bool
	entry *entry
}

// readClasses finds the names of the classes.
func (t *translation) readClasses() {
	e := t.effective["smtpd_restriction_classes"]
	if e == nil {
		return
	}
	words, _ := t.expander.expand(e.value).words(listSeparators)
	for _, w := range words {
		name := strings.ToLower(w.s)
		switch _, taken := t.words[name]; {
		case taken:
			t.odd.add(w.at(0), "class %s has the name of a restriction; Postfix takes the class", w.s)
		case t.classes[name] != nil:
			t.odd.add(w.at(0), "class %s is named twice", w.s)
		}
		t.classes[name] = &class{name: w.s, at: w.at(0), entry: t.effective[w.s]}
		if t.effective[w.s] == nil {
			t.odd.add(w.at(0), "class %s is not set; Postfix takes it as an empty list", w.s)
			t.doc.add("restrictions.classes", &key{name: w.s, comment: []string{t.show(w.at(0)) + ": named, and set nowhere"}})
		}
	}
}

// restrictions translates one of the lists.
func (t *translation) restrictions(e *entry, name string) {
	k := &key{name: name, at: e.place, comment: []string{t.quoteSource(e)}}
	l := &restrictionList{entry: e}
	t.lists[name] = l
	l.all, k.items = t.readList(e, name, true)
	t.doc.add("restrictions", k)
	t.fate(e, Translated, "[restrictions] "+name)
}

// classList translates the list of a class.
func (t *translation) classList(e *entry, c *class) {
	k := &key{name: c.name, at: e.place, comment: []string{t.quoteSource(e)}}
	l := &restrictionList{entry: e}
	t.lists["classes."+c.name] = l
	l.all, k.items = t.readList(e, "classes."+c.name, true)
	t.doc.add("restrictions.classes", k)
	t.fate(e, Translated, "[restrictions.classes] "+c.name)
}

// restrictionsElsewhere reads the list of another service, for what is wrong
// in it only.
func (t *translation) restrictionsElsewhere(e *entry) { t.readList(e, listKeys[e.name], false) }

// readList reads a list. here tells that it is to be translated.
func (t *translation) readList(e *entry, list string, here bool) ([]restriction, []item) {
	words, ok := t.expander.expand(e.value).words(listSeparators)
	if !ok {
		t.odd.add(e.place, "%s: braces do not match; Postfix answers 451 4.3.5 to every mail that comes to it", e.name)
	}
	r := listReader{t: t, e: e, list: list, words: words, here: here}
	for len(r.words) > 0 {
		r.next()
	}
	return r.all, r.items
}

// listReader reads one list word by word.
type listReader struct {
	t     *translation
	e     *entry
	list  string
	here  bool
	words []text
	all   []restriction
	items []item
}

// take removes the next word.
func (r *listReader) take() text {
	w := r.words[0]
	r.words = r.words[1:]
	return w
}

// next reads one restriction.
func (r *listReader) next() {
	w := r.take()
	x := restriction{at: w.at(0)}
	for strings.EqualFold(w.s, warnIfReject) {
		x.warn = true
		if len(r.words) == 0 {
			r.t.odd.add(w.at(0), "%s: nothing follows the last %s", r.e.name, warnIfReject)
			r.items = append(r.items, item{text: w.s, comment: r.t.onLine(w, r.e), off: true})
			return
		}
		w = r.take()
	}
	x.name = strings.ToLower(w.s)
	if c := r.t.classes[x.name]; c != nil {
		x.class, x.name, c.used = c, c.name, true
		r.put(x, "")
		return
	}
	if strings.HasPrefix(w.s, "#") {
		r.comment(x, w.s)
		return
	}
	if strings.Contains(w.s, ":") {
		x.name = w.s
		r.bareTable(x)
		return
	}
	known, ok := r.t.words[x.name]
	switch {
	case !ok:
		r.unknown(x, w)
	case known.arg != argNone && len(r.words) == 0:
		r.dead(x, "lacks its argument")
	case known.arg != argNone:
		x.argument = r.take().s
		r.withArgument(x, known)
	case known.none != "":
		r.none(x, known.none)
	default:
		r.put(x, r.old(x.name))
	}
}

// old says what an old name means today.
func (r *listReader) old(name string) string {
	if now := today()[name]; now != "" {
		return "an old name of " + now
	}
	return ""
}

// put adds a restriction with a remark.
func (r *listReader) put(x restriction, remark string) {
	r.all = append(r.all, x)
	r.items = append(r.items, item{text: x.written(), comment: join(r.place(x), remark), at: x.at})
}

func (r *listReader) place(x restriction) string {
	if r.e.last == r.e.place.Line {
		return ""
	}
	return r.t.show(x.at)
}

// dead adds a restriction at which Postfix answers every mail with an error.
func (r *listReader) dead(x restriction, why string) {
	r.t.odd.add(x.at, "%s: %s: %s; Postfix answers 451 4.3.5 to every mail that comes to it", r.e.name, x.written(), why)
	r.none(x, why)
}

// none adds a restriction that cannot stand in the result.
func (r *listReader) none(x restriction, why string) {
	x.dead = true
	r.all = append(r.all, x)
	r.items = append(r.items, item{text: x.written(), comment: join(r.t.show(x.at), why), off: true, at: x.at})
}

// unknown adds a word that is no restriction.
func (r *listReader) unknown(x restriction, w text) {
	x.name = w.s
	candidates := map[string]word{warnIfReject: {}}
	for name, known := range r.t.words {
		candidates[name] = known
	}
	for name := range r.t.classes {
		candidates[name] = word{}
	}
	r.dead(x, "there is no such restriction"+meant(strings.ToLower(w.s), candidates))
}

// comment adds what looks like a comment; Postfix takes its words as
// restrictions.
func (r *listReader) comment(x restriction, w string) {
	all := []string{w}
	for len(r.words) > 0 && r.words[0].at(0) == x.at {
		all = append(all, r.take().s)
	}
	x.name, x.argument = strings.Join(all, " "), ""
	r.dead(x, "a \"#\" begins no comment here, and Postfix takes these words as restrictions")
}

// bareTable adds a table without a restriction's name.
func (r *listReader) bareTable(x restriction) {
	if r.list == "data" || r.list == "end_of_data" {
		r.dead(x, "a table needs the name of a restriction in this list")
		return
	}
	r.table(x, x.name, "means "+bareMeaning(r.list)+" here")
}

// bareMeaning gives the restriction that a bare table stands for.
func bareMeaning(list string) string {
	switch list {
	case "client", "helo", "sender", "recipient":
		return "check_" + list + "_access"
	case "relay":
		return "check_recipient_access"
	}
	return "check_*_access of the list that the class is used in"
}

// table adds a restriction that looks into a table.
func (r *listReader) table(x restriction, spec, remark string) {
	if why := r.t.checkTable(spec, x.at, r.e.name, tableAccess); why != "" {
		r.none(x, why)
		return
	}
	r.put(x, remark)
}

// withArgument adds a restriction that has an argument.
func (r *listReader) withArgument(x restriction, known word) {
	switch {
	case strings.HasPrefix(x.argument, "#"):
		r.comment(x, x.name+" "+x.argument)
	case known.none != "":
		r.none(x, known.none)
	case known.arg == argTable && !strings.Contains(x.argument, ":"):
		r.dead(x, "the argument is no table; it must be type:name")
	case known.arg == argTable:
		r.table(x, x.argument, r.old(x.name))
	case known.arg == argZone:
		if why := badZone(x.argument); why != "" {
			r.dead(x, why)
			return
		}
		r.put(x, "")
	case known.arg == argService && r.here:
		r.policy(x)
	default:
		r.put(x, "")
	}
}

// replyFilter is d1.d2.d3.d4 with [a..b;c] in the place of each number.
var replyFilter = regexp.MustCompile(`^(?:\d+|\[[\d;.]+\])(?:\.(?:\d+|\[[\d;.]+\])){3}$`)

// badZone says what is wrong with a DNS list.
func badZone(spec string) string {
	domain, filter, filtered := strings.Cut(spec, "=")
	switch {
	case strings.Trim(domain, ".") == "":
		return "the list's domain is missing"
	case !filtered:
	case filter == "":
		return "the reply filter behind \"=\" is empty"
	case !replyFilter.MatchString(strings.TrimSuffix(strings.TrimPrefix(filter, "["), "]")) && !replyFilter.MatchString(filter):
		return "the reply filter behind \"=\" is not of the form d1.d2.d3.d4"
	}
	return ""
}

// policy adds a question to a policy service, or what takes its place.
func (r *listReader) policy(x restriction) {
	kind, how, sure := r.t.recognise(x.argument)
	x.service = kind
	if kind == Keep {
		r.put(x, "")
		return
	}
	if !sure {
		r.t.odd.add(x.at, "%s is taken for %s, %s; if it is something else, translate again with --policy '%s=keep'", x.argument, kind, how, x.argument)
	}
	replaced := []string{"greylist"}
	if kind == SPF {
		// The services put in a Received-SPF field and refuse what fails.
		replaced = []string{"check_spf", "reject_spf_fail"}
	} else {
		r.t.grey.asked(kind, x.at, &r.t.odd)
	}
	r.all = append(r.all, x)
	comment := join(r.t.show(x.at), x.written()+" ("+kind+", "+how+")")
	for _, text := range replaced {
		if x.warn {
			text = warnIfReject + " " + text
		}
		r.items = append(r.items, item{text: text, comment: comment, at: x.at})
		comment = "the same"
	}
}
