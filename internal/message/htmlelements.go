package message

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// What elements do to the flow of text.
const (
	blockElement = 1 << iota // begins and ends a line
	voidElement              // has no content
	rawElement               // its content is no HTML
	cellElement              // td, th and the like
	optionalEnd              // its end tag may be left out
)

// elementInfo is what the walk must know of an element.
type elementInfo struct {
	name string
	flow int
}

// elementTable lists the elements of HTML by name.
var elementTable = func() map[string]elementInfo {
	t := map[string]elementInfo{}
	add := func(flow int, names string) {
		for _, name := range strings.Fields(names) {
			t[name] = elementInfo{name, t[name].flow | flow}
		}
	}
	add(blockElement, `address article aside blockquote center dd details dialog dir div dl dt fieldset
		figcaption figure footer form h1 h2 h3 h4 h5 h6 header legend li main menu nav ol p pre section
		summary table tr ul caption thead tbody tfoot option select`)
	add(blockElement|voidElement, "hr")
	add(voidElement, "area base basefont bgsound br col embed frame img input keygen link meta param source track wbr")
	add(rawElement, "script style title textarea xmp iframe noembed noframes noscript plaintext")
	add(cellElement, "td th")
	add(optionalEnd, "html body head p li dt dd tr td th thead tbody tfoot option colgroup")
	add(0, "a b i u s q em strong font span big small tt code sub sup strike del ins label button map object abbr cite center")
	return t
}()

// tagAttrs are the attributes of one tag that matter here.
type tagAttrs struct {
	style, class, id, color, bgcolor, size            string
	href, src, alt, width, height, background, action string
	method, kind, equiv, content, rel, text, data     string
	hidden, hasHref, hasBackground                    bool
}

// maxAttrs bounds the attributes read of one tag.
const maxAttrs = 100

// read reads the attributes of the current tag.
func (a *tagAttrs) read(z *html.Tokenizer, more bool) {
	*a = tagAttrs{}
	for n := 0; more && n < maxAttrs; n++ {
		var key, val []byte
		key, val, more = z.TagAttr()
		a.set(key, val)
	}
}

// set keeps one attribute. Of one that stands twice the first counts.
func (a *tagAttrs) set(key, val []byte) {
	var to *string
	switch string(key) {
	case "style":
		to = &a.style
	case "class":
		to = &a.class
	case "id":
		to = &a.id
	case "color":
		to = &a.color
	case "bgcolor":
		to = &a.bgcolor
	case "size":
		to = &a.size
	case "href", "xlink:href":
		to, a.hasHref = &a.href, true
	case "src":
		to = &a.src
	case "alt":
		to = &a.alt
	case "width":
		to = &a.width
	case "height":
		to = &a.height
	case "background":
		to, a.hasBackground = &a.background, true
	case "action", "formaction":
		to = &a.action
	case "method":
		to = &a.method
	case "type":
		to = &a.kind
	case "http-equiv":
		to = &a.equiv
	case "content":
		to = &a.content
	case "rel":
		to = &a.rel
	case "text":
		to = &a.text
	case "data":
		to = &a.data
	case "hidden":
		a.hidden = true
	}
	if to != nil && *to == "" {
		*to = string(val)
	}
}

// special does what the element is for beside holding text.
func (w *htmlWalk) special(e *element) {
	a := &w.attrs
	switch e.name {
	case "a", "area":
		if a.hasHref {
			w.openAnchor(e, a.href)
		}
	case "br":
		if e.style.hiddenBy() == nil {
			w.visible.lineBreak()
		} else {
			w.hidden.space()
		}
	case "td", "th":
		w.visible.space()
		w.hidden.space()
	case "img", "image":
		w.image(e)
	case "form":
		w.beginForm(Form{Action: strings.TrimSpace(a.action), Method: strings.ToLower(a.method)})
		w.addLink(a.action, LinkForm)
	case "input", "select", "textarea", "button":
		w.input(e.name)
	case "base":
		if w.h.BaseHref == "" {
			w.h.BaseHref = bounded(strings.TrimSpace(a.href))
		}
	case "link":
		w.addLink(a.href, LinkOther)
		if len(w.h.ExternalCSS) < maxForms && strings.Contains(strings.ToLower(a.rel), "stylesheet") {
			w.h.ExternalCSS = append(w.h.ExternalCSS, strings.TrimSpace(a.href))
		}
	case "meta":
		w.meta()
	case "script":
		w.h.Scripts++
		w.addLink(a.src, LinkOther)
	case "iframe", "frame", "embed", "object":
		w.h.Frames++
		w.addLink(a.src, LinkOther)
		w.addLink(a.data, LinkOther)
	}
	if a.hasBackground {
		w.addLink(a.background, LinkImage)
	}
}

// image notes an img element.
func (w *htmlWalk) image(e *element) {
	a := &w.attrs
	img := Image{
		Src: strings.TrimSpace(a.src), Alt: a.alt,
		Width: pixels(a.width), Height: pixels(a.height), Linked: w.anchor > 0,
	}
	img.Hidden = e.style.hide != nil || e.style.unseen != nil || img.Width >= 0 && img.Width <= 1 && img.Height >= 0 && img.Height <= 1
	if len(w.h.Images) < w.limits.Links {
		w.h.Images = append(w.h.Images, img)
	}
	w.addLink(a.src, LinkImage)
}

// maxForms bounds the forms, style sheets and refreshes kept of one HTML text.
const maxForms = 100

// beginForm opens a form; beyond the bound the last one stays open.
func (w *htmlWalk) beginForm(f Form) {
	if len(w.h.Forms) < maxForms {
		w.h.Forms = append(w.h.Forms, f)
	}
	w.form = len(w.h.Forms)
}

// input notes a field of the open form, or of one that is nowhere begun.
func (w *htmlWalk) input(name string) {
	password := name == "input" && strings.EqualFold(strings.TrimSpace(w.attrs.kind), "password")
	if w.form == 0 {
		if !password {
			return
		}
		w.beginForm(Form{})
	}
	f := &w.h.Forms[w.form-1]
	f.Inputs++
	f.Password = f.Password || password
	if w.attrs.action != "" {
		w.addLink(w.attrs.action, LinkForm)
	}
}

// meta notes a refresh, which leads to another page by itself.
func (w *htmlWalk) meta() {
	if !strings.EqualFold(strings.TrimSpace(w.attrs.equiv), "refresh") {
		return
	}
	content := w.attrs.content
	i := strings.Index(strings.ToLower(content), "url")
	if i < 0 {
		return
	}
	_, target, ok := strings.Cut(content[i:], "=")
	if !ok {
		return
	}
	target = strings.Trim(target, " \t\r\n\"'")
	if len(w.h.MetaRefresh) < maxForms {
		w.h.MetaRefresh = append(w.h.MetaRefresh, target)
	}
	w.addLink(target, LinkOther)
}

// pixels reads a width or height; -1 for none and for percentages.
func pixels(s string) int {
	s = strings.TrimSpace(s)
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	v, err := strconv.Atoi(s[:n])
	if err != nil || strings.HasSuffix(s, "%") {
		return -1
	}
	return v
}
