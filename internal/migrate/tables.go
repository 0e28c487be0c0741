package migrate

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
)

// tableUse is what a table's values are.
type tableUse uint8

const (
	// tableValues: anything.
	tableValues tableUse = iota
	// tableAccess: actions of access(5).
	tableAccess
	// tableChecks: actions of header_checks(5).
	tableChecks
)

// textTables are the types of tables that Postern reads, with whether they
// have their text in a file of that name.
var textTables = map[string]bool{
	"hash": true, "btree": true, "lmdb": true, "cdb": true, "dbm": true, "sdbm": true, "texthash": true,
	"regexp": true, "pcre": true, "cidr": true,
	"inline": false, "static": false, "fail": false, "unionmap": false, "pipemap": false, "randmap": false,
}

// splitTable cuts "type:name".
func splitTable(spec string) (kind, name string) {
	spec = strings.TrimPrefix(strings.TrimPrefix(spec, "proxy:"), "proxywrite:")
	kind, name, _ = strings.Cut(spec, ":")
	return kind, name
}

// tableItems makes the items of a list of tables.
func (t *translation) tableItems(value text, e *entry) []item {
	words, ok := value.words(listSeparators)
	if !ok {
		t.odd.add(e.place, "%s: braces do not match", e.name)
	}
	var items []item
	for _, w := range words {
		items = append(items, t.tableItem(w, w.s, e, tableValues))
	}
	return items
}

// tableItem makes the item of one table.
func (t *translation) tableItem(w text, spec string, e *entry, use tableUse) item {
	it := item{text: w.s, comment: t.onLine(w, e), at: w.at(0)}
	if why := t.checkTable(spec, w.at(0), e.name, use); why != "" {
		it.off, it.comment = true, join(t.show(w.at(0)), why)
	}
	return it
}

// checkTables looks at the tables of a setting that stays where it is.
func (t *translation) checkTables(e *entry, use tableUse) {
	words, _ := t.expander.expand(e.value).words(listSeparators)
	for _, w := range words {
		t.checkTable(w.s, w.at(0), e.name, use)
	}
}

// checkTable looks at a table and reports what is odd in it; why says what
// keeps Postern from reading it, "" when nothing does.
func (t *translation) checkTable(spec string, at Place, setting string, use tableUse) (why string) {
	kind, name := splitTable(spec)
	file, known := textTables[kind]
	if !known && use == tableChecks {
		return ""
	}
	if !known {
		t.odd.add(at, "%s: Postern reads tables from text, and none of the type %q: write its keys and values into a file (postmap -s %s shows those of some types)", setting, clip(kind), clip(spec))
		return "Postern reads no tables of the type " + kind
	}
	if kind == "unionmap" || kind == "pipemap" {
		return t.checkNested(name, at, setting, use)
	}
	if strings.HasPrefix(name, "{") {
		return ""
	}
	if !file {
		return ""
	}
	if !strings.HasPrefix(name, "/") {
		t.odd.add(at, "%s: %s has no whole path: Postfix looks for it where it runs, Postern too", setting, clip(spec))
	}
	real, found := t.files.find(name)
	if !found {
		t.odd.add(at, "%s: %s is not here%s; it could not be looked at", setting, clip(name), t.compiled(name))
		return ""
	}
	t.lintFile(kind, name, real, use)
	return ""
}

// compiled says that of a table there is only what postmap made of it.
func (t *translation) compiled(name string) string {
	for _, suffix := range []string{".db", ".lmdb", ".cdb"} {
		if _, found := t.files.find(name + suffix); found {
			return ", only " + name + suffix + " is; Postern reads the text that it was made of"
		}
	}
	return ""
}

// checkFile looks whether a file of names is there.
func (t *translation) checkFile(name string, at Place, e *entry) {
	if _, found := t.files.find(name); !found {
		t.odd.add(at, "%s: %s is not here; it could not be looked at", e.name, clip(name))
	}
}

// checkNested looks at the tables within braces.
func (t *translation) checkNested(name string, at Place, setting string, use tableUse) (why string) {
	inner, _ := unbrace(name)
	words, _ := text{s: inner}.words(listSeparators)
	for _, w := range words {
		if strings.HasPrefix(w.s, "{") || len(w.s) >= len(name) {
			continue
		}
		if reason := t.checkTable(w.s, at, setting, use); reason != "" {
			why = reason
		}
	}
	return why
}

// maxTable bounds the tables that are looked at; larger ones are made by
// programs.
const maxTable = 8 << 20

// lintFile looks at a table's text, once.
func (t *translation) lintFile(kind, name, real string, use tableUse) {
	id := kind + ":" + name
	if t.tables[id] {
		return
	}
	t.tables[id] = true
	at := Place{File: name}
	if real != path.Clean(name) {
		at.File = real
	}
	info, err := os.Stat(real)
	if err == nil && info.Size() > maxTable {
		t.odd.add(at, "has %d bytes and was not looked at", info.Size())
		return
	}
	data, err := os.ReadFile(real)
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		t.odd.add(at, "cannot be read: %v", err)
		return
	}
	l := &linter{t: t, kind: kind, use: use, odd: &t.odd, seen: map[string]int{}, counts: map[string]int{}}
	l.read(at.File, data)
	if kind == "regexp" || kind == "pcre" || kind == "cidr" {
		l.rules(real, at.File)
	}
}
