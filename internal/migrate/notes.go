package migrate

import (
	"cmp"
	"fmt"
	"slices"
)

// Note is something odd in the source.
type Note struct {
	Place Place
	// Text says what, and what Postfix makes of it.
	Text string
}

// String gives the place and the text.
func (n Note) String() string { return n.Place.String() + ": " + n.Text }

// maxNotes bounds the notes that are kept; further ones are counted.
const maxNotes = 1000

// notes collects notes, each once.
type notes struct {
	list []Note
	seen map[Note]bool
	more int
}

func (n *notes) add(at Place, format string, args ...any) {
	note := Note{at, clean(fmt.Sprintf(format, args...))}
	if n.seen[note] {
		return
	}
	if len(n.list) >= maxNotes {
		n.more++
		return
	}
	if n.seen == nil {
		n.seen = map[Note]bool{}
	}
	n.seen[note] = true
	n.list = append(n.list, note)
}

// sort puts the notes in the order of their files and lines: those of the
// named files first.
func (n *notes) sort(first ...string) {
	rank := func(file string) int {
		if i := slices.Index(first, file); i >= 0 {
			return i
		}
		return len(first)
	}
	slices.SortFunc(n.list, func(a, b Note) int {
		return cmp.Or(cmp.Compare(rank(a.Place.File), rank(b.Place.File)), cmp.Compare(a.Place.File, b.Place.File),
			cmp.Compare(a.Place.Line, b.Place.Line), cmp.Compare(a.Text, b.Text))
	})
}
