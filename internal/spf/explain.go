package spf

import "strings"

// explanation fetches and expands the text by which the domain explains its
// fail (RFC 7208 section 6.2). Whatever goes wrong, there is none then; its
// questions count towards no limit.
func (e *evaluation) explanation() string {
	spec := e.last.Exp
	if e.neverMatches(spec) {
		return ""
	}
	name := strings.ToLower(e.expandName(spec, e.lastDomain))
	if !canQuery(name) {
		return ""
	}
	texts, err := e.checker.resolver.TXT(e.ctx, name)
	if err != nil || len(texts) != 1 || len(texts[0]) > maxRecord {
		return ""
	}
	if _, reason := checkMacros(texts[0], true); reason != "" {
		return ""
	}
	return printable(e.expandText(texts[0], e.lastDomain))
}

// expandText expands the text of an explanation up to maxExplanation.
func (e *evaluation) expandText(text, domain string) string {
	var b strings.Builder
	for pieces := 0; text != "" && b.Len() < maxExplanation && pieces < maxPieces; pieces++ {
		p, n, reason := nextPiece(text)
		if reason != "" {
			break
		}
		b.WriteString(e.expandPiece(p, domain))
		text = text[n:]
	}
	return clipTo(b.String(), maxExplanation)
}

// printable makes question marks of all that is not printable ASCII: the text
// goes into replies and logs, and holds what the client said.
func printable(s string) string {
	if within(s, ' ') {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = '?'
		}
	}
	return string(b)
}
