package milter_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"postern/internal/door/milter/mtatest"
	"postern/internal/verdict"
)

type answerOf = mtatest.Answer

// show prints changes as one line each: code, index, strings.
func show(changes []mtatest.Packet) string {
	var lines []string
	for _, p := range changes {
		line, data := string(rune(p.Code)), p.Data
		if p.Code == 'i' || p.Code == 'm' {
			line += fmt.Sprintf(" %d", binary.BigEndian.Uint32(data))
			data = data[4:]
		}
		line += " " + strings.ReplaceAll(strings.TrimSuffix(string(data), "\x00"), "\x00", "|")
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestVerdicts(t *testing.T) {
	headers := []verdict.HeaderChange{
		{Op: verdict.RemoveHeaderField, Name: "X-Spam", Index: 2},
		{Op: verdict.RemoveHeaderField, Name: "X-Spam", Index: 1},
		{Op: verdict.AddHeaderField, Name: "X-Spam-Score", Value: "1.00\n\tb"},
		{Op: verdict.InsertHeaderField, Name: "Authentication-Results", Index: 1, Value: "mx"},
		{Op: verdict.ChangeHeaderField, Name: "X-Old", Index: 3, Value: "new"},
		{Op: verdict.AddHeaderField, Name: "X-Bad\r\nName:", Value: "a\r\nb\x00c\rd"},
	}
	const changed = "m 2 X-Spam|\nm 1 X-Spam|\nh X-Spam-Score| 1.00\n\tb\ni 1 Authentication-Results| mx\nm 3 X-Old| new\nh X-BadName| a\nbc d"
	tests := []struct {
		name    string
		v       verdict.Verdict
		code    byte
		text    string
		changes string
	}{
		{"no action", verdict.Verdict{Headers: headers}, 'c', "", changed},
		{"greylist", verdict.Verdict{Action: verdict.Greylist, Headers: headers}, 'c', "", changed},
		{"add header", verdict.Verdict{Action: verdict.AddHeader, Headers: headers}, 'c', "", changed},
		{"rewrite subject", verdict.Verdict{Action: verdict.RewriteSubject, Subject: "[spam] x"}, 'c', "", "m 1 Subject| [spam] x"},
		{"rewrite subject among the changes", verdict.Verdict{Action: verdict.RewriteSubject, Subject: "[spam] x",
			Headers: []verdict.HeaderChange{{Op: verdict.AddHeaderField, Name: "Subject", Value: "y"}}}, 'c', "", "h Subject| y"},
		{"soft reject", verdict.Verdict{Action: verdict.SoftReject, Headers: headers}, 'y', "451 4.7.1 Try again later", ""},
		{"reject", verdict.Verdict{Action: verdict.Reject, Headers: headers}, 'y', "554 5.7.1 Spam message rejected", ""},
		{"reject with a reply", verdict.Verdict{Action: verdict.Reject, Reply: verdict.Reply{Code: 550, Enhanced: "5.7.9", Text: "100% spam"}},
			'y', "550 5.7.9 100%% spam", ""},
		{"reject in lines", verdict.Verdict{Action: verdict.Reject, Reply: verdict.Reply{Code: 550, Text: "one\n\nthree\n"}},
			'y', "550-one\r\n550-\r\n550 three", ""},
		{"reject with an enhanced code of another class", verdict.Verdict{Action: verdict.Reject, Reply: verdict.Reply{Code: 550, Enhanced: "4.7.1", Text: "no"}},
			'y', "550 no", ""},
		{"reject with a reply that is none", verdict.Verdict{Action: verdict.Reject, Reply: verdict.Reply{Code: 250, Text: "ok"}},
			'y', "554 5.7.1 Spam message rejected", ""},
		{"reject without a text", verdict.Verdict{Action: verdict.Reject, Reply: verdict.Reply{Code: 550}}, 'y', "550 Spam message rejected", ""},
		{"reject with letters that SMTP has not", verdict.Verdict{Action: verdict.Reject, Reply: verdict.Reply{Code: 550, Text: "für\x00\tyou"}},
			'y', "550 f?r??you", ""},
		{"quarantine", verdict.Verdict{Action: verdict.Quarantine, Reason: "forced by\nX", Headers: headers[2:3]}, 'c', "",
			"h X-Spam-Score| 1.00\n\tb\nq forced by X"},
		{"discard", verdict.Verdict{Action: verdict.Discard, Headers: headers}, 'd', "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := open(t, usual().saying(tt.v)).dial(t)
			begin(t, c)
			a, err := c.Content([]byte(plain))
			got := must(t, a, err)(tt.code)
			if got.Text != tt.text {
				t.Errorf("got text %q, want %q", got.Text, tt.text)
			}
			if changes := show(got.Changes); changes != tt.changes {
				t.Errorf("got changes\n%s\nwant\n%s", changes, tt.changes)
			}
		})
	}
}

// A mail server that offers little gets nothing it did not offer.
func TestVerdictsWithoutLeave(t *testing.T) {
	v := verdict.Verdict{Action: verdict.Quarantine, Headers: []verdict.HeaderChange{
		{Op: verdict.AddHeaderField, Name: "X-Spam", Value: "Yes"},
		{Op: verdict.RemoveHeaderField, Name: "X-Spam", Index: 1},
	}}
	for _, tt := range []struct {
		actions uint32
		changes string
	}{
		{0, ""}, {0x01, "h X-Spam|Yes"}, {0x10, "m 1 X-Spam|"}, {0x20, "q held as probable spam"},
		{0x31, "h X-Spam|Yes\nm 1 X-Spam|\nq held as probable spam"},
	} {
		d := open(t, usual().saying(v))
		c := d.dialOffering(t, 6, tt.actions, 0)
		begin(t, c)
		a, err := c.Content([]byte(plain))
		if got := show(must(t, a, err)('c').Changes); got != tt.changes {
			t.Errorf("actions %#x: got %q, want %q", tt.actions, got, tt.changes)
		}
		if tt.actions&0x20 == 0 {
			d.log.waitFor(t, "cannot hold a message")
		}
	}
}
