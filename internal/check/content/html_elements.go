package content

import (
	"context"
	"strconv"
	"strings"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// HTMLElements looks for elements that have no place in mail: forms, scripts,
// frames, forwarding, and data hidden in addresses.
func HTMLElements() check.Check {
	return check.New(check.Info{
		Name: "html_elements", Stage: check.Message,
		Symbols: []verdict.Symbol{
			{Name: "HTML_META_REFRESH_URL", Group: "html", Score: 5, Description: "HTML that leads on to another address by itself"},
			{Name: "EXT_CSS", Group: "html", Score: 1, Description: "HTML that loads a style sheet"},
			{Name: "HAS_DATA_URI", Group: "html", Description: "HTML with data in an address"},
			{Name: "DATA_URI_OBFU", Group: "html", Score: 2, Description: "HTML with text or HTML hidden in a data address"},
			{Name: "HTML_FORM", Group: "html", Score: 0.5, Description: "HTML with a form to fill in"},
			{Name: "HTML_FORM_PASSWORD", Group: "html", Score: 3, Description: "HTML that asks for a password"},
			{Name: "HTML_SCRIPT", Group: "html", Score: 1, Description: "HTML with a script"},
			{Name: "HTML_FRAME", Group: "html", Score: 0.5, Description: "HTML with a frame or an embedded object"},
			{Name: "HTML_BASE_HREF", Group: "html", Score: 0.2, Description: "HTML that redefines what its addresses start from"},
		},
	}, htmlElements)
}

func htmlElements(_ context.Context, tx *check.Transaction, out *check.Report) error {
	for _, p := range tx.Message.Texts() {
		h := p.HTML()
		if h == nil {
			continue
		}
		for _, url := range h.MetaRefresh {
			out.Add("HTML_META_REFRESH_URL", url)
		}
		for _, url := range h.ExternalCSS {
			if styleFile(url) {
				out.Add("EXT_CSS", url)
			}
		}
		if h.BaseHref != "" {
			out.Add("HTML_BASE_HREF", h.BaseHref)
		}
		dataAddresses(p, h, out)
		activeElements(p, h, out)
	}
	return nil
}

// styleFile tells whether an address is that of a style sheet's file. Fonts
// that newsletters load from services have other addresses.
func styleFile(url string) bool {
	if i := strings.IndexAny(url, "?#"); i >= 0 {
		url = url[:i]
	}
	return suffixFold(url, ".css")
}

func dataAddresses(p *message.Part, h *message.HTML, out *check.Report) {
	if h.DataURIs == 0 {
		return
	}
	out.Add("HAS_DATA_URI", strconv.Itoa(h.DataURIs)+" in "+partName(p))
	text := p.Text()
	for _, kind := range [...]string{"data:text/html;base64,", "data:text/plain;base64,"} {
		if hasFold(text, kind) {
			out.Add("DATA_URI_OBFU", kind+" in "+partName(p))
		}
	}
}

func activeElements(p *message.Part, h *message.HTML, out *check.Report) {
	for i := range h.Forms {
		f := &h.Forms[i]
		if f.Password {
			out.Add("HTML_FORM_PASSWORD", "form to "+f.Action)
		} else if f.Inputs > 0 {
			out.Add("HTML_FORM", "form to "+f.Action)
		}
	}
	if h.Scripts > 0 {
		out.Add("HTML_SCRIPT", strconv.Itoa(h.Scripts)+" in "+partName(p))
	}
	if h.Frames > 0 {
		out.Add("HTML_FRAME", strconv.Itoa(h.Frames)+" in "+partName(p))
	}
}
