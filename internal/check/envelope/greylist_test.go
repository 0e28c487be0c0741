package envelope

import (
	"context"
	"errors"
	"testing"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/check/checktest"
	"postern/internal/greylist"
	"postern/internal/session"
	"postern/internal/verdict"
)

// says is a greylister with one answer.
type says greylist.Answer

func (s says) Ask(context.Context, *session.Session, addr.Address) greylist.Answer {
	return greylist.Answer(s)
}

func TestGreylist(t *testing.T) {
	recipient := session.Recipient{Address: addr.Address{Local: "bob", Domain: "example.net"}}
	for name, tt := range map[string]struct {
		answer greylist.Answer
		reply  string // of the decision; "" for none
		change string
		fails  bool
	}{
		"wait":         {greylist.Answer{Decision: greylist.Wait, Action: "DEFER_IF_PERMIT", Text: "come back"}, "450 4.2.0 come back", "", false},
		"code of gld":  {greylist.Answer{Decision: greylist.Wait, Action: "451", Text: "4.7.1 come back"}, "451 4.7.1 come back", "", false},
		"pass":         {greylist.Answer{Decision: greylist.Pass}, "", "", false},
		"came back":    {greylist.Answer{Decision: greylist.FirstPass, Header: "X-Greylist: delayed 300 seconds"}, "", "delayed 300 seconds", false},
		"store broken": {greylist.Answer{Decision: greylist.Unknown, Err: errors.New("no disk")}, "", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			c := Greylist(says(tt.answer), "policy", false)
			if i := c.Info(); i.Trusted || i.Door != "policy" || !i.Decides {
				t.Errorf("info %+v", i)
			}
			var out check.Report
			err := c.Run(t.Context(), &check.Transaction{Session: checktest.Session(), Recipient: &recipient, Now: checktest.Now}, &out)
			if (err != nil) != tt.fails {
				t.Fatalf("error %v", err)
			}
			reply := ""
			for _, f := range out.Found() {
				if f.Decision != nil && f.Decision.Action == verdict.Greylist {
					reply = f.Decision.Reply.String()
				}
			}
			if reply != tt.reply {
				t.Errorf("replies %q, want %q", reply, tt.reply)
			}
			change := ""
			for _, ch := range out.Changes() {
				change = ch.Value
			}
			if change != tt.change {
				t.Errorf("adds %q, want %q", change, tt.change)
			}
		})
	}
}
