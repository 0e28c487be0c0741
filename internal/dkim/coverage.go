package dkim

// singletons are the fields of which mail has at most one (RFC 5322 section
// 3.6, RFC 2045, RFC 2183). A copy that is not signed is one that somebody
// added, and readers may show it.
var singletons = []string{
	"from", "sender", "reply-to", "to", "cc", "bcc", "subject", "date", "message-id", "in-reply-to",
	"references", "mime-version", "content-type", "content-transfer-encoding", "content-disposition",
	"content-id", "content-description",
}

// shown are the fields that readers are shown, or that say how the body is to
// be shown.
var shown = []string{
	"from", "sender", "reply-to", "to", "cc", "subject", "date", "content-type", "content-transfer-encoding",
}

// examine notes which fields the signature leaves open, once all of its h=
// have been taken.
func (s *selection) examine(res *Result) {
	for _, name := range singletons {
		n := s.x.find(name)
		if n < 0 || s.x.names[n].count < 2 || s.taken[n] == 0 {
			continue
		}
		if s.x.names[n].count > s.taken[n] {
			res.UnsignedCopies = append(res.UnsignedCopies, name)
		}
	}
	for _, name := range shown {
		if n := s.x.find(name); n >= 0 && s.taken[n] == 0 {
			res.Unsigned = append(res.Unsigned, name)
		}
	}
}

// signs tells whether at least one field of that name is signed.
func (s *selection) signs(name string) bool {
	n := s.x.find(name)
	return n >= 0 && s.taken[n] > 0
}
