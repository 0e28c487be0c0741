package message

import (
	"math"
	"strconv"
	"strings"
)

// rgb is a colour, each component from 0 to 255.
type rgb struct{ r, g, b float64 }

// minContrast is the contrast below which text is not seen. The same colour
// has 1, black on white 21 (WCAG 2.1, relative luminance); light grey print
// such as #999 on white, which is usual in footers, has 2.8.
const minContrast = 1.15

// contrast gives the contrast of two colours by WCAG 2.1.
func contrast(a, b rgb) float64 {
	la, lb := a.luminance(), b.luminance()
	if la < lb {
		la, lb = lb, la
	}
	return (la + 0.05) / (lb + 0.05)
}

func (c rgb) luminance() float64 {
	return 0.2126*linear[uint8(c.r)] + 0.7152*linear[uint8(c.g)] + 0.0722*linear[uint8(c.b)]
}

// linear is each component without its gamma.
var linear = func() (t [256]float64) {
	for i := range t {
		v := float64(i) / 255
		if v <= 0.03928 {
			t[i] = v / 12.92
		} else {
			t[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return t
}()

// parseColor understands the colours of CSS and of old HTML. alpha is 0 for
// a transparent one, 1 for a solid one.
func parseColor(s string) (c rgb, alpha float64, ok bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if v, ok := colorNames[s]; ok {
		return rgb{float64(v >> 16), float64(v >> 8 & 255), float64(v & 255)}, 1, true
	}
	switch {
	case s == "transparent":
		return c, 0, true
	case strings.HasPrefix(s, "#"):
		return hexColor(s[1:])
	case strings.HasPrefix(s, "rgb"):
		return functionColor(s)
	case strings.HasPrefix(s, "hsl"):
		return hslColor(s)
	case len(s) == 6:
		return hexColor(s) // QUIRK: bgcolor=ffffff without "#"
	}
	return c, 0, false
}

// hexColor understands #rgb, #rgba, #rrggbb and #rrggbbaa without the "#".
func hexColor(s string) (c rgb, alpha float64, ok bool) {
	v, err := strconv.ParseUint(s, 16, 32)
	if err != nil {
		return c, 0, false
	}
	alpha = 1
	switch len(s) {
	case 4:
		alpha = float64(v&15) / 15
		v >>= 4
		fallthrough
	case 3:
		return rgb{float64(v>>8&15) * 17, float64(v>>4&15) * 17, float64(v&15) * 17}, alpha, true
	case 8:
		alpha = float64(v&255) / 255
		v >>= 8
		fallthrough
	case 6:
		return rgb{float64(v >> 16 & 255), float64(v >> 8 & 255), float64(v & 255)}, alpha, true
	}
	return c, 0, false
}

// arguments gives up to four numbers between the parentheses of s; a
// percentage is of scale.
func arguments(s string, scale float64) (v [4]float64, n int) {
	_, s, ok := strings.Cut(s, "(")
	if !ok {
		return v, 0
	}
	s, _, _ = strings.Cut(s, ")")
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '/' }) {
		if n == 4 {
			break
		}
		number, percent := strings.CutSuffix(word, "%")
		x, err := strconv.ParseFloat(strings.TrimSuffix(number, "deg"), 64)
		if err != nil {
			return v, 0
		}
		if percent && n < 3 {
			x = x * scale / 100
		} else if percent {
			x /= 100
		}
		v[n] = x
		n++
	}
	if n == 3 {
		v[3] = 1
	}
	return v, n
}

// functionColor understands rgb(...) and rgba(...).
func functionColor(s string) (c rgb, alpha float64, ok bool) {
	v, n := arguments(s, 255)
	if n < 3 {
		return c, 0, false
	}
	return rgb{clampByte(v[0]), clampByte(v[1]), clampByte(v[2])}, v[3], true
}

func clampByte(v float64) float64 { return max(0, min(255, v)) }

// hslColor understands hsl(...) and hsla(...).
func hslColor(s string) (c rgb, alpha float64, ok bool) {
	v, n := arguments(s, 1)
	if n < 3 {
		return c, 0, false
	}
	h, sat, light := math.Mod(v[0], 360), max(0, min(1, v[1])), max(0, min(1, v[2]))
	part := func(k float64) float64 {
		k = math.Mod(k+h/30+12, 12)
		return 255 * (light - sat*min(light, 1-light)*max(-1, min(k-3, 9-k, 1)))
	}
	return rgb{part(0), part(8), part(4)}, v[3], true
}

// colorNames are the colours with a name that mails use.
var colorNames = map[string]uint32{
	"black": 0x000000, "white": 0xffffff, "red": 0xff0000, "green": 0x008000, "blue": 0x0000ff,
	"yellow": 0xffff00, "aqua": 0x00ffff, "cyan": 0x00ffff, "fuchsia": 0xff00ff, "magenta": 0xff00ff,
	"gray": 0x808080, "grey": 0x808080, "silver": 0xc0c0c0, "maroon": 0x800000, "purple": 0x800080,
	"lime": 0x00ff00, "olive": 0x808000, "navy": 0x000080, "teal": 0x008080, "orange": 0xffa500,
	"snow": 0xfffafa, "ivory": 0xfffff0, "ghostwhite": 0xf8f8ff, "whitesmoke": 0xf5f5f5,
	"floralwhite": 0xfffaf0, "azure": 0xf0ffff, "mintcream": 0xf5fffa, "honeydew": 0xf0fff0,
	"aliceblue": 0xf0f8ff, "lightyellow": 0xffffe0, "seashell": 0xfff5ee, "linen": 0xfaf0e6,
	"oldlace": 0xfdf5e6, "beige": 0xf5f5dc, "cornsilk": 0xfff8dc, "lavender": 0xe6e6fa,
	"lavenderblush": 0xfff0f5, "mistyrose": 0xffe4e1, "gainsboro": 0xdcdcdc, "lightgray": 0xd3d3d3,
	"lightgrey": 0xd3d3d3, "darkgray": 0xa9a9a9, "darkgrey": 0xa9a9a9, "dimgray": 0x696969,
	"dimgrey": 0x696969, "darkblue": 0x00008b, "mediumblue": 0x0000cd, "darkgreen": 0x006400,
	"darkred": 0x8b0000, "gold": 0xffd700, "pink": 0xffc0cb, "brown": 0xa52a2a, "tomato": 0xff6347,
	"coral": 0xff7f50, "crimson": 0xdc143c, "indigo": 0x4b0082, "violet": 0xee82ee, "khaki": 0xf0e68c,
	"steelblue": 0x4682b4, "royalblue": 0x4169e1, "lightblue": 0xadd8e6, "skyblue": 0x87ceeb,
	"lightgreen": 0x90ee90, "darkorange": 0xff8c00, "antiquewhite": 0xfaebd7, "papayawhip": 0xffefd5,
	"lemonchiffon": 0xfffacd, "lightcyan": 0xe0ffff, "wheat": 0xf5deb3, "tan": 0xd2b48c,
	"slategray": 0x708090, "slategrey": 0x708090, "darkslategray": 0x2f4f4f, "midnightblue": 0x191970,
}
