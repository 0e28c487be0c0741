package content

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"unicode"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// BodyAmount looks at how much there is to read: nothing, a few words, or
// nothing but a link.
func BodyAmount() check.Check {
	return check.New(check.Info{
		Name: "body_amount", Stage: check.Message,
		Symbols: []verdict.Symbol{
			// Lowered from 15: people do send mail with nothing but a subject.
			{Name: "COMPLETELY_EMPTY", Group: "blankspam", Score: 3, Description: "The message has neither text nor attachments"},
			{Name: "SINGLE_SHORT_PART", Group: "blankspam", Description: "The message is a single text of a few words"},
			{Name: "HFILTER_URL_ONLY", Group: "hfilter", Score: 2.2, Description: "The text is hardly anything but links"},
			// Lowered from 2.5: it never comes without the former.
			{Name: "HFILTER_URL_ONELINE", Group: "hfilter", Score: 1, Description: "The text is one line with a link"},
		},
	}, bodyAmount)
}

// shortText is the number of letters and digits up to which a text is short.
const shortText = 64

func bodyAmount(_ context.Context, tx *check.Transaction, out *check.Report) error {
	m := tx.Message
	texts := m.Texts()
	seen := 0
	for _, p := range texts {
		seen += readable(p.Visible(), shortText+1)
	}
	switch {
	case seen == 0 && len(m.Attachments()) == 0 && !hasImages(texts) && len(bytes.TrimSpace(m.Root().Raw())) == 0:
		out.Add("COMPLETELY_EMPTY", strconv.Itoa(len(m.Root().Raw()))+" bytes")
	case len(texts) == 1 && len(m.Attachments()) == 0 && seen <= shortText:
		out.Add("SINGLE_SHORT_PART", strings.TrimSpace(texts[0].Visible()))
	}
	if p := mainText(texts); p != nil {
		linkShare(m, p, out)
	}
	return nil
}

// readable counts letters and digits of a text up to a bound.
func readable(text string, bound int) int {
	n := 0
	for _, c := range text {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			if n++; n >= bound {
				break
			}
		}
	}
	return n
}

func hasImages(texts []*message.Part) bool {
	for _, p := range texts {
		if h := p.HTML(); h != nil && len(h.Images) > 0 {
			return true
		}
	}
	return false
}

// mainText is what a mail program shows first: the HTML, else the text.
func mainText(texts []*message.Part) *message.Part {
	for _, p := range texts {
		if p.Is("text/html") {
			return p
		}
	}
	if len(texts) > 0 {
		return texts[0]
	}
	return nil
}

// A text of which more than that share is links is nothing but links.
const linkOnlyShare = 0.8

func linkShare(m *message.Message, p *message.Part, out *check.Report) {
	text := strings.TrimSpace(p.Visible())
	if text == "" || len(text) > 4096 {
		return
	}
	length := shownLinks(m, p, text)
	share := float64(length) / float64(len(text))
	if share <= linkOnlyShare {
		return
	}
	out.AddWeighted("HFILTER_URL_ONLY", min(1, (share-linkOnlyShare)*5), strconv.Itoa(int(100*share))+"% of the text is links", text)
	if !strings.Contains(text, "\n") {
		out.Add("HFILTER_URL_ONELINE", text)
	}
}

// shownLinks is the length of the links that a text shows as addresses.
func shownLinks(m *message.Message, p *message.Part, text string) int {
	n := 0
	for _, l := range m.Links() {
		if l.Part != p || l.Kind != message.LinkText && l.Kind != message.LinkAnchor {
			continue
		}
		shown := l.Text
		if shown == "" {
			shown = l.URL
		}
		if looksLikeURL(shown) && strings.Contains(text, shown) {
			n += len(shown)
		}
	}
	return min(n, len(text))
}

// looksLikeURL tells whether a text shows an address of the web.
func looksLikeURL(s string) bool {
	return prefixFold(s, "http://") || prefixFold(s, "https://") || prefixFold(s, "www.")
}
