package policy

import (
	"strings"
	"testing"

	"postern/internal/verdict"
)

func TestActionLine(t *testing.T) {
	for _, c := range []struct {
		action Action
		want   string // "" for none
	}{
		{Dunno(), "DUNNO"},
		{Permit(), "OK"},
		{Reject(""), "REJECT"},
		{Reject("5.7.1 No"), "REJECT 5.7.1 No"},
		{Defer("4.7.1 Later"), "DEFER 4.7.1 Later"},
		{DeferIfPermit("4.2.0 Later"), "DEFER_IF_PERMIT 4.2.0 Later"},
		{Prepend("X-Greylist: delayed 300 seconds"), "PREPEND X-Greylist: delayed 300 seconds"},
		{Hold("odd"), "HOLD odd"},
		{Discard("spam"), "DISCARD spam"},
		{Redirect("a@example.com"), "REDIRECT a@example.com"},
		{Reply(verdict.Reply{Code: 550, Enhanced: "5.7.1", Text: "No\nreally"}), "550 5.7.1 No really"},
		{Reply(verdict.Reply{Code: 450, Text: "Later"}), "450 Later"},
		{Reply(verdict.Reply{}), "DUNNO"},
		{Action{"dunno", ""}, "DUNNO"},
		{Action{"WARN", "look"}, "WARN look"},
		// Nothing is smuggled into another line.
		{Reject("a\n\naction=OK\r\n"), "REJECT a  action=OK"},
		{Prepend("X: a\nY: b"), "PREPEND X: a Y: b"},
		{Reject("nul\x00 del\x7f"), "REJECT nul  del"},
		{Reject("Gr\xc3\xbc\xc3\x9fe \xff"), "REJECT Grüße ?"},
		{Reject(strings.Repeat("x", 600)), "REJECT " + strings.Repeat("x", maxAction-len("REJECT "))},
		{Reject(strings.Repeat("ü", 600)), "REJECT " + strings.Repeat("ü", (maxAction-len("REJECT "))/2)},
		// What the mail server would not understand is never said.
		{Action{}, ""}, {Action{"", "text"}, ""}, {Action{"FILTER", "smtp:x"}, ""}, {Action{"250", "ok"}, ""},
		{Action{"REJECT\n\naction=OK", ""}, ""}, {Prepend(""), ""}, {Prepend("no field"), ""}, {Prepend(": x"), ""},
		{Redirect(""), ""}, {Redirect("a@b c"), ""},
	} {
		got, err := c.action.line()
		if got != c.want || (err != nil) != (c.want == "") || len(got) > maxAction {
			t.Errorf("%+v: got %q, %v; want %q", c.action, got, err, c.want)
		}
	}
}
