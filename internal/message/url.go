package message

import (
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// cleanURL takes off what browsers ignore: blanks around a URL, tabs and line
// ends within it.
func cleanURL(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' || r == 0xa0 || r == 0x3000 })
	s = strings.TrimSuffix(strings.TrimPrefix(s, "<"), ">")
	if !strings.ContainsAny(s, "\t\r\n\x00") {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\r' || r == '\n' || r == 0 {
			return -1
		}
		return r
	}, s)
}

// resolveURL makes a relative reference whole by base, if there is one.
func resolveURL(base, ref string) string {
	if base == "" || scheme(ref) != "" || looksLikeHost(ref) {
		return ref
	}
	base = cleanURL(base)
	kind := scheme(base)
	if kind == "" {
		return ref
	}
	root := base
	rest := strings.TrimLeft(base[len(kind)+1:], "/\\")
	if i := strings.IndexAny(rest, "/\\?#"); i >= 0 {
		root = base[:len(base)-len(rest)+i]
	}
	switch {
	case strings.HasPrefix(ref, "//"):
		return kind + ":" + ref
	case strings.HasPrefix(ref, "/"):
		return root + ref
	}
	if i := strings.LastIndexByte(base, '/'); i >= len(root) {
		return base[:i+1] + ref
	}
	return root + "/" + ref
}

// scheme gives the scheme of s in lower case, "" when there is none. What
// looks like a host with a port, such as a.example:8080, has none.
func scheme(s string) string {
	for i := 0; i < len(s) && i < 32; i++ {
		switch c := lowerByte(s[i]); {
		case c >= 'a' && c <= 'z':
		case c == ':' && i > 0:
			name := strings.ToLower(s[:i])
			port := i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9'
			if strings.IndexByte(name, '.') >= 0 || port && name != "tel" && name != "sms" {
				return ""
			}
			return name
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return ""
		}
	}
	return ""
}

// looksLikeHost tells whether a reference without a scheme begins with the
// name of a host, as in href="www.a.example": readers take it for one.
func looksLikeHost(s string) bool {
	if strings.HasPrefix(s, "//") || strings.HasPrefix(s, "\\\\") {
		return true
	}
	host := s
	if i := strings.IndexAny(s, "/\\?#:"); i >= 0 {
		host = s[:i]
	}
	if hasScheme(host, "www.") && len(host) > 5 {
		return true
	}
	if len(host) == len(s) {
		return false // page.html or a.example: browsers take it for a file
	}
	return publicHost(host)
}

// publicHost tells whether host is a name under a public suffix.
func publicHost(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if strings.IndexByte(host, '.') <= 0 || len(host) > 253 {
		return false
	}
	if !isASCII(host) {
		ascii, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return false
		}
		host = ascii
	}
	if !wellFormed(host) {
		return false
	}
	suffix, icann := publicsuffix.PublicSuffix(host)
	if icann {
		return len(host) > len(suffix)
	}
	// Suffixes with a dot that no registry runs, such as blogspot.com.
	return strings.IndexByte(suffix, '.') >= 0
}

// wellFormed tells whether the labels of a host are such as can be registered
// (RFC 1123 section 2.1).
func wellFormed(host string) bool {
	labels := strings.Split(host, ".")
	if last := labels[len(labels)-1]; last == "" || !letter(last[0]) {
		return false
	}
	for n, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := 0; i < len(label); i++ {
			c := label[i]
			if c == '_' && n < len(labels)-2 {
				continue // not registered, but in names of hosts below
			}
			if c != '-' && !letter(c) && (c < '0' || c > '9') {
				return false
			}
		}
	}
	return true
}

// normalizeURL reads a URL as browsers do (WHATWG URL) and fills in Target
// and its pieces. A reference that leads nowhere by itself has no Target.
func normalizeURL(s string) Link {
	s = bounded(cleanURL(s))
	link := Link{URL: s}
	kind := scheme(s)
	rest := s
	switch {
	case kind != "":
		rest = s[len(kind)+1:]
	case looksLikeHost(s):
		link.Schemeless = true
		kind = "http"
	case bareMailbox(s):
		link.Schemeless = true
		kind = "mailto"
	default:
		return link
	}
	link.Scheme = kind
	switch kind {
	case "mailto":
		link.mailTarget(rest)
	case "http", "https", "ftp", "ws", "wss":
		link.hostTarget(strings.TrimLeft(rest, "/\\"))
	default:
		if after, ok := strings.CutPrefix(rest, "//"); ok {
			link.hostTarget(after)
			break
		}
		link.Target = kind + ":" + rest
	}
	return link
}

// bareMailbox tells whether s is an address without mailto:.
func bareMailbox(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && !strings.ContainsAny(s, "/\\ \"<>") && publicHost(domain)
}

// mailTarget fills in a mailto link.
func (l *Link) mailTarget(rest string) {
	mailbox, query, hasQuery := strings.Cut(strings.TrimLeft(rest, "/"), "?")
	mailbox = string(percentDecode(mailbox))
	first, _, _ := strings.Cut(mailbox, ",")
	if i := strings.LastIndexByte(first, '@'); i >= 0 {
		l.User = strings.TrimSpace(first[:i])
		l.Host = asciiHost(strings.TrimSpace(first[i+1:]))
		l.Target = "mailto:" + l.User + "@" + l.Host
	} else {
		l.Target = "mailto:" + mailbox
	}
	if hasQuery {
		l.Target += "?" + query
	}
}

// hostTarget fills in a link whose scheme has a host; rest begins with it.
func (l *Link) hostTarget(rest string) {
	authority, path := rest, ""
	if i := strings.IndexAny(rest, "/\\?#"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	user := ""
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		user, authority = authority[:i+1], authority[i+1:]
		l.User = string(percentDecode(user[:i]))
	}
	l.Host, l.Port = splitPort(authority)
	l.Host = asciiHost(l.Host)
	var b strings.Builder
	b.WriteString(l.Scheme)
	b.WriteString("://")
	b.WriteString(user)
	if strings.IndexByte(l.Host, ':') >= 0 {
		b.WriteByte('[')
		b.WriteString(l.Host)
		b.WriteByte(']')
	} else {
		b.WriteString(l.Host)
	}
	if l.Port == defaultPorts[l.Scheme] {
		l.Port = ""
	}
	if l.Port != "" {
		b.WriteByte(':')
		b.WriteString(l.Port)
	}
	writePath(&b, path)
	l.Target = b.String()
}

// defaultPorts are the ports that need not be said.
var defaultPorts = map[string]string{"http": "80", "https": "443", "ftp": "21", "ws": "80", "wss": "443"}

// splitPort takes the port off an authority.
func splitPort(authority string) (host, port string) {
	if strings.HasPrefix(authority, "[") {
		if i := strings.IndexByte(authority, ']'); i > 0 {
			host, port = authority[1:i], strings.TrimPrefix(authority[i+1:], ":")
			return host, digits(port)
		}
	}
	if i := strings.LastIndexByte(authority, ':'); i >= 0 {
		return authority[:i], digits(authority[i+1:])
	}
	return authority, ""
}

// digits gives the number at the beginning of s without leading zeros.
func digits(s string) string {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return strings.TrimLeft(s[:n], "0")
}

// asciiHost gives a host in lower case ASCII: escapes undone, other scripts
// as IDNA has them, numbers as the address they mean.
func asciiHost(host string) string {
	if strings.IndexByte(host, '%') >= 0 {
		host = string(percentDecode(host))
	}
	host = strings.TrimFunc(host, func(r rune) bool { return r <= ' ' })
	if !isASCII(host) {
		if ascii, err := idna.Lookup.ToASCII(host); err == nil {
			host = ascii
		} else if ascii, err := idna.Punycode.ToASCII(strings.ToLower(host)); err == nil {
			host = ascii
		}
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if strings.IndexByte(host, ':') >= 0 {
		if ip, err := netip.ParseAddr(host); err == nil {
			return ip.String()
		}
		return host
	}
	if ip, ok := numericHost(host); ok {
		return ip
	}
	return host
}

// numericHost understands IPv4 addresses as browsers do: one to four numbers,
// each decimal, octal or hexadecimal, the last filling the rest.
func numericHost(host string) (string, bool) {
	if host == "" || len(host) > 64 || host[len(host)-1] > '9' && !strings.Contains(host, "0x") {
		return "", false
	}
	labels := strings.Split(host, ".")
	if len(labels) > 4 {
		return "", false
	}
	var v uint64
	for i, label := range labels {
		n, err := strconv.ParseUint(numberBase(label))
		if err != nil {
			return "", false
		}
		last := i == len(labels)-1
		switch {
		case !last && n > 255:
			return "", false
		case last && n >= 1<<(8*uint(5-len(labels))):
			return "", false
		case last:
			v = v<<(8*uint(5-len(labels))) | n
		default:
			v = v<<8 | n
		}
	}
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}).String(), true
}

// numberBase gives the arguments to read a number with a C prefix.
func numberBase(s string) (digits string, base, bits int) {
	switch {
	case strings.HasPrefix(s, "0x"):
		if len(s) == 2 {
			return "0", 16, 64
		}
		return s[2:], 16, 64
	case len(s) > 1 && s[0] == '0':
		return s[1:], 8, 64
	}
	return s, 10, 64
}

// writePath writes path, query and fragment: backslashes before the query as
// slashes, escapes of unreserved characters (RFC 3986 section 2.3) undone.
func writePath(b *strings.Builder, path string) {
	inPath := true
	for i := 0; i < len(path); i++ {
		c := path[i]
		switch {
		case c == '?' || c == '#':
			inPath = false
		case c == '\\' && inPath:
			c = '/'
		case c == ' ':
			b.WriteString("%20")
			continue
		case c == '%' && i+2 < len(path):
			hi, lo := hexValue(path[i+1]), hexValue(path[i+2])
			if v := hi<<4 | lo; hi < 16 && lo < 16 && unreserved(v) {
				c = v
				i += 2
			}
		}
		b.WriteByte(c)
	}
}

// unreserved tells whether c needs no escape in a URL.
func unreserved(c byte) bool {
	l := lowerByte(c)
	return l >= 'a' && l <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}
