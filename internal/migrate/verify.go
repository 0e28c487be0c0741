package migrate

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"postern/internal/callout"
	"postern/internal/engine"
	"postern/internal/greylist"
	"postern/internal/restrict"
	"postern/internal/unit"
)

// shape is what the result is read back into.
type shape struct {
	Milter struct {
		Listen string `toml:"listen"`
	} `toml:"milter"`
	Engine       engine.Options       `toml:"engine"`
	Actions      engine.ActionOptions `toml:"actions"`
	Restrictions restrict.Options     `toml:"restrictions"`
	Greylist     greylist.Options     `toml:"greylist"`
	Verify       callout.Options      `toml:"verify"`
}

// readBack reads the result as the configuration does.
func readBack(document string) (shape, error) {
	s := shape{Engine: engine.DefaultOptions(), Restrictions: restrict.DefaultOptions(), Greylist: greylist.DefaultOptions(), Verify: callout.DefaultOptions()}
	d := toml.NewDecoder(strings.NewReader(document))
	d.DisallowUnknownFields()
	return s, d.Decode(&s)
}

// mostRounds bounds how often the result is read back.
const mostRounds = 20

// verify reads the result back and takes out what Postern cannot use, so that
// the configuration is good whatever the source was; each such thing is
// reported.
func (t *translation) verify() {
	for range mostRounds {
		var w tomlWriter
		t.doc.write(&w)
		s, err := readBack(w.b.String())
		if err != nil {
			t.odd.add(Place{File: t.o.Main}, "the result cannot be read: %v", err)
			return
		}
		found := t.refused("restrictions", s.Restrictions.Validate())
		found = t.refused("greylist", s.Greylist.Validate()) || found
		found = t.refused(verifying, s.Verify.Validate()) || found
		found = t.refused("engine", s.Engine.Validate()) || found
		if !found {
			return
		}
	}
}

// refused takes out what the faults of a section are about; false where there
// was nothing to take out.
func (t *translation) refused(section string, err error) (found bool) {
	// The last item first, so that the indexes of the others stay.
	all := faults(err)
	for i := len(all) - 1; i >= 0; i-- {
		var k *unit.KeyError
		if errors.As(all[i], &k) {
			found = t.takeOut(section+"."+k.Key, k.Reason) || found
		}
	}
	return found
}

// faults takes joined errors apart.
func faults(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var list []error
	for _, e := range joined.Unwrap() {
		list = append(list, faults(e)...)
	}
	return list
}

// indexed is a key with the place in its list.
var indexed = regexp.MustCompile(`^(.*)\[(\d+)\]$`)

// takeOut makes a comment of a key or of one item.
func (t *translation) takeOut(path, reason string) bool {
	index := -1
	if m := indexed.FindStringSubmatch(path); m != nil {
		path = m[1]
		index, _ = strconv.Atoi(m[2])
	}
	for _, s := range t.doc.sections {
		name, within := strings.CutPrefix(path, s.name+".")
		if !within {
			continue
		}
		for _, k := range s.keys {
			if k.name == name && !k.off {
				return t.off(k, index, reason)
			}
		}
	}
	return false
}

// off makes a comment of a key, or of the item of it that is at an index
// among those that are none.
func (t *translation) off(k *key, index int, reason string) bool {
	t.refate(k.at, k.name, reason, index)
	for i := range k.items {
		it := &k.items[i]
		if it.off || index < 0 {
			continue
		}
		if index == 0 {
			it.off, it.comment = true, join(it.comment, "Postern cannot take it: "+reason)
			t.odd.add(orPlace(it.at, k.at), "Postern cannot take %q: %s", it.text, reason)
			return true
		}
		index--
	}
	k.off = true
	k.comment = append(k.comment, "Postern cannot take it: "+reason)
	t.odd.add(k.at, "Postern cannot take %s: %s", k.name, reason)
	return true
}

// refate changes the fate of the setting that a key is from, where all of the
// key is taken out.
func (t *translation) refate(at Place, name, reason string, index int) {
	if index >= 0 {
		return
	}
	for i, l := range t.lines {
		if l.Place == at && l.Fate == Translated && strings.HasSuffix(l.Why, "] "+name) {
			t.lines[i].Fate, t.lines[i].Why = NoCounterpart, "Postern cannot take it: "+reason
		}
	}
}

func orPlace(a, b Place) Place {
	if a == (Place{}) {
		return b
	}
	return a
}

// callouts switches on what a list asks for: Postfix needs no such switch.
func (t *translation) callouts() {
	for _, list := range []string{"client", "helo", "sender", "relay", "recipient", "data", "end_of_data"} {
		l := t.lists[list]
		if l == nil {
			continue
		}
		for _, r := range l.all {
			if r.name != "reject_unverified_sender" && r.name != "reject_unverified_recipient" {
				continue
			}
			t.odd.add(r.at, "%s asks other mail servers, and some dislike it; [verify] enabled switches it off", r.name)
			s := t.doc.section(verifying)
			if len(s.keys) > 0 && s.keys[0].name == "enabled" {
				continue
			}
			s.keys = slices.Insert(s.keys, 0, &key{
				name: "enabled", value: strconv.FormatBool(!t.o.Observe), at: r.at,
				comment: []string{t.show(r.at) + ": " + r.name + " asks other mail servers; see docs/verification.md."},
			})
		}
	}
}
