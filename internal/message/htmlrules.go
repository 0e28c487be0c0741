package message

import "strings"

// styleRules are the rules of style elements that can hide text, by their
// simple selectors: a name, a class or an id, or a name with one of them.
type styleRules struct {
	byKey map[string]declarations
	n     int
}

// maxStyleRules bounds the rules kept of one HTML text.
const maxStyleRules = 1000

func (r *styleRules) empty() bool { return len(r.byKey) == 0 }

// parse adds the rules of a style sheet. What stands in @media and the like
// is passed over, since mail readers differ in it.
func (r *styleRules) parse(css string) {
	css = strings.ReplaceAll(css, "<!--", " ")
	css = strings.ReplaceAll(css, "-->", " ")
	for len(css) > 0 && r.n < maxStyleRules {
		open := strings.IndexByte(css, '{')
		if open < 0 {
			return
		}
		selectors := strings.TrimSpace(cssWord(css[:open]))
		if i := strings.LastIndexByte(selectors, ';'); i >= 0 {
			selectors = selectors[i+1:] // after @import "x";
		}
		selectors = strings.TrimSpace(selectors)
		body, rest := cutBlock(css[open+1:])
		css = rest
		if !strings.HasPrefix(selectors, "@") {
			r.add(selectors, body)
		}
	}
}

// cutBlock cuts css after the brace that closes the block it stands in.
func cutBlock(css string) (body, rest string) {
	depth := 1
	for i := 0; i < len(css); i++ {
		switch css[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return css[:i], css[i+1:]
			}
		}
	}
	return css, ""
}

// add keeps the declarations of one rule if its selectors are simple and its
// declarations matter.
func (r *styleRules) add(selectors, body string) {
	for selector := range strings.SplitSeq(selectors, ",") {
		selector = strings.TrimSpace(selector)
		if selector == "" || strings.ContainsAny(selector, " >+~:[*\t\r\n") || r.n >= maxStyleRules {
			continue
		}
		if r.byKey == nil {
			r.byKey = map[string]declarations{}
		}
		d := r.byKey[selector]
		d.parse(body)
		r.byKey[selector] = d
		r.n++
	}
}

// maxClasses bounds the classes of one element that are looked up.
const maxClasses = 20

// apply adds the declarations of all rules for an element: by name, by class
// and by id, each stronger than the one before.
func (r *styleRules) apply(d *declarations, name, id, class string) {
	if r.empty() {
		return
	}
	r.merge(d, name)
	n := 0
	for word := range strings.FieldsSeq(class) {
		if n++; n > maxClasses {
			break
		}
		word = strings.ToLower(word)
		r.merge(d, "."+word)
		r.merge(d, name+"."+word)
	}
	if id != "" {
		id = strings.ToLower(id)
		r.merge(d, "#"+id)
		r.merge(d, name+"#"+id)
	}
}

// merge lays the declarations of one rule over d.
func (r *styleRules) merge(d *declarations, key string) {
	o, ok := r.byKey[key]
	if !ok {
		return
	}
	for _, pair := range [...]struct {
		to   *string
		from string
	}{
		{&d.display, o.display}, {&d.visibility, o.visibility}, {&d.size, o.size},
		{&d.color, o.color}, {&d.back, o.back}, {&d.image, o.image},
	} {
		if pair.from != "" {
			*pair.to = pair.from
		}
	}
	d.clipped = d.clipped || o.clipped
	d.flat = d.flat || o.flat
	d.transparent = d.transparent || o.transparent
	d.offScreen = d.offScreen || o.offScreen
	d.positioned = d.positioned || o.positioned
	d.far = d.far || o.far
}
