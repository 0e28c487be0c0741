package restrict

import (
	"context"
	"strings"

	"postern/internal/check"
	"postern/internal/verdict"
)

// CheckName is the name of the check that evaluates the lists of a recipient.
const CheckName = "restrictions"

// Checks are the checks that evaluate the lists, each at its stage. Without a
// list nothing is evaluated: the symbols are known all the same, so that
// settings may name them.
func (e *Engine) Checks() []check.Check {
	info := check.Info{Name: CheckName, Stage: check.Message, Symbols: e.Symbols()}
	if e.empty() {
		return []check.Check{check.New(info, func(context.Context, *check.Transaction, *check.Report) error { return nil })}
	}
	info.Stage, info.Waits, info.Trusted, info.Decides = check.Rcpt, true, true, true
	list := []check.Check{e.check(info, Rcpt)}
	if !e.opt.DelayReject {
		for stage, at := range map[Stage]check.Stage{Connect: check.Connect, Helo: check.Helo, Mail: check.Mail} {
			list = append(list, e.check(check.Info{
				Name: CheckName + "_" + at.String(), Stage: at, Waits: true, Trusted: true, Decides: true, Early: true,
			}, stage))
		}
	}
	for stage, kind := range map[Stage]listKind{Data: listData, EndOfData: listEndOfData} {
		at := map[Stage]check.Stage{Data: check.Data, EndOfData: check.Message}[stage]
		if len(e.lists.lists[kind].items) > 0 {
			list = append(list, e.check(check.Info{
				Name: CheckName + "_" + listNames[kind], Stage: at, Waits: true, Trusted: true, Decides: true,
			}, stage))
		}
	}
	return list
}

// empty tells that no list says anything.
func (e *Engine) empty() bool {
	for _, l := range e.lists.lists {
		if len(l.items) > 0 {
			return false
		}
	}
	return !e.opt.HeloRequired
}

// check makes the check of one stage.
func (e *Engine) check(info check.Info, stage Stage) check.Check {
	return check.New(info, func(ctx context.Context, tx *check.Transaction, out *check.Report) error {
		st := tx.Memory.Keep(CheckName, func() any { return new(State) }).(*State)
		d := e.Decide(ctx, st, tx.Session, stage, tx.Recipient)
		d.hand(out, tx.Trusted, !e.opt.DelayReject && stage < Rcpt || stage > Rcpt)
		return nil
	})
}

// hand gives a decision to the engine. What lists find in mail that is not
// scored has no weight, and the score list says nothing of it.
func (d *Decision) hand(out *check.Report, trusted, now bool) {
	decided := d.decisive()
	for i, f := range d.Findings {
		weight := f.Weight
		if trusted {
			if f.List == listNames[listScore] {
				continue
			}
			weight = 0
		}
		if i == decided {
			out.Decide(f.Symbol, check.Decision{Action: d.Action.verdict(), Reply: d.Reply, Now: now}, f.Evidence()...)
			continue
		}
		out.AddWeighted(f.Symbol, weight, f.Evidence()...)
	}
	if decided < 0 && d.Action != Pass {
		out.Decide(SymbolTable, check.Decision{Action: d.Action.verdict(), Reply: d.Reply, Now: now}, d.Reply.String())
	}
	for _, text := range d.Unknown {
		out.AddWeighted(SymbolUnknown, 0, text)
	}
	d.Effects.hand(out)
}

// decisive gives the place of the finding that the decision rests on; -1 for
// none.
func (d *Decision) decisive() int {
	if d.Action == Pass {
		return -1
	}
	last, waited := -1, -1
	for i, f := range d.Findings {
		if f.List == listNames[listScore] {
			continue
		}
		same := !f.Reply.IsZero() && f.Reply == d.Reply
		switch {
		case same && !f.Warned:
			return i
		// A deferral that waited for a permit is only found as a warning; one
		// that waited for a rejection is found again, as the rejection's.
		case same && waited < 0:
			waited = i
		case !f.Warned:
			last = i
		}
	}
	if waited >= 0 {
		return waited
	}
	return last
}

// verdict gives the action in the engine's words.
func (a Action) verdict() verdict.Action {
	return map[Action]verdict.Action{
		Pass: verdict.NoAction, Discard: verdict.Discard, Defer: verdict.SoftReject, Reject: verdict.Reject,
	}[a]
}

// hand gives the effects on the message to the engine.
func (x *Effects) hand(out *check.Report) {
	for _, field := range x.Prepend {
		name, value, _ := strings.Cut(field, ":")
		out.Change(verdict.Change{Op: verdict.Prepend, Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
	}
	if x.Hold != "" {
		out.Change(verdict.Change{Op: verdict.Hold, Value: x.Hold})
	}
	if x.Redirect != "" {
		out.Change(verdict.Change{Op: verdict.Redirect, Value: x.Redirect})
	}
	for _, address := range x.Bcc {
		out.Change(verdict.Change{Op: verdict.AddRecipient, Value: address})
	}
}
