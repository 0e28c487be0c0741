package app

import (
	"log/slog"
	"sync"

	"postern/internal/engine"
	"postern/internal/history"
	"postern/internal/verdict"
)

// recorder writes every outcome to the mail log and to the history.
type recorder struct {
	history *history.Log // nil when no history is kept
	lines   *mailLog
	log     *slog.Logger

	mu     sync.Mutex
	broken bool
}

// Record implements engine.Recorder.
func (r *recorder) Record(o *engine.Outcome) {
	e := entry(o)
	r.complain(r.lines.write(e))
	if r.history != nil {
		r.history.Record(e)
	}
}

// complain reports that the mail log cannot be written, once for each time it
// breaks.
func (r *recorder) complain(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil && !r.broken {
		r.log.Error("writing the mail log; mail goes on", "error", err)
	}
	r.broken = err != nil
}

// entry makes the history's entry of an outcome. It keeps nothing of the
// message or the session itself, which the door uses again.
func entry(o *engine.Outcome) *history.Entry {
	s := o.Session
	e := &history.Entry{
		CaseID: o.CaseID, Time: o.Started, Door: s.Door, HELO: s.HELO, User: s.User, AuthMethod: s.AuthMethod,
		Client:  history.Client{IP: s.Client.IP, Name: s.Client.Name, ReverseName: s.Client.ReverseName, Local: s.Client.Local},
		Sender:  s.Sender.String(),
		QueueID: s.QueueID, Stage: o.Stage.String(), Duration: o.Took,
	}
	if s.TLS != nil {
		e.TLS = &history.TLS{Version: s.TLS.Version, Cipher: s.TLS.Cipher, CertSubject: s.TLS.CertSubject}
	}
	for i := range s.Recipients {
		if i == history.MaxRecipients {
			break
		}
		e.Recipients = append(e.Recipients, s.Recipients[i].Address.String())
	}
	e.RecipientCount = len(s.Recipients)
	describe(e, o)
	for i := range o.Verdicts {
		e.Verdicts = append(e.Verdicts, entryVerdict(&o.Verdicts[i]))
	}
	for _, c := range o.Checks {
		e.Checks = append(e.Checks, history.CheckTime{Name: c.Name, Took: c.Took, Error: c.Error})
	}
	return e
}

// describe adds what the message says of itself; before there is one, the
// recipient that was refused stands for all.
func describe(e *history.Entry, o *engine.Outcome) {
	m := o.Message
	if m == nil {
		e.Recipients = o.Verdict().Recipients
		e.RecipientCount = len(e.Recipients)
		return
	}
	e.Size = int64(len(m.Raw()))
	e.MessageID = m.MessageID()
	e.From = m.Header().Text("From")
	e.Subject = m.Subject()
	if o.Session.Subject != "" {
		e.Subject = o.Session.Subject
	}
}

// entryVerdict copies a verdict.
func entryVerdict(v *verdict.Verdict) history.Verdict {
	h := history.Verdict{
		Profile: v.Profile, Recipients: v.Recipients, Action: v.Action, Observed: v.Observed,
		Reason: v.Reason, Forced: v.Forced, Score: v.Score, Thresholds: history.Thresholds(v.Thresholds),
		Findings: v.Findings, Incomplete: v.Incomplete, Skipped: v.Skipped,
	}
	if !v.Reply.IsZero() {
		reply := v.Reply
		h.Reply = &reply
	}
	return h
}
