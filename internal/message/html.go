package message

import (
	"strings"

	"golang.org/x/net/html"
)

// htmlWalk is one walk over the tokens of an HTML text. It keeps a stack of
// open elements with what they make of the text in them, and never a tree.
type htmlWalk struct {
	h      *HTML
	src    string
	z      *html.Tokenizer
	pos    int // in src, after the current token
	limits Limits

	stack   []element
	rules   styleRules
	visible textFlow
	hidden  textFlow
	// anchor is the index of the open hyperlink in h.Links plus one, and
	// anchorStart where its text begins in what is visible.
	anchor, anchorStart int
	// spans are the places of hyperlinks' texts in what is visible.
	spans []span
	form  int // index of the open form plus one
	attrs tagAttrs
	// unclosed holds the raw text elements whose end tag is nowhere in the
	// rest of the text.
	unclosed map[string]bool
	swallow  bool // text up to the next tag belongs to such an element
}

// span is a stretch of the visible text.
type span struct{ start, end int }

// element is one open element.
type element struct {
	name  string
	style style
	pre   bool
	link  bool // opened the hyperlink that is open
}

// maxOpenElements bounds the stack; elements within deeper ones count as
// text of the last.
const maxOpenElements = 256

// examineHTML walks over an HTML text once and tells what a reader sees of
// it, what is hidden, and where it leads.
func examineHTML(src string, limits Limits) *HTML {
	w := &htmlWalk{
		h: &HTML{Tags: map[string]int{}}, src: src, limits: limits,
		stack: append(make([]element, 0, 32), element{style: initialStyle()}),
	}
	w.visible.b.Grow(len(src) / 4)
	w.restart()
	for n := 0; ; n++ {
		if n >= limits.HTMLTokens {
			w.h.cut = true
			break
		}
		if !w.token() {
			break
		}
	}
	w.closeAnchor()
	w.h.Unbalanced += w.leftOpen(1)
	w.h.Visible = strings.TrimRight(w.visible.b.String(), " ")
	w.h.Hidden = strings.TrimSpace(w.hidden.b.String())
	w.linksInText()
	return w.h
}

// restart begins to read tokens at pos.
func (w *htmlWalk) restart() {
	w.z = html.NewTokenizer(strings.NewReader(w.src[w.pos:]))
	// No token is longer than the text, so that none ends the walk.
	w.z.SetMaxBuf(len(w.src) + 1<<16)
}

// token handles the next token; false at the end.
func (w *htmlWalk) token() bool {
	kind := w.z.Next()
	w.pos += len(w.z.Raw())
	switch kind {
	case html.ErrorToken:
		return false
	case html.TextToken:
		if !w.swallow {
			w.text(w.z.Text())
		}
	case html.StartTagToken, html.SelfClosingTagToken:
		w.swallow = false
		name, more := w.z.TagName()
		w.startTag(tagName(name), more, kind == html.SelfClosingTagToken)
	case html.EndTagToken:
		w.swallow = false
		name, _ := w.z.TagName()
		w.endTag(tagName(name))
	}
	return true
}

// tagName gives a bounded name without an allocation for the usual ones.
func tagName(name []byte) string {
	if info, ok := elementTable[string(name)]; ok {
		return info.name
	}
	return string(name[:min(len(name), 32)])
}

// maxTagNames bounds how many different names are counted.
const maxTagNames = 200

func (w *htmlWalk) count(name string) {
	if _, ok := w.h.Tags[name]; ok || len(w.h.Tags) < maxTagNames {
		w.h.Tags[name]++
	}
}

// startTag handles one start tag.
func (w *htmlWalk) startTag(name string, more, selfClosing bool) {
	w.count(name)
	info := elementTable[name]
	w.attrs.read(w.z, more)
	w.impliedEnds(name, info)
	e := element{name: name, style: w.current().style, pre: w.current().pre || name == "pre" || name == "textarea"}
	w.applyStyle(&e)
	w.breakLine(&e)
	w.special(&e)
	switch {
	case info.flow&voidElement != 0:
	case info.flow&rawElement != 0:
		w.rawText(name)
	case selfClosing && info.flow == 0 && info.name == "":
		// An unknown element such as <o:p/> that closes itself.
	case len(w.stack) < maxOpenElements:
		w.stack = append(w.stack, e)
	}
}

// current is the innermost open element.
func (w *htmlWalk) current() *element { return &w.stack[len(w.stack)-1] }

// rawText handles an element whose content is no HTML. Where its end tag is
// missing, browsers take all the rest for its content; mail readers that
// filter such elements show it, and so do we.
func (w *htmlWalk) rawText(name string) {
	if name == "noscript" || name == "noframes" || name == "noembed" {
		w.z.NextIsNotRawText() // mail readers run no scripts: it is shown
		return
	}
	if w.unclosed[name] || !hasEndTag(w.src[w.pos:], name) {
		if w.unclosed == nil {
			w.unclosed = map[string]bool{}
		}
		w.unclosed[name] = true
		w.h.Unbalanced++
		w.z.NextIsNotRawText()
		w.swallow = name == "style" || name == "script" || name == "title"
		return
	}
	if w.z.Next() != html.TextToken {
		w.pos += len(w.z.Raw())
		return
	}
	w.pos += len(w.z.Raw())
	text := w.z.Text()
	switch name {
	case "style":
		w.rules.parse(string(text))
	case "title":
		if w.h.Title == "" {
			w.h.Title = strings.Join(strings.Fields(string(text)), " ")
		}
	case "textarea", "xmp", "plaintext":
		e := *w.current()
		e.pre = true
		w.textIn(&e, text)
	}
}

// hasEndTag tells whether an end tag of that name stands in src.
func hasEndTag(src, name string) bool {
	for {
		i := strings.Index(src, "</")
		if i < 0 {
			return false
		}
		src = src[i+2:]
		if len(src) >= len(name) && strings.EqualFold(src[:len(name)], name) {
			return true
		}
	}
}

// impliedEnds closes the elements that end when one of that name begins.
func (w *htmlWalk) impliedEnds(name string, info elementInfo) {
	top := w.current().name
	switch name {
	case "li", "option", "dt", "dd", "tr", "thead", "tbody", "tfoot":
		if top == name || name == "dd" && top == "dt" || name == "dt" && top == "dd" {
			w.pop()
		} else if name == "tr" && (top == "td" || top == "th") {
			w.pop()
			if w.current().name == "tr" {
				w.pop()
			}
		}
	case "td", "th":
		if top == "td" || top == "th" {
			w.pop()
		}
	case "a":
		w.closeAnchor()
	default:
		if top == "p" && info.flow&blockElement != 0 {
			w.pop()
		}
	}
}

// endTag closes the innermost open element of that name. An inline element's
// end does not close a block begun within it, as browsers have it.
func (w *htmlWalk) endTag(name string) {
	info := elementTable[name]
	if info.flow&(voidElement|rawElement) != 0 {
		return
	}
	if name == "form" {
		w.form = 0
	}
	inline := info.flow&(blockElement|cellElement) == 0
	for i := len(w.stack) - 1; i > 0; i-- {
		e := &w.stack[i]
		if e.name == name {
			w.h.Unbalanced += w.leftOpen(i + 1)
			for len(w.stack) > i {
				w.pop()
			}
			return
		}
		if inline && elementTable[e.name].flow&(blockElement|cellElement) != 0 {
			w.crossing(name, i)
			return
		}
		if e.name == "table" && name != "table" && info.flow&cellElement == 0 {
			break
		}
	}
	w.h.Unbalanced++
	w.breakLine(&element{name: name, style: w.current().style})
}

// crossing ends an inline element in which the block at index at was begun:
// a hyperlink ends, the look of text goes back to what it was outside.
func (w *htmlWalk) crossing(name string, at int) {
	w.h.Unbalanced++
	if name == "a" {
		w.closeAnchor()
	}
	for i := at - 1; i > 0; i-- {
		if w.stack[i].name != name {
			continue
		}
		before := w.stack[i-1].style
		ended := w.stack[i].style
		w.stack[i].name = ""
		for k := i; k < len(w.stack); k++ {
			w.stack[k].style.undo(ended, before)
		}
		return
	}
}

// pop closes the innermost open element.
func (w *htmlWalk) pop() {
	e := w.current()
	if e.link {
		w.closeAnchor()
	}
	w.breakLine(e)
	w.stack = w.stack[:len(w.stack)-1]
}

// breakLine ends the line where the block e begins or ends. One that is not
// displayed at all breaks no line.
func (w *htmlWalk) breakLine(e *element) {
	if elementTable[e.name].flow&blockElement == 0 {
		return
	}
	w.hidden.space()
	if e.style.hide == nil {
		w.visible.newline()
	}
}

// leftOpen counts the elements from the index on that are left open though
// their end tag is not optional.
func (w *htmlWalk) leftOpen(from int) int {
	n := 0
	for _, e := range w.stack[from:] {
		if e.name != "" && elementTable[e.name].flow&optionalEnd == 0 {
			n++
		}
	}
	return n
}

// text takes the text of a token.
func (w *htmlWalk) text(text []byte) { w.textIn(w.current(), text) }

// textIn takes text that stands in e.
func (w *htmlWalk) textIn(e *element, text []byte) {
	trick := e.style.hiddenBy()
	if trick == nil {
		w.visible.write(text, e.pre)
		return
	}
	if !hasWord(text) {
		return
	}
	w.hidden.write(text, false)
	w.hidden.space()
	if !trick.counted {
		trick.counted = true
		w.h.countTrick(trick.kind)
	}
}
