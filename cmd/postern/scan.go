package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"postern/internal/addr"
	"postern/internal/app"
	"postern/internal/mailbox"
	"postern/internal/session"
)

type scanCommand struct {
	Paths    []string `arg:"" name:"path" help:"Files, directories, Maildirs, mboxes, .gz and .zst of them, or - for standard input."`
	JSON     bool     `help:"Print a JSON object for each mail."`
	Summary  bool     `help:"Print only the summary."`
	ExitCode bool     `help:"Exit with status 1 if any mail is spam."`
	IP       string   `help:"Address of the client that delivered the mail." placeholder:"ADDRESS"`
	Hostname string   `help:"Verified reverse name of the client." placeholder:"NAME"`
	Helo     string   `help:"What the client said at HELO." placeholder:"NAME"`
	From     *string  `help:"Envelope sender; <> for bounces." placeholder:"SENDER"`
	Rcpt     []string `help:"Envelope recipient; may be given many times." sep:"none" placeholder:"RECIPIENT"`
	User     string   `help:"User who logged in." placeholder:"NAME"`
	Server   string   `help:"Let a running daemon examine the mails, such as http://127.0.0.1:11333." placeholder:"URL"`
	Config   string   `help:"Configuration file." placeholder:"FILE"`
	Jobs     int      `help:"How many mails are examined at the same time (default: one for each processor)." placeholder:"N"`
}

// scanGCPercent is how much the heap may grow before it is collected.
const scanGCPercent = 400

// examine gives the verdict on one mail.
type examine func(ctx context.Context, raw []byte) (*judged, error)

// Run examines the mails and prints what was found, in their order.
func (s *scanCommand) Run(ctx context.Context, c *console) error {
	envelope, err := s.session()
	if err != nil {
		return usageError{err}
	}
	judge, err := s.judge(envelope)
	if err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		// What a mail needs is small and soon garbage: rather some more
		// memory than a fifth of the time.
		debug.SetGCPercent(scanGCPercent)
	}
	started := time.Now()
	sum := newSummary()
	line := newProgress(c, s.Summary || !c.outTerminal)
	for m := range s.examineAll(ctx, c.in, judge) {
		if m.err != nil {
			line.clear()
			fmt.Fprintln(c.err, "postern:", m.err)
		} else if err := s.print(c, m.judged); err != nil {
			return err
		}
		sum.add(m)
		line.show(sum, time.Since(started))
	}
	line.clear()
	return s.end(ctx, c, sum, time.Since(started))
}

// judge gives the function that examines a mail: our own engine's, or a
// daemon's.
func (s *scanCommand) judge(envelope session.Session) (examine, error) {
	if s.Server != "" {
		return newRemote(s.Server, envelope)
	}
	cfg, err := load(s.Config)
	if err != nil {
		return nil, err
	}
	e, err := app.NewEngine(cfg, nil)
	if err != nil {
		return nil, err
	}
	return (&local{engine: e, limits: cfg.Limits, envelope: envelope}).examine, nil
}

// outcome is one mail's result; err says that there is none.
type outcome struct {
	*judged
	err error
}

// examineAll examines all mails, several at the same time, and gives the
// results in the mails' order.
func (s *scanCommand) examineAll(ctx context.Context, in io.Reader, judge examine) iter.Seq[outcome] {
	jobs := s.Jobs
	if jobs < 1 {
		jobs = runtime.GOMAXPROCS(0)
	}
	return func(yield func(outcome) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		mails := mailbox.All(ctx, s.Paths, mailbox.Options{Stdin: in})
		// A mail keeps its place in the queue with a channel for its result;
		// the queue's length bounds how many mails are in memory.
		queue := make(chan chan outcome, 4*jobs)
		go startAll(ctx, mails, judge, jobs, queue)
		for {
			select {
			case <-ctx.Done(): // standard input may never end
				return
			case result, more := <-queue:
				if !more || !yield(<-result) {
					return
				}
			}
		}
	}
}

// startAll examines mails, at most jobs at the same time, and puts the
// channels of their results into the queue.
func startAll(ctx context.Context, mails iter.Seq2[mailbox.Mail, error], judge examine, jobs int, queue chan<- chan outcome) {
	defer close(queue)
	free := make(chan struct{}, jobs)
	for mail, err := range mails {
		result := make(chan outcome, 1)
		select {
		case <-ctx.Done():
			return
		case queue <- result:
		}
		if err != nil {
			result <- outcome{err: err}
			continue
		}
		free <- struct{}{}
		go func() {
			result <- examineOne(ctx, judge, mail)
			<-free
		}()
	}
}

// examineOne examines one mail.
func examineOne(ctx context.Context, judge examine, mail mailbox.Mail) outcome {
	j, err := judge(ctx, mail.Raw)
	if err != nil {
		return outcome{err: fmt.Errorf("examining %s: %w", mail.Name, err)}
	}
	j.File, j.Size = mail.Name, len(mail.Raw)
	return outcome{judged: j}
}

// print writes one mail's verdict.
func (s *scanCommand) print(c *console, j *judged) error {
	switch {
	case s.Summary:
		return nil
	case s.JSON:
		return c.writeJSON(j)
	}
	c.writeJudged(j)
	return nil
}

// end writes the summary and tells how the command ends.
func (s *scanCommand) end(ctx context.Context, c *console, sum *summary, took time.Duration) error {
	if s.Summary && s.JSON {
		if err := c.writeJSON(sum.report(took)); err != nil {
			return err
		}
	} else if s.Summary || sum.mails > 1 && !s.JSON {
		c.writeSummary(sum.report(took))
	}
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted")
	case sum.failed > 0:
		return fmt.Errorf("%d of %d could not be examined", sum.failed, sum.failed+sum.mails)
	case sum.mails == 0:
		return errors.New("found no mails")
	case s.ExitCode && sum.spam > 0:
		return errFalse
	}
	return nil
}

// session is what the flags say of the delivery.
func (s *scanCommand) session() (session.Session, error) {
	e := session.Session{Door: "scan", HELO: s.Helo, User: s.User}
	e.Client.Name, e.Client.ReverseName, e.Client.NameKnown = s.Hostname, s.Hostname, s.Hostname != ""
	if s.IP != "" {
		ip, err := netip.ParseAddr(s.IP)
		if err != nil {
			return e, fmt.Errorf("--ip: %q is not an address", s.IP)
		}
		e.Client.IP = ip.Unmap()
	}
	var err error
	if s.From != nil {
		e.HasSender = true
		if e.Sender, err = addr.ParsePath(*s.From); err != nil {
			return e, fmt.Errorf("--from: %w", err)
		}
	}
	for _, r := range s.Rcpt {
		a, err := addr.ParsePath(r)
		if err != nil {
			return e, fmt.Errorf("--rcpt: %w", err)
		}
		e.Recipients = append(e.Recipients, session.Recipient{Address: a})
	}
	return e, nil
}
