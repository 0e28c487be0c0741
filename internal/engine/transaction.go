package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/verdict"
)

// Transaction is one message on its way through the stages. Its methods are
// called one after the other, never at the same time.
type Transaction struct {
	engine  *Engine
	session *session.Session
	caseID  string
	started time.Time
	input   check.Transaction
	trust   string
	// found in the stages of the connection and the message, and for the
	// recipients accepted so far.
	found      []found
	recipients []recipient
	// changes that checks of the connection, the accepted recipients and the
	// message ask for.
	changes []verdict.Change
	// proved are the results for Authentication-Results.
	proved   []string
	checks   []CheckTime
	failures int
	// deciding leaves out checks that only find something to score.
	deciding bool
}

// recipient is an accepted recipient with its profile and what was found.
type recipient struct {
	profile int
	found   []found
}

// slowCheck is how long a check takes before its time is kept with the case.
const slowCheck = time.Millisecond

// Open begins a transaction for a session that the door goes on filling. It
// gets a new case id.
func (e *Engine) Open(s *session.Session) *Transaction {
	now := e.now()
	return &Transaction{
		engine: e, session: s, caseID: newCaseID(now), started: now,
		input: check.Transaction{Session: s, Now: now, Memory: new(check.Memory)},
	}
}

// OpenEnvelope begins a transaction for a door that never sees the message:
// only checks that may decide by themselves run, since nobody adds up scores.
func (e *Engine) OpenEnvelope(s *session.Session) *Transaction {
	t := e.Open(s)
	t.deciding = true
	return t
}

// CaseID names the transaction's decision.
func (t *Transaction) CaseID() string { return t.caseID }

// At runs the checks of the connect, helo or mail stage, and for doors that
// never see the message of the data and message stages. A refusal that they
// lead to is given at the first recipient, as Postfix does by default, so
// that the log names sender and recipient; At returns nil unless a check has
// decided that it is to be given now.
func (t *Transaction) At(ctx context.Context, stage check.Stage) *verdict.Verdict {
	list, changes := t.run(ctx, stage)
	t.found, t.changes = append(t.found, list...), append(t.changes, changes...)
	if !slices.ContainsFunc(list, func(f found) bool { return f.decision != nil && f.decision.Now }) {
		return nil
	}
	s := t.scale(t.engine.profiles.choose(t.session.Profile, addr.Address{}))
	v := t.refuse(s, nil)
	if v != nil {
		t.recordEarly(v, stage)
	}
	return v
}

// Recipient runs the checks of the rcpt stage for one recipient, which the
// door adds to the session when the answer is nil. Otherwise the verdict is
// for this recipient alone.
func (t *Transaction) Recipient(ctx context.Context, r *session.Recipient) *verdict.Verdict {
	t.input.Recipient = r
	own, changes := t.run(ctx, check.Rcpt)
	t.input.Recipient = nil
	own = t.whole(own)
	one := recipient{profile: t.engine.profiles.choose(t.session.Profile, r.Address), found: own}
	v := t.refuse(t.scale(one.profile), own)
	if v == nil {
		v = t.split(one, r)
	}
	if v != nil {
		v.Recipients = []string{r.Address.String()}
		t.recordEarly(v, check.Rcpt)
		return v
	}
	t.recipients = append(t.recipients, one)
	t.changes = append(t.changes, changes...)
	return nil
}

// whole keeps what was decided at a recipient for the whole message: to drop
// it. The client is told that all is well (access(5), DISCARD).
func (t *Transaction) whole(own []found) []found {
	drops := func(f found) bool { return f.decision != nil && f.decision.Action == verdict.Discard }
	for _, f := range own {
		if drops(f) {
			t.found = append(t.found, f)
		}
	}
	return slices.DeleteFunc(own, drops)
}

// Changes gives what checks have asked to be done to the message so far, for
// doors that never see it.
func (t *Transaction) Changes() []verdict.Change { return t.changes }

// refuse gives the verdict when what was found so far forces a refusal.
func (t *Transaction) refuse(s *scale, own []found) *verdict.Verdict {
	if len(t.found) == 0 && len(own) == 0 {
		return nil
	}
	score := s.weigh(t.counting(own))
	if action, by := s.decide(score); !s.refuses(action, by) || action == verdict.Discard && s.found[by].decision != nil {
		return nil
	}
	v := t.verdict(s, score, nil)
	return &v
}

// split gives the verdict when a recipient's settings differ from those of
// the recipients before, and the door cannot tell them apart later.
func (t *Transaction) split(r recipient, who *session.Recipient) *verdict.Verdict {
	e := t.engine
	if len(t.recipients) == 0 || t.recipients[0].profile == r.profile ||
		e.options.Split != SplitDefer || t.session.PerRecipient || t.trusted() {
		return nil
	}
	return &verdict.Verdict{
		CaseID: t.caseID, Profile: e.profiles.all[r.profile].name,
		Recipients: []string{who.Address.String()},
		Action:     verdict.SoftReject, Observed: verdict.SoftReject,
		Reason:     "recipient has other settings than those before",
		Thresholds: e.profiles.all[r.profile].thresholds,
		Reply: verdict.Reply{Code: 451, Enhanced: "4.5.3",
			Text: "This recipient has other filter settings, please send again for it alone"},
	}
}

// trusted tells whether the session's mail is not scored, and notes why. The
// door may learn of a login only after the connection, so it is asked anew.
func (t *Transaction) trusted() bool {
	t.trust = t.engine.trust(t.session)
	return t.trust != ""
}

// run runs the checks of a stage and gives what they found, and what they ask
// to be done.
func (t *Transaction) run(ctx context.Context, stage check.Stage) (all []found, changes []verdict.Change) {
	list := t.engine.stages[stage]
	if len(list) == 0 {
		return nil, nil
	}
	t.input.Trusted = t.trusted()
	t.engine.runStage(ctx, t.concerned(list), &t.input, func(r result) {
		all = t.take(all, r)
		if r.err == nil {
			changes = append(changes, r.changes...)
			t.proved = append(t.proved, r.proved...)
		}
	})
	return all, changes
}

// concerned gives those of a stage's checks that look at this transaction.
func (t *Transaction) concerned(list []*runner) []*runner {
	all := true
	for _, r := range list {
		all = all && r.concerns(t)
	}
	if all {
		return list
	}
	some := make([]*runner, 0, len(list))
	for _, r := range list {
		if r.concerns(t) {
			some = append(some, r)
		}
	}
	return some
}

// concerns tells whether the check looks at a transaction.
func (r *runner) concerns(t *Transaction) bool {
	return (r.info.Trusted || !t.input.Trusted) && (r.info.Decides || !t.deciding) &&
		(r.info.Door == "" || r.info.Door == t.session.Door)
}

// take adds a check's result to what was found, and counts it.
func (t *Transaction) take(all []found, r result) []found {
	e := t.engine
	r.runner.stats.add(r)
	if r.err != nil {
		t.fail(r)
		return append(all, found{id: r.runner.failed, weight: 1, failed: r.err.Error(), trusted: r.runner.info.Trusted})
	}
	if r.took >= slowCheck {
		t.checks = append(t.checks, CheckTime{Name: r.runner.info.Name, Took: r.took})
	}
	list := e.registry.number(r.found, func(name string) {
		e.log.Error("check reports a symbol that it does not declare", "check", r.runner.info.Name, "symbol", name)
	})
	for i := range list {
		list[i].trusted = r.runner.info.Trusted
	}
	return append(all, list...)
}

// counting gives what was found for the connection and for some recipients,
// as far as it counts: a client may log in after HELO, and what was found
// before does not count against it.
func (t *Transaction) counting(own []found) []found {
	list := slices.Concat(t.found, own)
	if t.trusted() {
		list = slices.DeleteFunc(list, func(f found) bool { return !f.trusted })
	}
	return list
}

// fail notes that a check could not find out.
func (t *Transaction) fail(r result) {
	t.failures++
	t.checks = append(t.checks, CheckTime{Name: r.runner.info.Name, Took: r.took, Error: r.err.Error()})
	attrs := []any{"case", t.caseID, "check", r.runner.info.Name, "error", r.err}
	var p *panicError
	if errors.As(r.err, &p) {
		t.engine.log.Error("check panicked; the mail goes on without it", append(attrs, "stack", string(p.stack))...)
		return
	}
	t.engine.log.Warn("check could not find out; the mail goes on without it", attrs...)
}

// Message runs all remaining checks on the whole message and decides. It
// never returns an empty Outcome and records it.
func (t *Transaction) Message(ctx context.Context, m *message.Message) Outcome {
	begin := t.engine.now()
	t.input.Message = m
	for _, stage := range []check.Stage{check.Data, check.Header, check.Message} {
		list, changes := t.run(ctx, stage)
		t.found, t.changes = append(t.found, list...), append(t.changes, changes...)
	}
	o := Outcome{
		CaseID: t.caseID, Session: t.session, Message: m, Stage: check.Message,
		Started: begin, Verdicts: t.verdicts(m), Checks: t.checks,
	}
	for i := range o.Verdicts {
		t.greylist(ctx, &o.Verdicts[i])
	}
	o.Took = t.engine.now().Sub(begin)
	t.record(&o)
	return o
}

// verdicts weighs the message for each group of recipients.
func (t *Transaction) verdicts(m *message.Message) []verdict.Verdict {
	var list []verdict.Verdict
	for _, g := range t.groups() {
		s := t.scale(g.profile)
		score := s.weigh(t.counting(g.found))
		v := t.verdict(s, score, m)
		v.Recipients = g.names
		list = append(list, v)
	}
	if !t.session.PerRecipient {
		// A door with one answer for all gives the mildest: what is spam for
		// one recipient must not be lost to another.
		slices.SortStableFunc(list, func(a, b verdict.Verdict) int { return int(a.Action) - int(b.Action) })
	}
	return list
}

// group is the recipients with the same settings and findings.
type group struct {
	profile int
	found   []found
	names   []string
}

// groups sorts the accepted recipients by profile and own findings; without
// recipients there is one group with the general settings.
func (t *Transaction) groups() []group {
	if len(t.recipients) == 0 {
		return []group{{profile: t.engine.profiles.choose(t.session.Profile, addr.Address{})}}
	}
	var list []group
	for i, r := range t.recipients {
		at := slices.IndexFunc(list, func(g group) bool {
			return g.profile == r.profile && slices.EqualFunc(g.found, r.found, sameFound)
		})
		if at < 0 {
			at = len(list)
			list = append(list, group{profile: r.profile, found: r.found})
		}
		if i < len(t.session.Recipients) {
			list[at].names = append(list[at].names, t.session.Recipients[i].Address.String())
		}
	}
	return list
}

func sameFound(a, b found) bool { return a.id == b.id && a.weight == b.weight }

// scale makes the scale of a profile.
func (t *Transaction) scale(profile int) *scale {
	e := t.engine
	return &scale{registry: e.registry, composites: e.composites, profile: e.profiles.all[profile]}
}

// Discards tells whether a check has decided that the message is to be
// dropped, for doors that never see it.
func (t *Transaction) Discards() bool {
	return slices.ContainsFunc(t.counting(nil), func(f found) bool {
		return f.decision != nil && f.decision.Action == verdict.Discard
	})
}
