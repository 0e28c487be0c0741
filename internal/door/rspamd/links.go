package rspamd

import (
	"net/netip"
	"strings"

	"postern/internal/addr"
	"postern/internal/message"
)

// maxLinks bounds the links in a reply.
const maxLinks = 500

// webLink is a link in a reply; all but the host only in the extended format.
type webLink struct {
	url, tld, host string
	flags          []string
}

// links lists the message's links and mail addresses, each once: by host, or
// by address in the extended format.
func links(m *message.Message, extended bool) (urls []webLink, emails []string) {
	all := m.Links()
	if len(all) == 0 {
		return nil, nil
	}
	seen := make(map[string]bool, len(all))
	fresh := func(key string) bool {
		if seen[key] {
			return false
		}
		seen[key] = true
		return true
	}
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
			urls = append(urls, newWebLink(l))
		case !extended && fresh(l.Host):
			urls = append(urls, webLink{host: l.Host})
		}
	}
	return urls, emails
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

// newWebLink gives a link in the extended format, with rspamd's names of
// flags.
func newWebLink(l *message.Link) webLink {
	u := webLink{url: l.Target, tld: addr.Registrable(l.Host), host: l.Host}
	flag := func(name string, set bool) {
		if set {
			u.flags = append(u.flags, name)
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
