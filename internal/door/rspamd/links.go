package rspamd

import (
	"net/netip"
	"strings"

	"postern/internal/addr"
	"postern/internal/message"
)

// maxLinks bounds the links in a reply.
const maxLinks = 500

// webLink is a link in the extended format.
type webLink struct {
	URL   string   `json:"url"`
	TLD   string   `json:"tld"`
	Host  string   `json:"host"`
	Flags []string `json:"flags,omitempty"`
}

// links lists the message's links and mail addresses, each once: by host, or
// as objects in the extended format. Both are nil when there are none.
func links(m *message.Message, extended bool) (urls []any, emails []string) {
	seen := map[string]bool{}
	fresh := func(key string) bool {
		if seen[key] {
			return false
		}
		seen[key] = true
		return true
	}
	all := m.Links()
	for i := range all {
		l := &all[i]
		switch {
		case l.Scheme == "mailto":
			a := mailAddress(l.Target)
			if a != "" && len(emails) < maxLinks && fresh("mailto:"+a) {
				emails = append(emails, a)
			}
		case l.Host == "" || len(urls) >= maxLinks:
		case extended && fresh(l.Target):
			urls = append(urls, newURL(l))
		case !extended && fresh(l.Host):
			urls = append(urls, l.Host)
		}
	}
	if len(urls)+len(emails) == 0 {
		return nil, nil
	}
	return append([]any{}, urls...), append([]string{}, emails...)
}

// mailAddress takes the address out of a mailto link.
func mailAddress(target string) string {
	a := strings.TrimPrefix(target, "mailto:")
	a, _, _ = strings.Cut(a, "?")
	if !strings.Contains(a, "@") {
		return ""
	}
	return a
}

// newURL gives a link in the extended format, with rspamd's names of flags.
func newURL(l *message.Link) webLink {
	u := webLink{URL: l.Target, TLD: addr.Registrable(l.Host), Host: l.Host}
	flag := func(name string, set bool) {
		if set {
			u.Flags = append(u.Flags, name)
		}
	}
	_, err := netip.ParseAddr(strings.Trim(l.Host, "[]"))
	flag("numeric", err == nil)
	flag("text", l.Kind == message.LinkText)
	flag("image", l.Kind == message.LinkImage)
	flag("has_port", l.Port != "")
	flag("has_user", l.User != "")
	flag("schemaless", l.Schemeless)
	return u
}
