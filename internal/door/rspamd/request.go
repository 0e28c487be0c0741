package rspamd

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"postern/internal/addr"
	"postern/internal/session"
)

// Bounds on what one request may say; all of it also fits in maxHeader.
const (
	maxRecipients = 2000
	maxArgs       = 64
	maxFact       = 1024 // bytes kept of one informational header
)

// request is what a client says of a message besides its bytes.
type request struct {
	session *session.Session
	// skip asks for an answer without examination.
	skip bool
	// groups asks for the scores by group.
	groups bool
	// extendedURLs asks for links as objects.
	extendedURLs bool
	// raw says that the body is text without a header.
	raw bool
	// notes are headers that could not be used, for the debug log.
	notes []string
}

// facts maps informational headers to the session's macros.
var facts = []struct{ header, macro string }{
	{"Mta-Tag", "mta_tag"}, {"Log-Tag", "log_tag"}, {"Mailer", "mailer"},
	{"User-Agent", "user_agent"}, {"Filename", "filename"},
	{"Deliver-To", "deliver_to"}, {"Pass", "pass"}, {"Log", "log"},
}

// refusedHeaders name features that would read the server's own files or
// need what this door does not speak.
var refusedHeaders = []struct{ header, why string }{
	{"File", "messages are taken from the request's body only, never from a file"},
	{"Path", "messages are taken from the request's body only, never from a file"},
	{"Shm", "messages are taken from the request's body only, never from shared memory"},
	{"Key", "encrypted requests are not supported"},
}

// readRequest turns the headers of a request into a session. Query arguments
// count as headers of their name. What cannot be understood is left out, as
// rspamd does, and noted.
func readRequest(r *http.Request, now time.Time) (*request, *failure) {
	h := withQuery(r)
	for _, f := range refusedHeaders {
		if h.Get(f.header) != "" {
			return nil, fail(http.StatusBadRequest, "%s: %s", f.header, f.why)
		}
	}
	req := &request{session: &session.Session{Door: Name, Started: now}}
	req.readClient(h)
	req.readSender(h)
	if f := req.readRecipients(h); f != nil {
		return nil, f
	}
	req.readFacts(h)
	req.readFlags(h)
	return req, nil
}

// withQuery adds the query's arguments to the headers.
func withQuery(r *http.Request) http.Header {
	if r.URL.RawQuery != "" {
		for name, values := range r.URL.Query() {
			for _, v := range values {
				r.Header.Add(name, v)
			}
		}
	}
	return r.Header
}

// note remembers a header that could not be used.
func (q *request) note(header, value string, err error) {
	text := header + " " + strconv.Quote(clip(value))
	if err != nil {
		text += ": " + err.Error()
	}
	q.notes = append(q.notes, text)
}

// readClient reads who delivers the message.
func (q *request) readClient(h http.Header) {
	s := q.session
	if v := h.Get("Ip"); v != "" {
		ip, err := parseIP(v)
		if err != nil {
			q.note("IP", v, nil)
		}
		s.Client.IP = ip
	}
	s.HELO = h.Get("Helo")
	// An MTA says "unknown" where it looked and found no verified name.
	if v := h.Get("Hostname"); v != "" {
		s.Client.NameKnown = true
		if !strings.EqualFold(v, "unknown") {
			s.Client.Name = strings.TrimSuffix(v, ".")
			s.Client.ReverseName = s.Client.Name
		}
	}
	s.User = h.Get("User")
	if cipher, version := h.Get("Tls-Cipher"), h.Get("Tls-Version"); cipher+version != "" {
		s.TLS = &session.TLS{Version: version, Cipher: cipher, CertIssuer: h.Get("Tls-Cert-Issuer")}
	}
}

// parseIP reads an address with or without brackets and the "IPv6:" of
// address literals; a zone is dropped.
func parseIP(s string) (netip.Addr, error) {
	s = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s), "["), "]")
	if len(s) > 5 && strings.EqualFold(s[:5], "IPv6:") {
		s = s[5:]
	}
	ip, err := netip.ParseAddr(s)
	return ip.Unmap().WithZone(""), err
}

// readSender reads the envelope sender and its ESMTP parameters.
func (q *request) readSender(h http.Header) {
	s := q.session
	values, said := h["From"]
	if said && len(values) > 0 {
		sender, err := addr.ParsePath(values[0])
		if err != nil {
			q.note("From", values[0], err)
		}
		// Not understood is not the same as the null sender of a bounce.
		s.HasSender = err == nil || !sender.IsZero()
		s.Sender = sender
	}
	for _, arg := range h["X-Rspamd-Mail-Esmtp-Args"] {
		if len(s.SenderArgs) < maxArgs {
			s.SenderArgs = append(s.SenderArgs, clip(arg))
		}
	}
}

// readRecipients reads the envelope recipients. A client that names none but
// says to whom the message is finally delivered gets that one.
func (q *request) readRecipients(h http.Header) *failure {
	values := h["Rcpt"]
	if len(values) == 0 {
		values = h["Deliver-To"]
	}
	s := q.session
	for _, v := range values {
		for path := range pathList(v) {
			if len(s.Recipients) >= maxRecipients {
				return fail(http.StatusBadRequest, "more than %d recipients", maxRecipients)
			}
			a, err := addr.ParsePath(path)
			if err != nil {
				q.note("Rcpt", path, err)
			}
			if !a.IsZero() {
				s.Recipients = append(s.Recipients, session.Recipient{Address: a})
			}
		}
	}
	for _, v := range h["X-Rspamd-Rcpt-Esmtp-Args"] {
		q.recipientArg(v)
	}
	return nil
}

// recipientArg reads "INDEX:KEYWORD=VALUE", the index counting from 0.
func (q *request) recipientArg(v string) {
	index, arg, _ := strings.Cut(v, ":")
	i, err := strconv.Atoi(index)
	if err != nil || i < 0 || i >= len(q.session.Recipients) || arg == "" {
		q.note("X-Rspamd-Rcpt-Esmtp-Args", v, nil)
		return
	}
	if r := &q.session.Recipients[i]; len(r.Args) < maxArgs {
		r.Args = append(r.Args, clip(arg))
	}
}

// readFacts reads what is only informational.
func (q *request) readFacts(h http.Header) {
	s := q.session
	s.QueueID = clip(h.Get("Queue-Id"))
	s.MTAName = clip(h.Get("Mta-Name"))
	s.Subject = clip(h.Get("Subject"))
	s.Profile = clip(h.Get("Settings-Id"))
	for _, f := range facts {
		if v := h.Get(f.header); v != "" {
			if s.Macros == nil {
				s.Macros = make(map[string]string, len(facts))
			}
			s.Macros[f.macro] = clip(v)
		}
	}
}

// readFlags reads how the client wants its answer.
func (q *request) readFlags(h http.Header) {
	for _, v := range h["Flags"] {
		for flag := range strings.SplitSeq(v, ",") {
			switch strings.ToLower(strings.TrimSpace(flag)) {
			case "skip", "skip_process":
				q.skip = true
			case "groups":
				q.groups = true
			case "ext_urls":
				q.extendedURLs = true
			}
		}
	}
	if strings.EqualFold(h.Get("Url-Format"), "extended") {
		q.extendedURLs = true
	}
	switch strings.ToLower(h.Get("Raw")) {
	case "yes", "true", "1":
		q.raw = true
	}
}

// pathList splits a list of paths at the commas that stand outside quotes and
// angle brackets (those separate the hosts of a source route).
func pathList(list string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for list != "" {
			n := pathEnd(list)
			path := strings.TrimSpace(list[:n])
			list = strings.TrimPrefix(list[n:], ",")
			if path != "" && !yield(path) {
				return
			}
		}
	}
}

// pathEnd gives the place of the comma that ends the first path of a list.
func pathEnd(list string) int {
	quoted, angle := false, false
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case c == ',' && !angle:
			return i
		}
	}
	return len(list)
}

// clip bounds an informational text.
func clip(s string) string {
	if len(s) > maxFact {
		return strings.ToValidUTF8(s[:maxFact], "")
	}
	return s
}
