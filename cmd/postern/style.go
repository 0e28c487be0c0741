package main

import (
	"os"

	"golang.org/x/sys/unix"

	"postern/internal/verdict"
)

// style paints text for a terminal, or leaves it as it is.
type style struct{ on bool }

// The colours used, as SGR codes.
const (
	red, green, yellow, bold, dim = "31", "32", "33", "1", "2"
)

// paint puts text in a colour.
func (s style) paint(code, text string) string {
	if !s.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// action paints the name of an action: green what lets mail through, red
// what loses it, yellow what lies between.
func (s style) action(a verdict.Action, text string) string {
	switch {
	case a == verdict.NoAction:
		return s.paint(green, text)
	case a >= verdict.Quarantine:
		return s.paint(red, text)
	}
	return s.paint(yellow, text)
}

// score paints what speaks for spam red and what speaks for ham green.
func (s style) score(score float64, text string) string {
	switch {
	case score > 0:
		return s.paint(red, text)
	case score < 0:
		return s.paint(green, text)
	}
	return s.paint(dim, text)
}

// isTerminal tells whether a file is a terminal.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil
}

// printable makes text from mails fit for a terminal: no control characters.
func printable(s string) string {
	clean := []rune(s)
	for i, r := range clean {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			clean[i] = '\uFFFD'
		}
	}
	return string(clean)
}
