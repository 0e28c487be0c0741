package message

import "strings"

// Link is a hyperlink: where it goes and what the reader sees of it.
type Link struct {
	// URL as it stands in the source, decoded; Target normalised, with a
	// scheme, percent-escapes of unreserved characters undone, and the host
	// in lower case ASCII.
	URL, Target string
	// Scheme, Host (ASCII, lower case, no port) and Port of Target.
	Scheme, Host, Port string
	// Text is what the reader sees, "" for a bare link in plain text.
	Text string
	// Kind tells where it was found.
	Kind LinkKind
	// Part it was found in; nil for links in the header.
	Part *Part
	// Schemeless tells that the source had no scheme, such as "www.a.example".
	Schemeless bool
	// User is the user information before @, a well-known trick.
	User string
}

// LinkKind tells where a link was found.
type LinkKind uint8

// The places links are found in.
const (
	LinkText   LinkKind = iota // in plain text
	LinkAnchor                 // a href, area href
	LinkImage                  // img src, background
	LinkForm                   // form action
	LinkOther                  // link, iframe, meta refresh, script, css
)

// Links gives all links of all text parts, bounded by the limits.
func (m *Message) Links() []Link {
	m.linksOnce.Do(func() {
		for _, p := range m.Texts() {
			links := p.Links()
			if left := m.limits.Links - len(m.links); len(links) >= left {
				links = links[:left]
				m.defect(TooManyLinks, p.body, p.path, "")
			}
			m.links = append(m.links, links...)
		}
	})
	return m.links
}

// Links gives the links of a text part in their order, bounded by the limits;
// for HTML those of elements first and then those in its text.
func (p *Part) Links() []Link {
	if h := p.HTML(); h != nil {
		return h.Links
	}
	if !p.isText() {
		return nil
	}
	p.linkOnce.Do(func() {
		p.links = textLinks(p.Visible(), p.m.limits.Links)
		for i := range p.links {
			p.links[i].Part = p
		}
	})
	return p.links
}

// addLink notes a link of an element other than a hyperlink.
func (w *htmlWalk) addLink(source string, kind LinkKind) bool {
	source = bounded(cleanURL(source))
	if source == "" || source[0] == '#' {
		return false
	}
	if hasScheme(source, "data:") {
		w.h.DataURIs++
		if kind == LinkImage {
			return false
		}
	}
	if hasScheme(source, "cid:") && kind != LinkAnchor {
		return false
	}
	if len(w.h.Links) >= w.limits.Links {
		return false
	}
	link := normalizeURL(resolveURL(w.h.BaseHref, source))
	link.URL, link.Kind = source, kind
	w.h.Links = append(w.h.Links, link)
	return true
}

// maxURL bounds what is kept of one URL, in bytes.
const maxURL = 8 << 10

func bounded(s string) string { return s[:min(len(s), maxURL)] }

// hasScheme compares the beginning of s without regard to case.
func hasScheme(s, scheme string) bool {
	return len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme)
}

// openAnchor begins a hyperlink.
func (w *htmlWalk) openAnchor(e *element, href string) {
	if e.name == "area" {
		w.addLink(href, LinkAnchor)
		return
	}
	if !w.addLink(href, LinkAnchor) {
		return
	}
	w.anchor = len(w.h.Links)
	w.anchorStart = w.visible.b.Len()
	e.link = true
}

// closeAnchor ends the open hyperlink: what became visible since is its text.
func (w *htmlWalk) closeAnchor() {
	if w.anchor == 0 {
		return
	}
	end := w.visible.b.Len()
	text := w.visible.b.String()[w.anchorStart:end]
	if strings.IndexByte(text, '\n') >= 0 {
		text = strings.Join(strings.Fields(text), " ")
	}
	w.h.Links[w.anchor-1].Text = strings.TrimSpace(text)
	w.spans = append(w.spans, span{w.anchorStart, end})
	w.anchor = 0
}

// linksInText adds the links that stand in the visible text outside of
// hyperlinks, since readers make them links too.
func (w *htmlWalk) linksInText() {
	text := w.h.Visible
	at := 0
	for _, s := range append(w.spans, span{len(text), len(text)}) {
		if s.start > at && s.start <= len(text) {
			w.h.Links = append(w.h.Links, textLinks(text[at:s.start], w.limits.Links-len(w.h.Links))...)
		}
		at = max(at, s.end)
	}
}
