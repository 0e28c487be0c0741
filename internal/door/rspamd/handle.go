package rspamd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// serve answers one request.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.running.Add(1)
	defer s.running.Done()
	c, _ := r.Context().Value(connKey{}).(*conn)
	if c == nil {
		c = &conn{ctx: context.WithoutCancel(r.Context())}
	}
	a := &answer{s: s, w: w, r: r, text: c.text != nil && c.text.isText()}
	defer a.recover()
	// QUIRK: HTTP servers take a client that half closes its connection for
	// gone. Simple clients do that, so an examination ends by its own
	// deadline and not with the request's context.
	ctx, cancel := context.WithTimeout(c.ctx, s.opts.Timeout.Std())
	defer cancel()
	s.route(ctx, a)
}

// route finds what a path asks for; the method does not matter, as with
// rspamd.
func (s *Server) route(ctx context.Context, a *answer) {
	if foreign(a.r) {
		a.fail(fail(http.StatusForbidden, "this is not for web pages"))
		return
	}
	switch a.r.URL.Path {
	case "/ping":
		a.pong()
	case "/checkv2":
		s.check(ctx, a, false)
	case "/check", "/symbols", "/scan", "/report", "/report_ifspam", "/process":
		a.old = true
		s.check(ctx, a, false)
	case "/skip":
		a.old = true
		s.check(ctx, a, true)
	default:
		a.fail(fail(http.StatusBadRequest, invalidCommand))
	}
}

// foreign tells whether a browser sent the request on behalf of some web
// page. Mail servers never do, and a page must not use its reader's browser
// to put mail into our statistics.
func foreign(r *http.Request) bool {
	return r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != ""
}

// check examines the message of a request and answers.
func (s *Server) check(ctx context.Context, a *answer, skip bool) {
	req, f := readRequest(a.r, s.now())
	if f != nil {
		a.fail(f)
		return
	}
	for _, note := range req.notes {
		s.log.DebugContext(ctx, "header not understood", "header", note)
	}
	raw, release, f := s.readBody(ctx, a.r)
	defer release()
	if f != nil {
		a.fail(f)
		return
	}
	if req.raw {
		raw = append([]byte("\r\n"), raw...)
	}
	var res *result
	if skip || req.skip {
		res = skipped(req, s.limits, s.now())
	} else {
		res = s.scan(ctx, req, raw)
	}
	a.verdict(req, res)
}

// answer is how one request is answered.
type answer struct {
	s *Server
	w http.ResponseWriter
	r *http.Request
	// text says that the client speaks the text protocol, old that it asked
	// for the older JSON.
	text, old bool
	sent      bool
}

// pong answers a ping.
func (a *answer) pong() {
	if a.text {
		a.raw([]byte("RSPAMD/1.3 0 PONG\r\n"))
		return
	}
	a.send(http.StatusOK, "text/plain", []byte("pong\r\n"))
}

// verdict answers with what was decided.
func (a *answer) verdict(req *request, res *result) {
	a.s.counts.messages.Add(1)
	rep := newReply(req, res)
	switch {
	case a.text:
		a.raw(rep.text())
	case a.old:
		a.send(http.StatusOK, jsonType, rep.encodeOld())
	default:
		a.send(http.StatusOK, jsonType, rep.encode())
	}
}

// fail answers with an error.
func (a *answer) fail(f *failure) {
	a.s.counts.failures.Add(1)
	a.s.log.Info("request refused", "client", a.r.RemoteAddr, "path", clip(a.r.URL.Path),
		"status", f.status, "reason", f.text)
	if a.text {
		a.raw(fmt.Appendf(nil, "RSPAMD/1.3 %d ERROR\r\nError: %s\r\n", f.status, oneLine(f.text)))
		return
	}
	a.w.Header().Set("Connection", "close")
	a.send(f.status, jsonType, f.encode())
	if f.status != http.StatusRequestTimeout {
		a.linger()
	}
}

// Bounds on what is read and thrown away after an answer, so that a client
// which is still sending gets to read it instead of a reset connection.
const (
	maxLinger  = 256 << 20
	lingerTime = 2 * time.Second
)

// linger reads away what the client still sends.
func (a *answer) linger() {
	rc := http.NewResponseController(a.w)
	err := errors.Join(rc.Flush(), rc.SetReadDeadline(time.Now().Add(lingerTime)))
	if err == nil {
		_, err = io.Copy(io.Discard, io.LimitReader(a.r.Body, maxLinger))
	}
	if err != nil {
		a.s.log.Debug("reading away the rest of a request", "error", err)
	}
}

// jsonType is the media type of all answers but that to a ping.
const jsonType = "application/json"

// minPacked is the size below which a reply is not worth compressing.
const minPacked = 512

// send sends a body, compressed where the client asks for it: by rspamd's
// Compression header if the request had it, else by HTTP's Content-Encoding.
func (a *answer) send(status int, contentType string, body []byte) {
	h := a.w.Header()
	h.Set("Server", "Postern")
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	header, coding := a.coding(len(body))
	if coding != "" {
		packed, err := a.s.coder.pack(coding, body)
		if err != nil {
			a.s.log.Error("compressing reply", "error", err)
		} else {
			h.Set(header, coding)
			body = packed
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	rc := http.NewResponseController(a.w)
	if err := rc.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		a.s.log.Debug("setting write deadline", "error", err)
	}
	a.sent = true
	a.w.WriteHeader(status)
	if _, err := a.w.Write(body); err != nil {
		a.s.log.Debug("sending reply", "error", err)
	}
}

// coding chooses how a reply of that size is compressed.
func (a *answer) coding(size int) (header, coding string) {
	field := a.r.Header.Get("Accept-Encoding")
	switch {
	case strings.EqualFold(a.r.Header.Get("Compression"), "zstd"):
		return "Compression", "zstd"
	case field == "" || size < minPacked:
		return "", ""
	case accepts(field, "zstd"):
		return "Content-Encoding", "zstd"
	case accepts(field, "gzip"):
		return "Content-Encoding", "gzip"
	}
	return "", ""
}

// raw takes the connection over, writes body as it is and closes it.
func (a *answer) raw(body []byte) {
	a.sent = true
	c, _, err := http.NewResponseController(a.w).Hijack()
	if err != nil {
		a.s.log.Error("taking over a text connection", "error", err)
		return
	}
	err = errors.Join(c.SetDeadline(time.Now().Add(writeTimeout)))
	if err == nil {
		_, err = c.Write(body)
	}
	if err = errors.Join(err, c.Close()); err != nil {
		a.s.log.Debug("sending reply", "error", err)
	}
}

// recover turns a panic into an answer; the client may try again.
func (a *answer) recover() {
	p := recover()
	if p == nil {
		return
	}
	a.s.log.Error("panic while answering", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	if a.sent {
		panic(http.ErrAbortHandler) // nothing whole can be said any more
	}
	a.fail(fail(http.StatusInternalServerError, "internal error"))
}
