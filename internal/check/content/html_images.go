package content

import (
	"context"
	"fmt"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// HTMLImages looks at messages that say with pictures what they mean to say:
// filters cannot read pictures.
func HTMLImages() check.Check {
	return check.New(check.Info{
		Name: "html_images", Stage: check.Message,
		Symbols: []verdict.Symbol{
			{Name: "HTML_SHORT_LINK_IMG_1", Group: "html", Score: 2, Description: "An HTML of up to 1 kB with a picture as link"},
			{Name: "HTML_SHORT_LINK_IMG_2", Group: "html", Score: 1, Description: "An HTML of 1 to 1.5 kB with a picture as link"},
			{Name: "HTML_SHORT_LINK_IMG_3", Group: "html", Score: 0.5, Description: "An HTML of 1.5 to 2 kB with a picture as link"},
			{Name: "R_EMPTY_IMAGE", Group: "html", Score: 2, Description: "A big picture and hardly any text"},
			{Name: "R_SUSPICIOUS_IMAGES", Group: "html", Score: 5, Description: "Pictures as links outweigh the text"},
			{Name: "HTML_IMAGE_ONLY", Group: "html", Score: 1, Description: "Pictures without any text"},
		},
	}, htmlImages)
}

// Sizes in pixels: width and height together.
const (
	linkImageLeast = 210
	bigImage       = 400
	emptyText      = 50 // bytes
	imageOnlyText  = 12 // letters and digits
)

func htmlImages(_ context.Context, tx *check.Transaction, out *check.Report) error {
	for _, p := range tx.Message.Texts() {
		h := p.HTML()
		if h == nil || len(h.Images) == 0 {
			continue
		}
		shortLinkImage(p, h, out)
		emptyImage(p, h, out)
		imageShare(p, h, out)
	}
	return nil
}

// shortLinkImage reports a short HTML whose point is a picture to click.
func shortLinkImage(p *message.Part, h *message.HTML, out *check.Report) {
	size := len(p.Text())
	if size >= 2048 {
		return
	}
	for i := range h.Images {
		img := &h.Images[i]
		if !img.Linked || imageSize(img) < linkImageLeast {
			continue
		}
		symbol := "HTML_SHORT_LINK_IMG_3"
		switch {
		case size < 1024:
			symbol = "HTML_SHORT_LINK_IMG_1"
		case size < 1536:
			symbol = "HTML_SHORT_LINK_IMG_2"
		}
		out.Add(symbol, img.Src, fmt.Sprintf("%d bytes of HTML", size))
		return
	}
}

func emptyImage(p *message.Part, h *message.HTML, out *check.Report) {
	if len(h.Visible) < emptyText {
		for i := range h.Images {
			if img := &h.Images[i]; !img.Linked && imageSize(img) >= bigImage {
				out.Add("R_EMPTY_IMAGE", img.Src)
				break
			}
		}
	}
	if readable(h.Visible, imageOnlyText) < imageOnlyText && shownImage(h) != nil {
		out.Add("HTML_IMAGE_ONLY", partName(p), shownImage(h).Src)
	}
}

// shownImage is the first picture that is not hidden and no counter.
func shownImage(h *message.HTML) *message.Image {
	for i := range h.Images {
		img := &h.Images[i]
		if !img.Hidden && !(img.Width >= 0 && img.Width < 10) && !(img.Height >= 0 && img.Height < 10) {
			return img
		}
	}
	return nil
}

// imageShare weighs pictures against words: one of 100 by 200 pixels says
// about three words.
func imageShare(p *message.Part, h *message.HTML, out *check.Report) {
	pictured := 0.0
	for i := range h.Images {
		if n := imageSize(&h.Images[i]); h.Images[i].Linked && n > 100 && n < 3000 {
			pictured += float64(n) / 100
		}
	}
	if pictured == 0 {
		return
	}
	said := float64(countWords(h.Visible))
	if share := pictured / (said + pictured); share > 0.5 {
		out.AddWeighted("R_SUSPICIOUS_IMAGES", (share-0.5)*2, fmt.Sprintf("%d pictures, %.0f words in %s", len(h.Images), said, partName(p)))
	}
}

// imageSize is width and height together; what is not declared counts 0.
func imageSize(img *message.Image) int { return max(0, img.Width) + max(0, img.Height) }

// wordBound bounds the words that are counted: more do not change a verdict.
const wordBound = 2000

func countWords(text string) int {
	n, inside := 0, false
	for i := 0; i < len(text) && n < wordBound; i++ {
		blank := text[i] <= ' '
		if !blank && !inside {
			n++
		}
		inside = !blank
	}
	return n
}
