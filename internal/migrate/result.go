package migrate

import (
	"fmt"
	"strings"
)

// Fate is what becomes of a setting of the source.
type Fate uint8

// The fates: each setting has exactly one.
const (
	// Translated: the result does the same.
	Translated Fate = iota
	// NoCounterpart: Postern has nothing like it, or it has no effect in the
	// source; Line.Why says which.
	NoCounterpart
	// NotOurs: it is about something else than stopping spam.
	NotOurs
)

// String gives the fate in words.
func (f Fate) String() string {
	return [...]string{"translated", "no counterpart", "not Postern's business"}[f]
}

// Line is one setting of the source, which may go over several lines, and
// what became of it.
type Line struct {
	// Place is its first line, Last its last one.
	Place Place
	Last  int
	// Text is the setting on one line.
	Text string
	Fate Fate
	// Why says where it went, or why it did not.
	Why string
}

// Result is a translation.
type Result struct {
	// Lines are all settings in the order of the source.
	Lines []Line
	// Odd is what was lost or odd in the source, by file and line.
	Odd []Note
	// MoreOdd counts what was found beyond what is kept.
	MoreOdd int

	title    string
	dir      string
	document document
}

// Count gives how many settings have a fate.
func (r *Result) Count(f Fate) int {
	n := 0
	for _, l := range r.Lines {
		if l.Fate == f {
			n++
		}
	}
	return n
}

// Summary is one line for people.
func (r *Result) Summary() string {
	odd := len(r.Odd) + r.MoreOdd
	return fmt.Sprintf("%d %s: %d translated, %d without counterpart, %d not Postern's business; %d odd",
		len(r.Lines), plural(len(r.Lines), "setting"), r.Count(Translated), r.Count(NoCounterpart), r.Count(NotOurs), odd)
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// TOML gives the configuration with what is to be said about it in comments.
func (r *Result) TOML() string {
	var w tomlWriter
	w.comment(r.title)
	w.comment(r.Summary() + ".")
	if len(r.Odd) > 0 {
		w.blank()
		w.comment("What is lost or odd in the source:")
		for _, n := range r.Odd {
			w.comment("  " + n.Place.short(r.dir) + ": " + n.Text)
		}
		if r.MoreOdd > 0 {
			w.comment(fmt.Sprintf("  and %d more", r.MoreOdd))
		}
	}
	r.document.write(&w)
	r.left(&w, Translated, "What went into other settings:")
	r.left(&w, NoCounterpart, "What has no counterpart, and why:")
	r.left(&w, NotOurs, "What is not Postern's business and stays where it is:")
	return w.b.String()
}

// left lists the settings of one fate, those with the same reason together.
func (r *Result) left(w *tomlWriter, f Fate, title string) {
	var reasons []string
	under := map[string][]Line{}
	for _, l := range r.Lines {
		if l.Fate != f || f == Translated && strings.HasPrefix(l.Why, "[") {
			continue // what has a key of its own is quoted there
		}
		if under[l.Why] == nil {
			reasons = append(reasons, l.Why)
		}
		under[l.Why] = append(under[l.Why], l)
	}
	if len(reasons) > 0 {
		w.blank()
		w.comment(title)
	}
	for _, why := range reasons {
		w.comment("- " + why + ":")
		for _, l := range under[why] {
			w.comment("    " + l.Place.short(r.dir) + ": " + clip(l.Text))
		}
	}
}
