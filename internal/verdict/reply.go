package verdict

import (
	"fmt"
	"strings"
)

// Reply is an SMTP reply (RFC 5321 section 4.2) with an enhanced status code
// (RFC 3463). The zero Reply means "no reply of our own".
type Reply struct {
	// Code is the three-digit reply code, such as 550.
	Code int `json:"code"`
	// Enhanced is the enhanced status code, such as "5.7.1".
	Enhanced string `json:"enhanced,omitempty"`
	// Text is for people, in one or several lines separated by "\n".
	Text string `json:"text"`
}

// IsZero tells that there is no reply.
func (r Reply) IsZero() bool { return r.Code == 0 }

// String gives the reply as it would stand on one line of SMTP.
func (r Reply) String() string {
	if r.IsZero() {
		return ""
	}
	text := strings.ReplaceAll(r.Text, "\n", " ")
	if r.Enhanced == "" {
		return fmt.Sprintf("%d %s", r.Code, text)
	}
	return fmt.Sprintf("%d %s %s", r.Code, r.Enhanced, text)
}

// ParseReply reads "550 5.7.1 text" or "550 text". The enhanced code, where it
// is given, must agree with the reply code's first digit.
func ParseReply(line string) (Reply, error) {
	var r Reply
	code, rest, _ := strings.Cut(line, " ")
	if len(code) != 3 || code[0] != '4' && code[0] != '5' || !isDigit(code[1]) || !isDigit(code[2]) {
		return r, fmt.Errorf("reply %q: must begin with a code from 400 to 599", line)
	}
	r.Code = int(code[0]-'0')*100 + int(code[1]-'0')*10 + int(code[2]-'0')
	first, text, _ := strings.Cut(rest, " ")
	if isEnhanced(first) {
		if first[0] != code[0] {
			return r, fmt.Errorf("reply %q: enhanced code %s does not agree with %s", line, first, code)
		}
		r.Enhanced, r.Text = first, text
	} else {
		r.Text = rest
	}
	if strings.TrimSpace(r.Text) == "" {
		return r, fmt.Errorf("reply %q: has no text", line)
	}
	return r, nil
}

// isEnhanced tells whether s is an enhanced status code, class.subject.detail.
func isEnhanced(s string) bool {
	parts := strings.Split(s, ".")
	if len(parts) != 3 || len(parts[0]) != 1 {
		return false
	}
	for _, p := range parts {
		if p == "" || len(p) > 3 {
			return false
		}
		for i := range len(p) {
			if !isDigit(p[i]) {
				return false
			}
		}
	}
	return parts[0] == "2" || parts[0] == "4" || parts[0] == "5"
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
