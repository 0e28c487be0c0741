package e2e

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"postern/internal/door/policy"
	"postern/internal/greylist"
	"postern/internal/session"
	"postern/internal/store/sqlite"
)

// policyDoor runs the policy door at an address until the test ends.
func policyDoor(t *testing.T, listen string, d policy.Decider) *policy.Server {
	t.Helper()
	o := policy.DefaultOptions()
	o.Listen, o.SocketMode = listen, "0666"
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	s := policy.New(o, d, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err := s.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestPolicyGreylisting: mail to two recipients has to wait, comes back, and
// gets one header field.
func TestPolicyGreylisting(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			records, err := sqlite.OpenRecords(t.Context(), filepath.Join(t.TempDir(), "records.db"), sqlite.RecordsOptions{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := records.Close(context.Background()); err != nil {
					t.Error(err)
				}
			})
			var now atomic.Int64
			now.Store(1795250000)
			clock := func() time.Time { return time.Unix(now.Load(), 0) }
			g, err := greylist.New(greylist.DefaultOptions(), records, greylist.Whitelists{}, greylist.Identity{Host: "mx.example.net"}, clock)
			if err != nil {
				t.Fatal(err)
			}
			listen, service := freePort(t), ""
			if service = "inet:" + listen; network == "unix" {
				listen = "unix:" + filepath.Join(shortDir(t), "policy")
				service = listen
			}
			s := policyDoor(t, listen, policy.Greylisting{Greylist: g})
			p := startPostfix(t, "smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service "+service)
			to := []string{"bob@example.net", "carol@example.net"}
			send := func() ([]string, string) {
				rcpts, final, err := smtpSend(p.address, outsideClient, "alice@example.com", to, clean("Minutes"))
				if err != nil {
					t.Fatal(err)
				}
				return rcpts, final
			}
			rcpts, _ := send()
			for i, r := range rcpts {
				want := fmt.Sprintf("450 4.2.0 <%s>: Recipient address rejected: Greylisted, please come back in 300 seconds", to[i])
				if r != want {
					t.Errorf("got %q, want %q", r, want)
				}
			}
			now.Add(301)
			if rcpts, final := send(); !strings.HasPrefix(final, "250") {
				t.Fatalf("the second attempt was answered %q, %q", rcpts, final)
			}
			if got := p.sink.wait(t, 1)[0].header(t)["X-Greylist"]; len(got) != 1 || !strings.HasPrefix(got[0], "delayed 301 seconds by postern at mx.example.net; ") {
				t.Errorf("X-Greylist: %q", got)
			}
			if rcpts, final := send(); !strings.HasPrefix(final, "250") {
				t.Fatalf("the third mail was answered %q, %q", rcpts, final)
			}
			if got := p.sink.wait(t, 2)[1].header(t)["X-Greylist"]; len(got) != 0 {
				t.Errorf("X-Greylist: %q", got)
			}
			if st := s.Stats(); st.Requests != 6 || st.Faults > 0 {
				t.Errorf("stats %+v", st)
			}
		})
	}
}

// actions answers at RCPT by the recipient's name and keeps what was asked.
type actions struct {
	mu    sync.Mutex
	asked []policy.Request
	seen  []session.Session
}

func (a *actions) Decide(_ context.Context, s *session.Session, r policy.Request) (policy.Action, error) {
	a.mu.Lock()
	a.asked, a.seen = append(a.asked, r), append(a.seen, *s)
	a.mu.Unlock()
	if r.State != policy.StateRcpt {
		return policy.Dunno(), nil
	}
	switch r.Recipient.Local {
	case "reject":
		return policy.Reject("5.7.1 Not\nfor you"), nil
	case "code":
		return policy.Action{Verb: "553", Text: "5.7.1 Odd"}, nil
	case "defer":
		return policy.Defer("4.7.1 Later"), nil
	case "prepend":
		return policy.Prepend("X-Policy: yes\nX-Evil: no"), nil
	case "discard":
		return policy.Discard("dropped"), nil
	case "redirect":
		return policy.Redirect("other@example.org"), nil
	case "silent":
		return policy.Action{}, errors.New("no decision")
	}
	return policy.Permit(), nil
}

// TestPolicyActions: Postfix understands every answer, and every state is
// asked in.
func TestPolicyActions(t *testing.T) {
	a := &actions{}
	listen := freePort(t)
	policyDoor(t, listen, a)
	service := "check_policy_service { inet:" + listen + ", policy_context=inbound, retry_delay=1s }"
	var lines []string
	for _, stage := range []string{"client", "helo", "sender", "data", "end_of_data"} {
		lines = append(lines, "smtpd_"+stage+"_restrictions = "+service)
	}
	lines = append(lines, "smtpd_recipient_restrictions = reject_unauth_destination, "+service, "smtpd_delay_reject = no")
	p := startPostfix(t, lines...)
	for name, want := range map[string]string{
		"reject":  "554 5.7.1 <reject@example.net>: Recipient address rejected: Not for you",
		"code":    "553 5.7.1 <code@example.net>: Recipient address rejected: Odd",
		"defer":   "450 4.7.1 <defer@example.net>: Recipient address rejected: Later",
		"silent":  "451 4.3.5 <silent@example.net>: Recipient address rejected: Server configuration problem",
		"fine":    "250 2.1.5 Ok",
		"discard": "250 2.1.5 Ok",
	} {
		rcpts, _, err := smtpSend(p.address, outsideClient, "alice@example.com", []string{name + "@example.net"}, clean(name))
		if err != nil || len(rcpts) != 1 || rcpts[0] != want {
			t.Errorf("%s: got %q, %v; want %q", name, rcpts, err, want)
		}
	}
	for _, name := range []string{"prepend", "redirect"} {
		if _, final, err := smtpSend(p.address, outsideClient, "alice@example.com", []string{name + "@example.net"}, clean(name)); err != nil || !strings.HasPrefix(final, "250") {
			t.Errorf("%s: got %q, %v", name, final, err)
		}
	}
	for _, m := range p.sink.wait(t, 3) {
		h := m.header(t)
		switch h.Get("Subject") {
		case "prepend":
			if got := h.Get("X-Policy"); got != "yes X-Evil: no" || h.Get("X-Evil") != "" {
				t.Errorf("X-Policy: %q, X-Evil: %q", got, h.Get("X-Evil"))
			}
		case "redirect":
			if !slices.Equal(m.recipients, []string{"other@example.org"}) {
				t.Errorf("redirected to %q", m.recipients)
			}
		case "discard":
			t.Error("what was to be dropped arrived")
		}
	}
	a.checkAsked(t)
}

// checkAsked looks at what Postfix said.
func (a *actions) checkAsked(t *testing.T) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	states := map[policy.State]int{}
	instances := map[policy.State]string{}
	for i, r := range a.asked {
		states[r.State]++
		s := a.seen[i]
		if s.HELO != "client.example.com" {
			continue // the front end, before XCLIENT
		}
		if s.Client.IP.String() != "192.0.2.1" || s.Client.Name != "mail.example.com" || s.Protocol != "ESMTP" ||
			s.ServerPort == 0 || s.Macros["policy_context"] != "inbound" {
			t.Errorf("%s: session %+v", r.State, s)
		}
		if r.State == policy.StateEnd && (s.Size < 100 || s.QueueID == "" || r.Recipient.IsZero()) {
			t.Errorf("at the end: size %d, queue id %q, recipient %s", s.Size, s.QueueID, r.Recipient)
		}
		instances[r.State] = s.Instance
	}
	for _, want := range []policy.State{policy.StateConnect, policy.StateEHLO, policy.StateMail, policy.StateRcpt, policy.StateData, policy.StateEnd} {
		if states[want] == 0 {
			t.Errorf("nothing was asked at %s: %v", want, states)
		}
	}
	if instances[policy.StateData] == "" || instances[policy.StateData] != instances[policy.StateEnd] {
		t.Errorf("instances %v", instances)
	}
}

// TestPolicyAway: the way in which docs/policy.md lets mail pass while nobody
// answers.
func TestPolicyAway(t *testing.T) {
	p := startPostfix(t, "smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service { inet:"+
		freePort(t)+", timeout=10s, default_action=DUNNO }")
	rcpts, final, err := smtpSend(p.address, outsideClient, "alice@example.com", []string{"bob@example.net"}, clean("Minutes"))
	if err != nil || !strings.HasPrefix(final, "250") {
		t.Errorf("answered %q, %q, %v", rcpts, final, err)
	}
}
