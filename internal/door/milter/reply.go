package milter

import (
	"strconv"
	"strings"

	"postern/internal/verdict"
)

// Bounds of a reply: RFC 5321 section 4.5.3.1.5 for the line; libmilter takes
// no more than 32 lines.
const (
	maxReplyLine  = 480
	maxReplyLines = 32
)

// Replies for verdicts that bring none; the texts are rspamd's.
var (
	rejectReply = verdict.Reply{Code: 554, Enhanced: "5.7.1", Text: "Spam message rejected"}
	deferReply  = verdict.Reply{Code: 451, Enhanced: "4.7.1", Text: "Try again later"}
)

// answer is what we say to one command: a final answer and, for a reply code,
// its text. The zero answer is none at all.
type answer struct {
	code byte
	text string
}

// refuse makes the answer that gives a reply; one that is no refusal is
// replaced by instead.
func refuse(r, instead verdict.Reply) answer {
	if r.Code < 400 || r.Code > 599 {
		r = instead
	}
	if strings.TrimSpace(r.Text) == "" {
		r.Text = instead.Text
	}
	return answer{answerReplyCode, replyText(r)}
}

// replyText gives a reply as a milter sends it: each line with the codes,
// lines joined by CRLF, and each % doubled, since the mail server takes it for
// the start of a format.
func replyText(r verdict.Reply) string {
	code := strconv.Itoa(r.Code)
	lead := ""
	// An enhanced code of another class makes the reply a fault of ours.
	if r.Enhanced != "" && r.Enhanced[0] == code[0] {
		lead = r.Enhanced + " "
	}
	lines := strings.Split(strings.TrimRight(r.Text, "\r\n"), "\n")
	lines = lines[:min(len(lines), maxReplyLines)]
	var b strings.Builder
	for i, line := range lines {
		mark := "-"
		if i == len(lines)-1 {
			mark = " "
		}
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString(code + mark + lead + replyLine(line))
	}
	return b.String()
}

// replyLine makes a line fit for SMTP: printable ASCII, bounded, with each %
// doubled.
func replyLine(line string) string {
	line = strings.TrimRight(line, "\r \t")
	line = strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, line[:min(len(line), maxReplyLine)])
	return strings.ReplaceAll(line, "%", "%%")
}
