package engine

import (
	"context"
	"errors"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/unit"
	"postern/internal/verdict"
)

// reports makes a check that reports the given symbols with their scores.
func reports(name string, stage check.Stage, symbols ...verdict.Symbol) check.Check {
	return check.New(check.Info{Name: name, Stage: stage, Symbols: symbols},
		func(_ context.Context, _ *check.Transaction, out *check.Report) error {
			for _, s := range symbols {
				out.Add(s.Name, "evidence of "+s.Name)
			}
			return nil
		})
}

func sym(name, group string, score float64) verdict.Symbol {
	return verdict.Symbol{Name: name, Group: group, Score: score, Description: "test"}
}

// outside is a session of a client that is scored.
func outside() *session.Session {
	return &session.Session{
		Door: "test", Client: session.Client{IP: netip.MustParseAddr("192.0.2.1")},
		HasSender: true, Sender: addr.Address{Local: "a", Domain: "example.com"},
	}
}

func mail(text string) *message.Message {
	return message.Parse([]byte(strings.ReplaceAll(text, "\n", "\r\n")), message.DefaultLimits())
}

const plain = "From: a@example.com\nSubject: hello\n\ntext\n"

// judge builds an engine and gives its outcome for one mail to rcpts.
func judge(t *testing.T, s Settings, p Parts, ses *session.Session, text string, rcpts ...string) Outcome {
	t.Helper()
	e, err := New(s, p)
	if err != nil {
		t.Fatal(err)
	}
	tx := e.Open(ses)
	for _, stage := range []check.Stage{check.Connect, check.Helo, check.Mail} {
		tx.At(t.Context(), stage)
	}
	for _, r := range rcpts {
		local, domain, _ := strings.Cut(r, "@")
		rcpt := session.Recipient{Address: addr.Address{Local: local, Domain: domain}}
		if tx.Recipient(t.Context(), &rcpt) == nil {
			ses.Recipients = append(ses.Recipients, rcpt)
		}
	}
	return tx.Message(t.Context(), mail(text))
}

func TestWeighing(t *testing.T) {
	three := reports("three", check.Message, sym("A", "g", 2), sym("B", "g", 3), sym("C", "h", -1))
	yes := true
	tests := []struct {
		name   string
		change func(*Settings, *Parts)
		score  float64
		action verdict.Action
		would  verdict.Action
	}{
		{name: "sum", score: 4, action: verdict.Greylist, would: verdict.Greylist},
		{name: "group cap scales down", change: func(_ *Settings, p *Parts) {
			p.Groups = []verdict.Group{{Name: "g", MaxScore: 4}}
		}, score: 3, action: verdict.NoAction, would: verdict.NoAction},
		{name: "administrator's cap", change: func(s *Settings, _ *Parts) {
			limit := 1.0
			s.Groups = map[string]GroupOptions{"g": {MaxScore: &limit}}
		}, score: 0, action: verdict.NoAction, would: verdict.NoAction},
		{name: "administrator's score", change: func(s *Settings, _ *Parts) {
			ten := 10.0
			s.Symbols = map[string]SymbolOptions{"A": {Score: &ten}}
		}, score: 12, action: verdict.AddHeader, would: verdict.AddHeader},
		{name: "composite takes its parts' place", change: func(_ *Settings, p *Parts) {
			p.Composites = []Composite{{Symbol: sym("AB", "c", 1), Expression: "A & B"}}
		}, score: 0, action: verdict.NoAction, would: verdict.NoAction},
		{name: "composite leaves its parts", change: func(_ *Settings, p *Parts) {
			p.Composites = []Composite{{Symbol: sym("AB", "c", 4), Expression: "A & B", Leave: true}}
		}, score: 8, action: verdict.AddHeader, would: verdict.AddHeader},
		{name: "composite keeps one part", change: func(_ *Settings, p *Parts) {
			p.Composites = []Composite{{Symbol: sym("AB", "c", 1), Expression: "A & -B"}}
		}, score: 3, action: verdict.NoAction, would: verdict.NoAction},
		{name: "composite of a composite", change: func(_ *Settings, p *Parts) {
			p.Composites = []Composite{
				{Symbol: sym("TOP", "c", 20), Expression: "MID & C", Leave: true},
				{Symbol: sym("MID", "c", 1), Expression: "A + B + C >= 3", Leave: true},
			}
		}, score: 25, action: verdict.Reject, would: verdict.Reject},
		{name: "composite by group", change: func(_ *Settings, p *Parts) {
			p.Composites = []Composite{{Symbol: sym("ANY", "c", 3), Expression: "g+:g & g-:h & !g+:h", Leave: true}}
		}, score: 7, action: verdict.AddHeader, would: verdict.AddHeader},
		{name: "symbol in observe mode", change: func(s *Settings, _ *Parts) {
			s.Symbols = map[string]SymbolOptions{"B": {Observe: &yes}}
		}, score: 1, action: verdict.NoAction, would: verdict.Greylist},
		{name: "group in observe mode", change: func(s *Settings, _ *Parts) {
			s.Groups = map[string]GroupOptions{"g": {Observe: true}}
		}, score: -1, action: verdict.NoAction, would: verdict.Greylist},
		{name: "action in observe mode falls to the next", change: func(s *Settings, _ *Parts) {
			twenty := 20.0
			s.Symbols = map[string]SymbolOptions{"A": {Score: &twenty}}
			s.Actions.Observe = []string{"reject"}
		}, score: 22, action: verdict.AddHeader, would: verdict.Reject},
		{name: "forced action", change: func(s *Settings, _ *Parts) {
			s.Symbols = map[string]SymbolOptions{"C": {Action: "reject"}}
		}, score: 4, action: verdict.Reject, would: verdict.Reject},
		{name: "forced action is the least", change: func(s *Settings, _ *Parts) {
			hundred := 100.0
			s.Symbols = map[string]SymbolOptions{"C": {Action: "add header"}, "A": {Score: &hundred}}
		}, score: 102, action: verdict.Reject, would: verdict.Reject},
		{name: "no action overrules the score", change: func(s *Settings, _ *Parts) {
			hundred := 100.0
			s.Symbols = map[string]SymbolOptions{"C": {Action: "no action"}, "A": {Score: &hundred}}
		}, score: 102, action: verdict.NoAction, would: verdict.NoAction},
		{name: "forcing symbol in observe mode", change: func(s *Settings, _ *Parts) {
			s.Symbols = map[string]SymbolOptions{"C": {Action: "reject", Observe: &yes}}
		}, score: 5, action: verdict.Greylist, would: verdict.Reject},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, p := DefaultSettings(), Parts{Checks: []check.Check{three}}
			if tt.change != nil {
				tt.change(&s, &p)
			}
			v := judge(t, s, p, outside(), plain, "b@example.net").Verdict()
			if v.Score != tt.score || v.Action != tt.action || v.Observed != tt.would {
				t.Errorf("score %v, action %q, would be %q; want %v, %q, %q", v.Score, v.Action, v.Observed, tt.score, tt.action, tt.would)
			}
			sum := 0.0
			for _, f := range v.Findings {
				sum += f.Score
			}
			if math.Abs(sum-v.Score) > 1e-6 {
				t.Errorf("the findings' scores make %v, the verdict says %v", sum, v.Score)
			}
		})
	}
}

func TestSettingsErrors(t *testing.T) {
	base := Parts{Checks: []check.Check{reports("one", check.Message, sym("A", "g", 2))}}
	tests := map[string]struct {
		change func(*Settings)
		key    string
		reason string
	}{
		"unknown symbol":      {func(s *Settings) { s.Symbols = map[string]SymbolOptions{"B": {}} }, "symbols.B", `no symbol "B"`},
		"unknown group":       {func(s *Settings) { s.Groups = map[string]GroupOptions{"x": {}} }, "groups.x", `no group "x"`},
		"unknown action":      {func(s *Settings) { s.Symbols = map[string]SymbolOptions{"A": {Action: "kill"}} }, "symbols.A.action", `unknown action "kill"`},
		"bad reply":           {func(s *Settings) { s.Actions.RejectReply = "250 fine" }, "actions.reject_reply", "code from 400 to 599"},
		"reply of wrong kind": {func(s *Settings) { s.Actions.RejectReply = "451 4.7.1 later" }, "actions.reject_reply", "must begin with 5"},
		"observe":             {func(s *Settings) { s.Actions.Observe = []string{"reject", "x"} }, "actions.observe[1]", `unknown action "x"`},
		"composite syntax":    {func(s *Settings) { s.Composites = map[string]CompositeOptions{"X": {Expression: "A &"}} }, "composites.X.expression", "column 4"},
		"composite symbol":    {func(s *Settings) { s.Composites = map[string]CompositeOptions{"X": {Expression: "A & NO"}} }, "composites.X.expression", `column 5: there is no symbol "NO"`},
		"composite group":     {func(s *Settings) { s.Composites = map[string]CompositeOptions{"X": {Expression: "g:no"}} }, "composites.X.expression", `no group "no"`},
		"composite circle": {func(s *Settings) {
			s.Composites = map[string]CompositeOptions{"X": {Expression: "Y"}, "Y": {Expression: "X"}}
		}, "composites.X.expression", "made of itself"},
		"composite policy": {func(s *Settings) { s.Composites = map[string]CompositeOptions{"X": {Expression: "A", Policy: "eat"}} }, "composites.X.policy", `not "eat"`},
		"profile":          {func(s *Settings) { s.Profiles = []ProfileOptions{{}} }, "profiles[0].name", "needs a name"},
		"profile recipient": {func(s *Settings) {
			s.Profiles = []ProfileOptions{{Name: "p", Recipients: []string{"x@y", "bare"}}}
		}, "profiles[0].recipients[1]", `"bare" is not`},
		"split":    {func(s *Settings) { s.Engine.Split = "half" }, "engine.split", `not "half"`},
		"deadline": {func(s *Settings) { s.Engine.Deadline = 1 }, "engine.deadline", "between"},
		"network":  {func(s *Settings) { s.Engine.Networks = []string{"10.0.0.0/99"} }, "engine.networks[0]", "10.0.0.0/99"},
		"header":   {func(s *Settings) { s.Headers.Add = []string{"X-Spam", "Subject"} }, "headers.add[1]", `"Subject" is not a header`},
		"removal":  {func(s *Settings) { s.Headers.Remove = []string{"*"} }, "headers.remove[0]", "not a header name"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := DefaultSettings()
			tt.change(&s)
			_, err := New(s, base)
			var key *unit.KeyError
			if !errors.As(err, &key) || key.Key != tt.key || !strings.Contains(key.Reason, tt.reason) {
				t.Errorf("got %v; want key %s with %q", err, tt.key, tt.reason)
			}
		})
	}
}

func TestFailingChecks(t *testing.T) {
	panics := check.New(check.Info{Name: "panics", Stage: check.Message, Symbols: []verdict.Symbol{sym("P", "g", 5)}},
		func(context.Context, *check.Transaction, *check.Report) error { panic("oops") })
	fails := check.New(check.Info{Name: "fails", Stage: check.Message, Symbols: []verdict.Symbol{sym("F", "g", 5)}},
		func(_ context.Context, _ *check.Transaction, out *check.Report) error {
			out.Add("F")
			return errors.New("no connection")
		})
	release := make(chan struct{})
	defer close(release)
	late := check.New(check.Info{Name: "late", Stage: check.Message, Waits: true, Symbols: []verdict.Symbol{sym("L", "g", 5)}},
		func(_ context.Context, _ *check.Transaction, out *check.Report) error {
			<-release
			out.Add("L")
			return nil
		})
	waits := check.New(check.Info{Name: "waits", Stage: check.Message, Waits: true, Symbols: []verdict.Symbol{sym("W", "g", 1)}},
		func(ctx context.Context, _ *check.Transaction, out *check.Report) error {
			out.Add("W")
			return nil
		})
	s := DefaultSettings()
	s.Engine.Deadline = unit.Duration(200 * time.Millisecond)
	p := Parts{Checks: []check.Check{panics, fails, late, waits, reports("fine", check.Message, sym("OK", "g", 1))}}
	o := judge(t, s, p, outside(), plain, "b@example.net")
	v := o.Verdict()
	if v.Score != 2 || !v.Incomplete || v.Action != verdict.NoAction {
		t.Errorf("score %v, incomplete %v, action %q; want 2, true, no action", v.Score, v.Incomplete, v.Action)
	}
	for symbol, reason := range map[string]string{
		"CHECK_FAILED_PANICS": "panic: oops", "CHECK_FAILED_FAILS": "no connection", "CHECK_FAILED_LATE": "no answer in time",
	} {
		i := slices.IndexFunc(v.Findings, func(f verdict.Finding) bool { return f.Symbol == symbol })
		if i < 0 || v.Findings[i].Failed != reason || v.Findings[i].Score != 0 {
			t.Errorf("%s: not reported with reason %q: %+v", symbol, reason, v.Findings)
		}
	}
	if n := len(o.Checks); n < 3 {
		t.Errorf("times of %d checks kept, want at least the 3 that failed", n)
	}
}

func TestTrustedClients(t *testing.T) {
	spam := reports("spam", check.Message, sym("SPAM", "g", 50))
	always := check.New(check.Info{Name: "always", Stage: check.Message, Trusted: true, Symbols: []verdict.Symbol{sym("TEST", "g", 0)}},
		func(_ context.Context, tx *check.Transaction, out *check.Report) error {
			if tx.Session.Subject == "test" {
				out.Add("TEST")
			}
			return nil
		})
	tests := []struct {
		name    string
		session func(*session.Session)
		options func(*Options)
		action  verdict.Action
		reason  string
		skipped bool
	}{
		{name: "outside", action: verdict.Reject, reason: "score"},
		{name: "local network", session: func(s *session.Session) { s.Client.IP = netip.MustParseAddr("127.0.0.1") },
			action: verdict.NoAction, reason: "client 127.0.0.1 is in networks", skipped: true},
		{name: "local network, scored", session: func(s *session.Session) { s.Client.IP = netip.MustParseAddr("::1") },
			options: func(o *Options) { o.ScoreLocal = true }, action: verdict.Reject, reason: "score"},
		{name: "unix socket", session: func(s *session.Session) { s.Client = session.Client{Local: true} },
			action: verdict.NoAction, reason: "client is local", skipped: true},
		{name: "no address known", session: func(s *session.Session) { s.Client = session.Client{} }, action: verdict.Reject, reason: "score"},
		{name: "logged in", session: func(s *session.Session) { s.User = "joe" },
			action: verdict.NoAction, reason: "client is authenticated as joe", skipped: true},
		{name: "logged in, scored", session: func(s *session.Session) { s.User = "joe" },
			options: func(o *Options) { o.ScoreAuthenticated = true }, action: verdict.Reject, reason: "score"},
		{name: "a trusted check runs", session: func(s *session.Session) { s.User, s.Subject = "joe", "test" },
			action: verdict.Reject, reason: "forced by TEST", skipped: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, ses := DefaultSettings(), outside()
			if tt.session != nil {
				tt.session(ses)
			}
			if tt.options != nil {
				tt.options(&s.Engine)
			}
			p := Parts{Checks: []check.Check{spam, always}, Forced: map[string]SymbolOptions{"TEST": {Action: "reject"}}}
			v := judge(t, s, p, ses, plain, "b@example.net").Verdict()
			if v.Action != tt.action || v.Reason != tt.reason || v.Skipped != tt.skipped {
				t.Errorf("action %q for %q, skipped %v; want %q for %q, %v", v.Action, v.Reason, v.Skipped, tt.action, tt.reason, tt.skipped)
			}
			if v.Action != verdict.Reject && v.Skipped && len(v.Headers) > 0 {
				t.Errorf("headers %v on mail that is not scored", v.Headers)
			}
		})
	}
}

// TestLoginAfterHELO: what was found before the client logged in does not
// count against it.
func TestLoginAfterHELO(t *testing.T) {
	p := Parts{
		Checks: []check.Check{reports("helo", check.Helo, sym("BAD_HELO", "g", 9))},
		Forced: map[string]SymbolOptions{"BAD_HELO": {Action: "reject"}},
	}
	e, err := New(DefaultSettings(), p)
	if err != nil {
		t.Fatal(err)
	}
	ses := outside()
	tx := e.Open(ses)
	tx.At(t.Context(), check.Helo)
	ses.User = "joe"
	r := session.Recipient{Address: addr.Address{Local: "b", Domain: "example.net"}}
	if v := tx.Recipient(t.Context(), &r); v != nil {
		t.Fatalf("the recipient was refused: %+v", v)
	}
	if v := tx.Message(t.Context(), mail(plain)).Verdict(); v.Action != verdict.NoAction || v.Score != 0 || !v.Skipped {
		t.Errorf("action %q, score %v, skipped %v; want no action, 0, true", v.Action, v.Score, v.Skipped)
	}
}
