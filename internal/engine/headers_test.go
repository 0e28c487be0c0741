package engine

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/internal/check"
	"postern/internal/session"
	"postern/internal/verdict"
)

// changes prints header changes, one a line, without the case id.
func changes(v *verdict.Verdict) string {
	names := map[verdict.HeaderOp]string{
		verdict.AddHeaderField: "add", verdict.InsertHeaderField: "insert",
		verdict.ChangeHeaderField: "change", verdict.RemoveHeaderField: "remove",
	}
	var b strings.Builder
	for _, c := range v.Headers {
		fmt.Fprintf(&b, "%s %d %s: %s\n", names[c.Op], c.Index, c.Name, strings.ReplaceAll(c.Value, v.CaseID, "CASE"))
	}
	return b.String()
}

func TestHeaderChanges(t *testing.T) {
	forged := "X-Spam: No\nFrom: a@example.com\nX-Spam-Status: No, score=-100\nAuthentication-Results: mx.example.net; spf=pass\n" +
		"Authentication-Results: (a (nested) comment) MX.example.net 1; dkim=pass\nAuthentication-Results: other.example; dkim=pass\n" +
		"x-spam: really not\nSubject: =?utf-8?q?caf=C3=A9?=\nX-Spammer: stays\n\ntext\n"
	tests := []struct {
		name   string
		score  float64
		change func(*Settings, *session.Session)
		want   string
	}{
		{name: "ham", score: 1, want: `remove 2 x-spam: 
remove 2 Authentication-Results: 
remove 1 Authentication-Results: 
remove 1 X-Spam-Status: 
remove 1 X-Spam: 
add 0 X-Spam-Score: 1.00
add 0 X-Spam-Status: No, score=1.0 required=6.0
	tests=SYM
add 0 X-Spamd-Result: default: False [1.00 / 15.00];
	SYM(1.00)[evidence of SYM]
add 0 X-Postern-Case: CASE
insert 1 Authentication-Results: mx.example.net;
	none
`},
		{name: "spam", score: 7, change: func(s *Settings, ses *session.Session) {
			s.Headers.Remove = nil
			s.Headers.Add = []string{"X-Spam", "X-Spam-Flag", "X-Spam-Level", "X-Spamd-Bar", "Authentication-Results"}
			ses.Client.NameKnown, ses.Client.Name = true, "mail.example.com"
		}, want: `remove 2 Authentication-Results: 
remove 1 Authentication-Results: 
add 0 X-Spam: Yes
add 0 X-Spam-Flag: YES
add 0 X-Spam-Level: *******
add 0 X-Spamd-Bar: +++++++
insert 1 Authentication-Results: mx.example.net;
	iprev=pass policy.iprev=192.0.2.1 (mail.example.com)
`},
		{name: "marked subject", score: 9, change: func(s *Settings, _ *session.Session) {
			eight := 8.0
			s.Actions.RewriteSubject = &eight
			s.Headers = HeaderOptions{}
		}, want: `remove 2 Authentication-Results: 
remove 1 Authentication-Results: 
change 1 Subject: ***SPAM*** =?utf-8?q?caf=C3=A9?=
`},
		{name: "rejected mail is not changed", score: 20, want: ""},
		{name: "mail that is not scored is not changed", score: 1, change: func(_ *Settings, ses *session.Session) {
			ses.Client.IP = netip.MustParseAddr("127.0.0.1")
		}, want: ""},
		{name: "logged in, with headers wanted", score: 1, change: func(s *Settings, ses *session.Session) {
			ses.User = "joe (the\r\n boss)"
			s.Headers = HeaderOptions{Add: []string{"Authentication-Results"}, Trusted: true}
		}, want: `remove 2 Authentication-Results: 
remove 1 Authentication-Results: 
insert 1 Authentication-Results: mx.example.net;
	auth=pass smtp.auth="joe (the boss)"
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, ses := DefaultSettings(), outside()
			s.Engine.Hostname = "mx.example.net"
			if tt.change != nil {
				tt.change(&s, ses)
			}
			p := Parts{Checks: []check.Check{reports("sym", check.Message, sym("SYM", "g", tt.score))}}
			v := judge(t, s, p, ses, forged, "b@example.net").Verdict()
			if diff := cmp.Diff(tt.want, changes(v)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestSubjectIsAddedWhereMissing(t *testing.T) {
	s := DefaultSettings()
	one := 1.0
	s.Actions.RewriteSubject, s.Actions.AddHeader, s.Actions.Greylist = &one, &one, nil
	s.Headers = HeaderOptions{}
	p := Parts{Checks: []check.Check{reports("sym", check.Message, sym("SYM", "g", 2))}}
	v := judge(t, s, p, outside(), "From: a@example.com\n\ntext\n").Verdict()
	if got, want := changes(v), "add 0 Subject: ***SPAM*** \n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
