package content

import (
	"context"
	"fmt"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// HTMLHidden looks for text that stands in the HTML and is not seen: words
// meant for filters, between the letters or beside the text meant for people.
func HTMLHidden() check.Check {
	return check.New(check.Info{
		Name: "html_hidden", Stage: check.Message,
		Symbols: []verdict.Symbol{
			{Name: "R_WHITE_ON_WHITE", Group: "html", Score: 4, Description: "Text in the colour of its background"},
			{Name: "ZERO_FONT", Group: "html", Score: 1, Description: "Text of no size"},
			{Name: "MANY_INVISIBLE_PARTS", Group: "html", Score: 1, Description: "Many pieces of text are hidden"},
			{Name: "HTML_OFF_SCREEN", Group: "html", Score: 1, Description: "Text is placed off the screen"},
			{Name: "HTML_HIDDEN_SHARE", Group: "html", Score: 1, Description: "Much of the text is hidden"},
		},
	}, htmlHidden)
}

func htmlHidden(_ context.Context, tx *check.Transaction, out *check.Report) error {
	for _, p := range tx.Message.Texts() {
		if h := p.HTML(); h != nil && h.Hidden != "" {
			hiddenText(p, h, out)
		}
	}
	return nil
}

// The weights grow with the number of tricks up to these numbers: one hidden
// line is what newsletters use to set the preview of their mails.
const (
	manyInvisible = 10
	manyZeroFont  = 10
	manyContrast  = 5
	hiddenLeast   = 250 // letters
)

func hiddenText(p *message.Part, h *message.HTML, out *check.Report) {
	share := hiddenShare(h)
	if n := h.LowContrast; n > 0 && share > 0.1 {
		weight := min(1, 2*share) * grade(n, manyContrast)
		out.AddWeighted("R_WHITE_ON_WHITE", weight, fmt.Sprintf("%d times in %s", n, partName(p)), hiddenSample(h))
	}
	if n := h.ZeroFont; n > 0 {
		out.AddWeighted("ZERO_FONT", grade(n, manyZeroFont), fmt.Sprintf("%d times in %s", n, partName(p)), hiddenSample(h))
	}
	if n := h.HiddenDisplay + h.LowContrast + h.OffScreen; n > 1 {
		out.AddWeighted("MANY_INVISIBLE_PARTS", grade(n, manyInvisible), fmt.Sprintf("%d times in %s", n, partName(p)))
	}
	if n := h.OffScreen; n > 0 {
		out.Add("HTML_OFF_SCREEN", fmt.Sprintf("%d times in %s", n, partName(p)))
	}
	if share > 0.5 && readable(h.Hidden, hiddenLeast) == hiddenLeast {
		out.AddWeighted("HTML_HIDDEN_SHARE", 2*share-1, fmt.Sprintf("%.0f%% of %s", 100*share, partName(p)), hiddenSample(h))
	}
}

// hiddenBound bounds the letters that are counted of each text.
const hiddenBound = 4000

// hiddenShare is the share of the text that is not seen, in letters: blanks
// of all kinds are what newsletters fill up their preview with.
func hiddenShare(h *message.HTML) float64 {
	hidden, seen := readable(h.Hidden, hiddenBound), readable(h.Visible, hiddenBound)
	return float64(hidden) / float64(max(1, hidden+seen))
}

// grade grows from a fifth to 1 as n reaches many.
func grade(n, many int) float64 {
	return min(1, 0.2+0.8*float64(n-1)/float64(many-1))
}

// hiddenSample quotes the beginning of the hidden text.
func hiddenSample(h *message.HTML) string {
	return "hidden: " + h.Hidden[:min(len(h.Hidden), 80)]
}
