package greylist

import "strings"

// template is a text with places to fill in: verbs such as "%s". It is taken
// apart once, since it is filled for every mail.
type template []piece

// piece is plain text with a verb behind it, 0 for none.
type piece struct {
	text string
	verb byte
}

// newTemplate takes a text apart. Of what stands behind "%", only the verbs
// have a meaning; "%%" is "%".
func newTemplate(text, verbs string) template {
	var t template
	plain := ""
	for {
		before, rest, ok := strings.Cut(text, "%")
		plain += before
		switch {
		case !ok:
			return append(t, piece{text: plain})
		case rest != "" && strings.IndexByte(verbs, rest[0]) >= 0:
			t, plain, text = append(t, piece{plain, rest[0]}), "", rest[1:]
		case strings.HasPrefix(rest, "%"):
			plain, text = plain+"%", rest[1:]
		default:
			plain, text = plain+"%", rest
		}
	}
}

// fill puts in what value gives for each verb.
func (t template) fill(value func(verb byte) string) string {
	if len(t) == 1 {
		return t[0].text
	}
	var b strings.Builder
	b.Grow(128)
	for _, p := range t {
		b.WriteString(p.text)
		if p.verb != 0 {
			b.WriteString(value(p.verb))
		}
	}
	return b.String()
}
