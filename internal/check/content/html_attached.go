package content

import (
	"context"
	"strconv"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// HTMLAttached looks at attached HTML files: opened in a browser they may do
// all that a mail program forbids, so that fraud sends its false login pages
// as attachments.
func HTMLAttached() check.Check {
	return check.New(check.Info{
		Name: "html_attached", Stage: check.Message,
		Symbols: []verdict.Symbol{
			{Name: "HTML_ATTACHED", Group: "html", Score: 0.5, Description: "An HTML file is attached"},
			{Name: "HTML_ATTACHED_FORM", Group: "html", Score: 3, Description: "An attached HTML file asks for input"},
			{Name: "HTML_ATTACHED_SCRIPT", Group: "html", Score: 2, Description: "An attached HTML file has a script"},
			{Name: "HTML_ATTACHED_REFRESH", Group: "html", Score: 3, Description: "An attached HTML file leads on to another address"},
		},
	}, htmlAttached)
}

func htmlAttached(_ context.Context, tx *check.Transaction, out *check.Report) error {
	for _, p := range tx.Message.Attachments() {
		if !attachedHTML(p) {
			continue
		}
		out.Add("HTML_ATTACHED", attachmentName(p))
		h := p.HTML()
		if h == nil {
			continue
		}
		for i := range h.Forms {
			out.Add("HTML_ATTACHED_FORM", attachmentName(p), "form to "+h.Forms[i].Action)
		}
		if h.Scripts > 0 {
			out.Add("HTML_ATTACHED_SCRIPT", attachmentName(p), strconv.Itoa(h.Scripts))
		}
		for _, url := range h.MetaRefresh {
			out.Add("HTML_ATTACHED_REFRESH", attachmentName(p), url)
		}
	}
	return nil
}

func attachedHTML(p *message.Part) bool {
	if p.Is("text/html") || p.Is("application/xhtml+xml") {
		return true
	}
	switch last, _ := extensions(p.Filename()); last {
	case "htm", "html", "shtml", "xhtml", "mht", "mhtml":
		return true
	}
	return false
}
