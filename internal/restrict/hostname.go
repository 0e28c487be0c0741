package restrict

import (
	"strings"

	"postern/internal/addr"
)

// validHostname tells whether a name has the form of a host name: at most 255
// bytes, labels of 1 to 63 letters, digits, hyphens and underscores that
// neither begin nor end with a hyphen, and somewhere something that is not a
// digit, since 1.2.3.4 is an address and no name.
func validHostname(name string) bool {
	if name == "" || len(name) > 255 {
		return false
	}
	numeric := true
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := 0; i < len(label); i++ {
			c := label[i]
			switch {
			case '0' <= c && c <= '9':
			case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '-', c == '_':
				numeric = false
			default:
				return false
			}
		}
	}
	return !numeric
}

// cutDot takes one dot at the end off, not one of several.
func cutDot(name string) string {
	if strings.HasSuffix(name, ".") && !strings.HasSuffix(name, "..") {
		return name[:len(name)-1]
	}
	return name
}

// hostForm brings a name to the form in which its syntax is judged: without
// the dot at the end, and in ASCII where it is written in another script.
func hostForm(name string) string {
	name = cutDot(name)
	for i := 0; i < len(name); i++ {
		if name[i] >= 0x80 {
			return addr.NormalDomain(name)
		}
	}
	return name
}

// isLiteral tells whether a name stands in brackets.
func isLiteral(name string) bool {
	return len(name) >= 2 && name[0] == '[' && name[len(name)-1] == ']'
}

// isAddress tells whether a name is a bare IP address.
func isAddress(name string) bool {
	if name == "" || !strings.ContainsAny(name[len(name)-1:], "0123456789abcdefABCDEF:") {
		return false
	}
	if !strings.Contains(name, ":") && strings.Count(name, ".") != 3 {
		return false
	}
	_, ok := addr.ParseIP(name)
	return ok && name[0] != '[' && (name[0]|0x20) != 'i'
}

// allDigits tells whether s is a number.
func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
