package callout

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"postern/internal/verdict"
)

// The bounds of one reply. RFC 5321 section 4.5.3.1.5 lets a line have 512
// octets; servers in use send somewhat more, and only the hostile ones more
// than this.
const (
	maxReplyLine  = 2048
	maxReplyLines = 100
	maxReplyBytes = 32 << 10
)

// reply is one reply of a server.
type reply struct {
	code int
	// raw are its lines, and lines the texts behind their codes.
	raw, lines []string
}

// newReplyReader makes the reader that readReply needs: its buffer is the
// bound of a line.
func newReplyReader(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, maxReplyLine) }

// protocolError is a server that does not speak SMTP.
type protocolError struct{ reason string }

func (e *protocolError) Error() string { return e.reason }

func broken(format string, args ...any) error {
	return &protocolError{fmt.Sprintf(format, args...)}
}

// readReply reads a reply of one or several lines (RFC 5321 section 4.2.1).
// Lines may end in LF alone. The code of the last line counts.
func readReply(r *bufio.Reader) (reply, error) {
	var p reply
	for total := 0; ; {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return p, broken("a line of its reply is longer than %d octets", maxReplyLine)
		}
		if err != nil {
			return p, err
		}
		if total += len(line); total > maxReplyBytes || len(p.lines) == maxReplyLines {
			return p, broken("its reply is longer than %d lines or %d octets", maxReplyLines, maxReplyBytes)
		}
		text := strings.TrimRight(string(line), "\r\n")
		last, err := p.add(text)
		if err != nil || last {
			return p, err
		}
	}
}

// add takes one line of a reply.
func (p *reply) add(line string) (last bool, err error) {
	if len(line) < 3 || line[0] < '2' || line[0] > '5' || !isDigit(line[1]) || !isDigit(line[2]) {
		return false, broken("%q is no reply", clip(line))
	}
	p.raw = append(p.raw, line)
	p.code = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
	text := line[3:]
	if text == "" {
		p.lines = append(p.lines, "")
		return true, nil
	}
	if text[0] != ' ' && text[0] != '-' {
		return false, broken("%q is no reply", clip(line))
	}
	p.lines = append(p.lines, text[1:])
	return text[0] == ' ', nil
}

// clip shortens a line for an error.
func clip(line string) string { return line[:min(len(line), 60)] }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// positive tells whether the server agreed.
func (p reply) positive() bool { return p.code >= 200 && p.code < 300 }

// permanent tells whether the server refused for good. 421 and its like are
// for now.
func (p reply) permanent() bool { return p.code >= 500 }

// offers tells whether a reply to EHLO names an extension.
func (p reply) offers(keyword string) bool {
	for i, line := range p.lines {
		word, _, _ := strings.Cut(line, " ")
		if i > 0 && strings.EqualFold(word, keyword) {
			return true
		}
	}
	return false
}

// enhanced gives the reply's enhanced status code (RFC 2034), or what stands
// for none: "5.0.0".
func (p reply) enhanced() string {
	if len(p.lines) > 0 && p.code >= 400 {
		line := fmt.Sprintf("%d %s", p.code, p.lines[0])
		if v, err := verdict.ParseReply(line + " -"); err == nil && v.Enhanced != "" {
			return v.Enhanced
		}
	}
	if len(p.lines) > 0 && p.positive() {
		if word, _, _ := strings.Cut(p.lines[0], " "); isSuccess(word) {
			return word
		}
	}
	if p.positive() || p.permanent() {
		return fmt.Sprintf("%d.0.0", p.code/100)
	}
	return "4.0.0"
}

// trouble gives the enhanced code of a reply that was not the one wanted.
func (p reply) trouble() string {
	if code := p.enhanced(); code[0] != '2' {
		return code
	}
	return "4.0.0"
}

// isSuccess tells whether a word is an enhanced status code of success.
func isSuccess(word string) bool {
	parts := strings.Split(word, ".")
	if len(parts) != 3 || parts[0] != "2" {
		return false
	}
	for _, p := range parts[1:] {
		if p == "" || len(p) > 3 || strings.Trim(p, "0123456789") != "" {
			return false
		}
	}
	return true
}

// String gives the reply on one line, each of its lines with its code, as mail
// logs have it.
func (p reply) String() string {
	return strings.Join(p.raw, " ")
}
