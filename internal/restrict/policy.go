package restrict

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// The bounds of a policy service's answer.
const (
	maxPolicyLine  = 8192
	maxPolicyLines = 1000
	// maxIdleConns bounds the connections kept open to one service.
	maxIdleConns = 64
)

// policyConn is one connection to a policy service.
type policyConn struct {
	net.Conn
	reader     *bufio.Reader
	born, used time.Time
	requests   int
}

// ask sends a request and gives the action that is answered. A kept
// connection that turns out dead is replaced at once and does not count as a
// try: the service may close it whenever it likes.
func (s *policyService) ask(ctx context.Context, request []byte) (action string, err error) {
	if c := s.take(); c != nil {
		if action, err = s.exchange(ctx, c, request); err == nil {
			return action, nil
		}
	}
	for try := range s.opt.TryLimit {
		if try > 0 && !pause(ctx, s.opt.RetryDelay.Std()) {
			break
		}
		var c *policyConn
		if c, err = s.dial(ctx); err != nil {
			continue
		}
		if action, err = s.exchange(ctx, c, request); err == nil {
			return action, nil
		}
	}
	if err == nil {
		err = ctx.Err()
	}
	return "", fmt.Errorf("asking policy service %s: %w", s.address, err)
}

// pause waits; false when the time is up.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// take gives a kept connection that may still be used.
func (s *policyService) take() *policyConn {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for len(s.idle) > 0 {
		c := s.idle[len(s.idle)-1]
		s.idle = s.idle[:len(s.idle)-1]
		if age := now.Sub(c.born); now.Sub(c.used) < s.opt.MaxIdle.Std() && age < s.opt.MaxTTL.Std() && age >= 0 {
			return c
		}
		c.Close() // nothing is in flight on it
	}
	return nil
}

// keep puts a connection back for the next request.
func (s *policyService) keep(c *policyConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	full := s.opt.RequestLimit > 0 && c.requests >= s.opt.RequestLimit
	if s.closed || full || len(s.idle) >= maxIdleConns {
		c.Close() // nothing is in flight on it
		return
	}
	s.idle = append(s.idle, c)
}

// close ends the kept connections.
func (s *policyService) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, c := range s.idle {
		c.Close() // nothing is in flight on it
	}
	s.idle = nil
}

// dial makes a new connection.
func (s *policyService) dial(ctx context.Context) (*policyConn, error) {
	d := net.Dialer{Timeout: s.opt.Timeout.Std()}
	conn, err := d.DialContext(ctx, s.network, s.address)
	if err != nil {
		return nil, err
	}
	return &policyConn{Conn: conn, reader: bufio.NewReaderSize(conn, 512), born: s.now()}, nil
}

// exchange sends a request over a connection and reads the answer; the
// connection is kept where all went well and closed where not.
func (s *policyService) exchange(ctx context.Context, c *policyConn, request []byte) (action string, err error) {
	deadline := time.Now().Add(s.opt.Timeout.Std())
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) }) // ends the wait
	defer stop()
	if err = c.SetDeadline(deadline); err == nil {
		if _, err = c.Write(request); err == nil {
			action, err = readPolicyReply(c.reader)
		}
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		c.Close() // whatever is in flight on it is of no use
		return "", err
	}
	if c.reader.Buffered() > 0 {
		c.Close() // more than was asked for: it is out of step
		return action, nil
	}
	c.used = s.now()
	c.requests++
	s.keep(c)
	return action, nil
}

// readPolicyReply reads "name=value" lines up to an empty one and gives the
// action. Other names are passed over.
func readPolicyReply(r *bufio.Reader) (action string, err error) {
	for range maxPolicyLines {
		line, err := readPolicyLine(r)
		if err != nil {
			return "", err
		}
		if line == "" {
			if action == "" {
				return "", errors.New("answer without an action")
			}
			return action, nil
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			return "", fmt.Errorf("line %s of the answer is not name=value", quoteClip(line))
		}
		if strings.TrimSpace(name) == "action" && action == "" {
			action = strings.TrimSpace(value)
		}
	}
	return "", fmt.Errorf("answer of more than %d lines", maxPolicyLines)
}

// readPolicyLine reads one line within bounds.
func readPolicyLine(r *bufio.Reader) (string, error) {
	var b []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(b)+len(part) > maxPolicyLine {
			return "", fmt.Errorf("answer's line is longer than %d bytes", maxPolicyLine)
		}
		b = append(b, part...)
		if err == nil {
			break
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if errors.Is(err, io.EOF) {
			return "", errors.New("connection was closed without an answer")
		}
		return "", err
	}
	line := strings.TrimRight(string(b), "\r\n")
	if strings.IndexByte(line, 0) >= 0 {
		return "", errors.New("answer has a NUL")
	}
	return line, nil
}

// policy asks a policy service and obeys what it answers.
func (v *eval) policy(it *item) result {
	v.key = it.service.address
	action, err := it.service.ask(v.ctx, v.policyRequest(it.service))
	if err == nil {
		return v.obey(action, v.replyName(), v.replyClass(), "policy service "+it.service.address)
	}
	v.d.note("warning", "%v", err)
	v.unknown("%v", err)
	standard := it.service.opt.DefaultAction
	switch {
	case v.inDefault || standard == "" && v.e.opt.OnFailure == "defer":
		standard = "451 4.3.5 Server configuration problem"
	case standard == "":
		return dunno
	}
	v.inDefault = true
	defer func() { v.inDefault = false }()
	return v.obey(standard, v.replyName(), v.replyClass(), "default action of policy service "+it.service.address)
}

// policyRequest writes what the service is told of the session.
func (v *eval) policyRequest(s *policyService) []byte {
	var w policyWriter
	w.add("request", "smtpd_access_policy")
	w.add("protocol_state", v.stage.where(v.s))
	w.add("protocol_name", orElse(v.s.Protocol, "SMTP"))
	w.add("client_address", v.clientAddress())
	w.add("client_name", v.clientName())
	w.add("client_port", portText(v.s.Client.Port))
	w.add("reverse_client_name", v.reverseName())
	w.add("server_address", addrText(v.s.ServerIP))
	w.add("server_port", portText(v.s.ServerPort))
	w.add("helo_name", v.s.HELO)
	w.add("sender", v.senderText())
	w.add("recipient", v.rcptText())
	count := 0
	if v.stage == Data || v.stage == EndOfData {
		count = v.s.RecipientTotal()
	}
	w.add("recipient_count", itoa(count))
	w.add("queue_id", v.s.QueueID)
	w.add("instance", v.s.Instance)
	w.add("size", fmt.Sprint(v.s.Size))
	w.add("etrn_domain", "")
	w.add("stress", "")
	w.add("sasl_method", v.s.AuthMethod)
	w.add("sasl_username", v.s.User)
	w.add("sasl_sender", v.s.AuthSender)
	v.tlsAttributes(&w)
	w.add("policy_context", s.opt.Context)
	return append(w.b, '\n')
}

// tlsAttributes writes what is known of the encryption.
func (v *eval) tlsAttributes(w *policyWriter) {
	subject, issuer, fingerprint, key, version, cipher, bits := "", "", "", "", "", "", "0"
	if t := v.s.TLS; t != nil {
		fingerprint, key, version, cipher = t.CertFingerprint, t.KeyFingerprint, t.Version, t.Cipher
		bits = orElse(t.Bits, "0")
		if t.CertVerified {
			subject, issuer = xtext(t.CertSubject), xtext(t.CertIssuer)
		}
	}
	w.add("ccert_subject", subject)
	w.add("ccert_issuer", issuer)
	w.add("ccert_fingerprint", fingerprint)
	w.add("ccert_pubkey_fingerprint", key)
	w.add("encryption_protocol", version)
	w.add("encryption_cipher", cipher)
	w.add("encryption_keysize", bits)
}

// policyWriter writes a request; values cannot break out of their line.
type policyWriter struct{ b []byte }

func (w *policyWriter) add(name, value string) {
	w.b = append(w.b, name...)
	w.b = append(w.b, '=')
	for i := 0; i < len(value) && i < maxPolicyLine; i++ {
		c := value[i]
		if c == '\n' || c == '\r' || c == 0 {
			c = ' '
		}
		w.b = append(w.b, c)
	}
	w.b = append(w.b, '\n')
}

// orElse gives s, or another text where it is empty.
func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// xtext encodes a text as RFC 3461 section 4 has it.
func xtext(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c == '+' || c == '=' || c >= 0x7f {
			fmt.Fprintf(&b, "+%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
