package message

import (
	"strconv"
	"strings"
)

// trickKind is a way to hide text.
type trickKind uint8

const (
	trickDisplay trickKind = iota
	trickZeroFont
	trickTinyFont
	trickContrast
	trickOffScreen
)

// trick is one use of a way to hide text, by one element. It is counted when
// the element has text.
type trick struct {
	kind    trickKind
	counted bool
}

// countTrick counts an element that hides text.
func (h *HTML) countTrick(kind trickKind) {
	switch kind {
	case trickDisplay:
		h.HiddenDisplay++
	case trickZeroFont:
		h.ZeroFont++
	case trickTinyFont:
		h.TinyFont++
	case trickContrast:
		h.LowContrast++
	case trickOffScreen:
		h.OffScreen++
	}
}

// style is how text looks in an element. hide lasts for all that is within;
// the others an inner element can undo.
type style struct {
	hide, unseen, small, faint *trick
	size                       float64 // of the font, in pixels
	fore, back                 rgb
	backKnown                  bool // false on an image
}

// initialStyle is black on white at the usual size.
func initialStyle() style {
	return style{size: 16, fore: rgb{0, 0, 0}, back: rgb{255, 255, 255}, backKnown: true}
}

// hiddenBy gives what hides text of this style, nil when it is seen.
func (s *style) hiddenBy() *trick {
	switch {
	case s.hide != nil:
		return s.hide
	case s.unseen != nil:
		return s.unseen
	case s.small != nil:
		return s.small
	}
	return s.faint
}

// undo takes back what an element that has ended did: what s has of ended
// becomes as it was before.
func (s *style) undo(ended, before style) {
	if s.hide == ended.hide {
		s.hide = before.hide
	}
	if s.unseen == ended.unseen {
		s.unseen = before.unseen
	}
	if s.small == ended.small {
		s.small = before.small
	}
	if s.faint == ended.faint {
		s.faint = before.faint
	}
	if s.size == ended.size {
		s.size = before.size
	}
	if s.fore == ended.fore {
		s.fore = before.fore
	}
	if s.back == ended.back {
		s.back, s.backKnown = before.back, before.backKnown
	}
}

// declarations are the properties of CSS that can hide text, as one element
// has them.
type declarations struct {
	display, visibility, size, color, back, image string
	clipped                                       bool // overflow hidden
	flat                                          bool // no height or no width
	transparent                                   bool
	offScreen                                     bool
	positioned                                    bool
	far                                           bool // a coordinate far away
}

// applyStyle computes the style of e, which so far is that of its parent.
func (w *htmlWalk) applyStyle(e *element) {
	a := &w.attrs
	if a.style == "" && a.color == "" && a.bgcolor == "" && !a.hidden && !a.hasBackground && a.text == "" &&
		e.name != "a" && w.rules.empty() {
		return
	}
	var d declarations
	w.attributes(e, &d)
	w.rules.apply(&d, e.name, a.id, a.class)
	if a.style != "" {
		d.parse(a.style)
	}
	if a.hidden {
		d.display = "none"
	}
	d.applyTo(&e.style)
}

// attributes takes the look from the attributes of old HTML.
func (w *htmlWalk) attributes(e *element, d *declarations) {
	a := &w.attrs
	switch e.name {
	case "font", "basefont":
		d.color = a.color
	case "body":
		d.color = a.text
	case "a":
		if a.hasHref {
			d.color = "#0000ee"
		}
	}
	d.back = a.bgcolor
	if a.hasBackground {
		d.image = "url"
	}
}

// applyTo changes the parent's style s to that of the element.
func (d *declarations) applyTo(s *style) {
	switch {
	case s.hide != nil:
		return
	case d.display == "none" || d.transparent || d.clipped && d.flat:
		s.hide = &trick{kind: trickDisplay}
		return
	case d.offScreen || d.positioned && d.far:
		s.hide = &trick{kind: trickOffScreen}
		return
	}
	switch d.visibility {
	case "hidden", "collapse":
		s.unseen = &trick{kind: trickDisplay}
	case "visible":
		s.unseen = nil
	}
	d.applySize(s)
	d.applyColors(s)
}

// Fonts up to tinyFont pixels cannot be read.
const tinyFont = 3

func (d *declarations) applySize(s *style) {
	size, ok := fontSize(d.size, s.size)
	if !ok {
		return
	}
	s.size = size
	switch {
	case size < 1:
		if s.small == nil || s.small.kind != trickZeroFont {
			s.small = &trick{kind: trickZeroFont}
		}
	case size <= tinyFont:
		s.small = &trick{kind: trickTinyFont}
	default:
		s.small = nil
	}
}

func (d *declarations) applyColors(s *style) {
	changed, invisible := false, false
	if d.back != "" {
		if c, alpha, ok := parseColor(d.back); ok && alpha > 0.5 {
			s.back, s.backKnown, changed = c, true, true
		}
	}
	if d.image != "" {
		s.backKnown, changed = false, true
	}
	if d.color != "" {
		if c, alpha, ok := parseColor(d.color); ok {
			s.fore, changed = c, true
			invisible = alpha < 0.05
		}
	}
	if !changed {
		return
	}
	if invisible || s.backKnown && contrast(s.fore, s.back) < minContrast {
		if s.faint == nil {
			s.faint = &trick{kind: trickContrast}
		}
	} else {
		s.faint = nil
	}
}

// parse reads the declarations of a style attribute or of a rule.
func (d *declarations) parse(css string) {
	for len(css) > 0 {
		var one string
		one, css = cutDeclaration(css)
		name, value, ok := strings.Cut(one, ":")
		if !ok {
			continue
		}
		value, _, _ = strings.Cut(value, "!")
		d.set(cssWord(name), cssWord(value))
	}
}

// cssWord gives s in lower case without blanks around it and comments.
func cssWord(s string) string {
	if strings.Contains(s, "/*") {
		s = withoutCSSComments(s)
	}
	return strings.ToLower(strings.TrimSpace(s))
}

func withoutCSSComments(s string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, "/*")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		if _, s, ok = strings.Cut(after, "*/"); !ok {
			return b.String()
		}
	}
}

// cutDeclaration cuts css after its first declaration: at a semicolon that
// stands in no parentheses, as in url(data:a;b), and in no quotes.
func cutDeclaration(css string) (one, rest string) {
	depth := 0
	var quote byte
	for i := 0; i < len(css); i++ {
		switch c := css[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth = max(0, depth-1)
		case c == ';' && depth == 0:
			return css[:i], css[i+1:]
		}
	}
	return css, ""
}

// set takes one declaration.
func (d *declarations) set(name, value string) {
	switch name {
	case "display":
		d.display = value
	case "visibility":
		d.visibility = value
	case "font-size":
		d.size = value
	case "font":
		if size, ok := shorthandSize(value); ok {
			d.size = size
		}
	case "color":
		d.color = value
	case "background-color":
		d.back = value
	case "background", "background-image":
		d.background(value)
	case "opacity":
		v, err := strconv.ParseFloat(strings.TrimSuffix(value, "%"), 64)
		d.transparent = err == nil && v <= 0.05
	case "overflow", "overflow-y", "overflow-x":
		d.clipped = strings.HasPrefix(value, "hidden") || value == "clip"
	case "max-height", "height", "max-width", "width":
		px, ok := length(value, 16)
		d.flat = ok && px < 2 || d.flat && name != "height" && name != "width"
	case "position":
		d.positioned = value == "absolute" || value == "fixed" || value == "relative"
	case "left", "top", "right", "bottom":
		px, ok := length(value, 16)
		d.far = d.far || ok && (px <= -200 || px >= 5000)
	case "text-indent", "margin-left", "margin-top", "margin":
		px, ok := length(value, 16)
		d.offScreen = d.offScreen || ok && px <= -500
	case "clip":
		d.offScreen = d.offScreen || strings.HasPrefix(strings.ReplaceAll(value, " ", ""), "rect(0") && d.positioned
	}
}

// background takes the colour or the image out of the shorthand property.
func (d *declarations) background(value string) {
	if strings.Contains(value, "url(") || strings.Contains(value, "gradient") {
		d.image = "url"
	}
	if _, _, ok := parseColor(value); ok {
		d.back = value
		return
	}
	for _, word := range strings.Fields(value) {
		if _, _, ok := parseColor(word); ok {
			d.back = word
			return
		}
	}
}

// shorthandSize finds the size in the font property: the first length.
func shorthandSize(value string) (string, bool) {
	for _, word := range strings.Fields(value) {
		word, _, _ = strings.Cut(word, "/")
		if word == "" || word[0] != '.' && (word[0] < '0' || word[0] > '9') {
			continue
		}
		if _, err := strconv.Atoi(word); err == nil && word != "0" {
			continue // a weight such as 700
		}
		return word, true
	}
	return "", false
}

// fontSizes are the sizes with a name, in pixels.
var fontSizes = map[string]float64{
	"xx-small": 9, "x-small": 10, "small": 13, "medium": 16, "large": 18, "x-large": 24, "xx-large": 32,
}

// fontSize gives a size in pixels; parent is the size outside.
func fontSize(value string, parent float64) (px float64, ok bool) {
	if value == "" {
		return 0, false
	}
	if px, ok = fontSizes[value]; ok {
		return px, true
	}
	switch value {
	case "smaller":
		return parent * 0.8, true
	case "larger":
		return parent * 1.2, true
	}
	px, ok = length(value, parent)
	return px, ok && px >= 0
}

// length gives a length of CSS in pixels; em is what 1em and 100% mean.
func length(value string, em float64) (px float64, ok bool) {
	value, _, _ = strings.Cut(value, " ")
	n := 0
	for n < len(value) && (value[n] >= '0' && value[n] <= '9' || strings.IndexByte("+-.", value[n]) >= 0) {
		n++
	}
	v, err := strconv.ParseFloat(value[:n], 64)
	if err != nil {
		return 0, false
	}
	switch value[n:] {
	case "", "px":
		return v, true
	case "pt":
		return v * 4 / 3, true
	case "em":
		return v * em, true
	case "rem":
		return v * 16, true
	case "ex", "ch":
		return v * em / 2, true
	case "%":
		return v * em / 100, true
	case "pc", "mm", "cm", "in":
		return v * 16, true
	case "vw", "vh":
		return v * 10, true
	}
	return 0, v == 0
}
