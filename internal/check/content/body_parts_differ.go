package content

import (
	"context"
	"fmt"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// PartsDiffer compares the plain text and the HTML of a
// multipart/alternative. They should say the same (RFC 2046 section 5.1.4);
// spam puts harmless words into the one that people do not see.
func PartsDiffer() check.Check {
	return check.New(check.Info{
		Name: "parts_differ", Stage: check.Message,
		Symbols: []verdict.Symbol{
			{Name: "R_PARTS_DIFFER", Group: "body", Score: 1, Description: "Plain text and HTML say different things"},
		},
	}, partsDiffer)
}

// The first words of each text tell enough.
const (
	wordsCompared = 256
	fewWords      = 30
)

func partsDiffer(_ context.Context, tx *check.Transaction, out *check.Report) error {
	for _, p := range tx.Message.Parts() {
		if !p.Is("multipart/alternative") {
			continue
		}
		plain, html := alternatives(p)
		if plain == nil || html == nil {
			continue
		}
		// Where plain text is a stand-in ("your mail program cannot show..."),
		// its words are few and tell nothing.
		var a, b words
		a.read(plain.Visible())
		b.read(html.Visible())
		if a.n < fewWords/2 || b.n == 0 {
			continue
		}
		if d := a.distance(&b); d >= 0.5 {
			weight := (d - 0.5) * 2
			if a.n+b.n < 2*fewWords {
				weight /= 2
			}
			out.AddWeighted("R_PARTS_DIFFER", weight, fmt.Sprintf("%.0f%% of the words differ", 100*d), partName(plain), partName(html))
		}
	}
	return nil
}

// alternatives gives the plain text and the HTML below a multipart.
func alternatives(p *message.Part) (plain, html *message.Part) {
	for _, c := range p.Children() {
		cp, ch := c, c
		if c.Multipart() {
			cp, ch = alternatives(c)
		}
		if plain == nil && cp != nil && cp.Is("text/plain") {
			plain = cp
		}
		if html == nil && ch != nil && ch.Is("text/html") {
			html = ch
		}
	}
	return plain, html
}

// setBits is the size of the set of words, large enough that few of the words
// that are compared fall together.
const setBits = 8192

// words is a set of words as hashes.
type words struct {
	hashes [wordsCompared]uint32
	set    [setBits / 64]uint64
	n      int
}

// read takes the first words of a text: runs of ASCII letters and digits
// without regard to case, and of other characters. Words of one or two octets
// and those with a colon or slash, which are parts of addresses, are left out.
func (w *words) read(text string) {
	var hash uint32 = 2166136261
	length, address := 0, false
	for i := 0; i <= len(text) && w.n < wordsCompared; i++ {
		var c byte
		if i < len(text) {
			c = text[i]
		}
		switch {
		case c >= 'A' && c <= 'Z':
			c |= 0x20
			fallthrough
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c >= 0x80:
			hash = (hash ^ uint32(c)) * 16777619
			length++
		case c == '/' || c == '@':
			address = true
		case c <= ' ':
			if length > 2 && !address {
				w.add(hash)
			}
			hash, length, address = 2166136261, 0, false
		}
	}
}

func (w *words) add(hash uint32) {
	w.hashes[w.n] = hash
	w.n++
	bit := (hash ^ hash>>16) & (setBits - 1)
	w.set[bit/64] |= 1 << (bit % 64)
}

func (w *words) has(hash uint32) bool {
	bit := (hash ^ hash>>16) & (setBits - 1)
	return w.set[bit/64]&(1<<(bit%64)) != 0
}

// distance is the share of the plain text's words that the HTML lacks.
func (w *words) distance(html *words) float64 {
	if html.n == wordsCompared && w.n < wordsCompared/2 {
		return 0 // the HTML goes on beyond what was compared
	}
	missing := 0
	for _, h := range w.hashes[:w.n] {
		if !html.has(h) {
			missing++
		}
	}
	return float64(missing) / float64(w.n)
}
