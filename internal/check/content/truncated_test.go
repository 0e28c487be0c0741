package content

import (
	"strings"
	"testing"

	"postern/internal/check"
	"postern/internal/check/checktest"
	"postern/internal/message"
	"postern/internal/session"
)

func TestTruncated(t *testing.T) {
	cut := func(s *session.Session) { s.Truncated = true }
	checktest.Run(t, Truncated(), []checktest.Case{
		{Name: "larger than the door takes", Symbol: "MESSAGE_TRUNCATED", Fires: true, Session: cut, Evidence: "bytes were examined"},
		{Name: "whole", Symbol: "MESSAGE_TRUNCATED"},
	})
}

// A sender is not blamed for what we cut off.
func TestTruncatedByUs(t *testing.T) {
	const mail = "Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\nSGVsbG8\n"
	for _, ours := range []bool{false, true} {
		s := checktest.Session()
		s.Truncated = ours
		raw := []byte(strings.ReplaceAll(mail, "\n", "\r\n"))
		tx := &check.Transaction{Session: s, Message: message.Parse(raw, message.DefaultLimits())}
		var names []string
		for _, f := range checktest.Find(t, MIMEDefects(), tx) {
			names = append(names, f.Symbol)
		}
		blamed := strings.Contains(strings.Join(names, " "), "MIME_TRUNCATED_BASE64")
		if blamed == ours {
			t.Errorf("cut short by us: %v; found %v", ours, names)
		}
	}
}
