package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"postern/internal/verdict"
)

// fixed prints a score with two digits after the point.
func fixed(score float64) string {
	s := strconv.FormatFloat(score, 'f', 2, 64)
	if s == "-0.00" {
		return "0.00"
	}
	return s
}

// signed prints a score that is added to others.
func signed(score float64) string {
	if s := fixed(score); score > 0 && s != "0.00" {
		return "+" + s
	} else {
		return s
	}
}

// pad fills text with blanks to a width in characters, on its left when the
// width is negative.
func pad(text string, width int) string {
	left := width < 0
	if left {
		width = -width
	}
	blanks := strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
	if left {
		return blanks + text
	}
	return text + blanks
}

// writeFinding writes one line for a finding: score, symbol and what was
// found; note stands before the evidence.
func (c *console) writeFinding(f *verdict.Finding, width int, note string) {
	c.out.WriteString("  " + c.style.score(f.Score, pad(signed(f.Score), -7)) + "  " + pad(f.Symbol, width))
	for _, text := range []string{note, explanation(f)} {
		if text != "" {
			c.out.WriteString("  " + text)
		}
	}
	c.out.WriteString("\n")
}

// explanation says in words what a finding means in this message.
func explanation(f *verdict.Finding) string {
	var parts []string
	if f.Description != "" {
		parts = append(parts, f.Description)
	}
	if len(f.Evidence) > 0 {
		quoted := make([]string, len(f.Evidence))
		for i, e := range f.Evidence {
			quoted[i] = printable(e)
		}
		parts = append(parts, "["+strings.Join(quoted, "; ")+"]")
	}
	switch {
	case f.Failed != "":
		parts = append(parts, "(not found out: "+printable(f.Failed)+")")
	case f.Observed:
		parts = append(parts, fmt.Sprintf("(observed, would be %s)", signed(f.FullScore)))
	case fixed(f.FullScore) != fixed(f.Score):
		parts = append(parts, fmt.Sprintf("(%s before caps and composites)", signed(f.FullScore)))
	}
	return strings.Join(parts, " ")
}

// symbolWidth is the width of the longest symbol's name.
func symbolWidth(findings []verdict.Finding) int {
	width := 0
	for i := range findings {
		width = max(width, len(findings[i].Symbol))
	}
	return width
}
