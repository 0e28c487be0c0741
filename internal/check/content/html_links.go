package content

import (
	"context"
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// HTMLLinks compares where a link goes with what the reader sees of it.
func HTMLLinks() check.Check {
	return check.New(check.Info{
		Name: "html_links", Stage: check.Message,
		Symbols: []verdict.Symbol{
			{Name: "HTTP_TO_IP", Group: "html", Score: 1, Description: "A link to a bare address"},
			{Name: "HTTP_TO_HTTPS", Group: "html", Score: 0.5, Description: "A link that shows https and goes to http"},
			{Name: "HTML_LINK_OTHER_HOST", Group: "html", Score: 1.5, Description: "A link shows one host and goes to another"},
			{Name: "HTML_LINK_USER", Group: "html", Score: 1.5, Description: "A link has a user name before its host, which hides the host"},
		},
	}, htmlLinks)
}

func htmlLinks(_ context.Context, tx *check.Transaction, out *check.Report) error {
	links := tx.Message.Links()
	for i := range links {
		l := &links[i]
		if l.Kind != message.LinkAnchor || !web(l.Scheme) {
			continue
		}
		linkTarget(l, out)
		if l.Text != "" {
			linkText(l, out)
		}
	}
	return nil
}

func web(scheme string) bool { return scheme == "http" || scheme == "https" }

func linkTarget(l *message.Link, out *check.Report) {
	if l.Host != "" && (l.Host[0] == '[' || l.Host[len(l.Host)-1] <= '9') {
		if _, err := netip.ParseAddr(strings.Trim(l.Host, "[]")); err == nil {
			out.Add("HTTP_TO_IP", l.Target)
		}
	}
	if l.User != "" {
		out.Add("HTML_LINK_USER", l.URL)
	}
}

func linkText(l *message.Link, out *check.Report) {
	text := strings.TrimSpace(l.Text)
	if l.Scheme == "http" && prefixFold(text, "https://") {
		out.Add("HTTP_TO_HTTPS", "shows "+text+", goes to "+l.Target)
	}
	shown := shownHost(text)
	if shown == "" || l.Host == "" || sameHost(shown, l.Host) || wrapped(l, shown) {
		return
	}
	out.Add("HTML_LINK_OTHER_HOST", "shows "+shown+", goes to "+l.Host)
}

// shownHost is the host of an address that a text shows and nothing else, in
// lower case, or "".
func shownHost(text string) string {
	if !looksLikeURL(text) || len(text) > 500 || strings.ContainsAny(text, " \t\n") {
		return ""
	}
	if i := strings.Index(text, "://"); i >= 0 {
		text = text[i+3:]
	}
	if i := strings.IndexAny(text, "/?#"); i >= 0 {
		text = text[:i]
	}
	if i := strings.LastIndexByte(text, '@'); i >= 0 {
		text = text[i+1:]
	}
	if i := strings.IndexByte(text, ':'); i >= 0 {
		text = text[:i]
	}
	host := strings.ToLower(strings.Trim(text, ".…"))
	if !ascii7(host) || !strings.Contains(host, ".") {
		return ""
	}
	return host
}

// sameHost tells whether two hosts belong to the same registered domain.
func sameHost(a, b string) bool {
	if a == b || strings.HasSuffix(a, "."+b) || strings.HasSuffix(b, "."+a) {
		return true
	}
	da, errA := publicsuffix.EffectiveTLDPlusOne(a)
	db, errB := publicsuffix.EffectiveTLDPlusOne(b)
	return errA == nil && errB == nil && da == db
}

// wrapped tells whether the link goes to a service that checks links and then
// leads on to the host shown: the address names it.
func wrapped(l *message.Link, shown string) bool {
	return hasFold(l.URL[min(len(l.URL), len("https://")):], strings.TrimPrefix(shown, "www."))
}
