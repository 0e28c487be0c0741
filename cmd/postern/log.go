package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"postern/internal/history"
	"postern/internal/verdict"
)

type logCommand struct {
	Follow  bool     `short:"f" help:"Go on with what is decided from now on."`
	Number  int      `short:"n" default:"50" help:"The last N decisions, in order; 0 for all, newest first."`
	Action  []string `help:"With one of these actions."`
	Symbol  string   `help:"With this symbol; * stands for anything."`
	From    string   `help:"With this in the envelope sender; <> for bounces."`
	Rcpt    string   `help:"With this in a recipient."`
	IP      string   `help:"From this client or network." placeholder:"ADDRESS"`
	Since   string   `help:"From then on: 2h, 7d, 15:04, 2006-01-02 or 2006-01-02T15:04:05." placeholder:"TIME"`
	Until   string   `help:"Until then." placeholder:"TIME"`
	Score   string   `help:"With a score of at least A, or A..B." placeholder:"A..B"`
	Queue   string   `help:"With this queue id of the mail server." placeholder:"ID"`
	Text    string   `help:"With this in anything: addresses, subject, evidence, replies."`
	JSON    bool     `help:"Print a JSON object for each decision."`
	Long    bool     `short:"l" help:"Print the lines of the mail log, with everything."`
	Config  string   `help:"Configuration file." placeholder:"FILE"`
	DataDir string   `name:"data" help:"Data directory of the daemon." placeholder:"DIR"`
}

// Run prints the decisions asked for.
func (l *logCommand) Run(ctx context.Context, c *console) error {
	filter, err := l.filter(time.Now())
	if err != nil {
		return usageError{err}
	}
	reader, err := openHistory(ctx, l.Config, l.DataDir)
	if err != nil {
		return err
	}
	defer reader.Close()
	last, err := reader.Last(ctx)
	if err != nil {
		return err
	}
	if err := l.past(ctx, c, reader, filter); err != nil {
		return err
	}
	if !l.Follow {
		return nil
	}
	return l.follow(ctx, c, reader, last, filter)
}

// past prints what was decided so far.
func (l *logCommand) past(ctx context.Context, c *console, r *history.Reader, f history.Filter) error {
	f.Limit = l.Number
	var entries []*history.Entry
	for e, err := range r.Query(ctx, f) {
		switch {
		case errors.Is(err, history.ErrDamaged):
			fmt.Fprintln(c.err, "postern:", err)
		case err != nil:
			return err
		case l.Number > 0:
			entries = append(entries, e)
		default:
			if err := l.print(c, e); err != nil {
				return err
			}
		}
	}
	for _, e := range slices.Backward(entries) {
		if err := l.print(c, e); err != nil {
			return err
		}
	}
	return nil
}

// follow prints what is decided after the entry with the id last, until the
// command is interrupted.
func (l *logCommand) follow(ctx context.Context, c *console, r *history.Reader, last int64, f history.Filter) error {
	if err := c.out.Flush(); err != nil {
		return err
	}
	for e, err := range r.Follow(ctx, last, f) {
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, history.ErrDamaged):
			fmt.Fprintln(c.err, "postern:", err)
			continue
		case err != nil:
			return err
		}
		if err := l.print(c, e); err != nil {
			return err
		}
		if err := c.out.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// print writes one decision.
func (l *logCommand) print(c *console, e *history.Entry) error {
	switch {
	case l.JSON:
		return c.writeJSON(e)
	case l.Long:
		line := append([]byte(e.Time.Format(time.RFC3339)), ' ')
		_, err := c.out.Write(history.AppendLine(line, e))
		return err
	}
	_, err := c.out.WriteString(shortLine(c.style, e))
	return err
}

// lineSymbols is how many symbols a short line shows.
const lineSymbols = 3

// shortLine is what a person wants to see of one decision at first.
func shortLine(s style, e *history.Entry) string {
	v := e.Verdict()
	to := strings.Join(e.Recipients, ",")
	if len(e.Recipients) > 1 {
		to = fmt.Sprintf("%s +%d", e.Recipients[0], e.RecipientCount-1)
	}
	var symbols []string
	for _, f := range v.Findings {
		if f.Symbol == v.Forced || len(symbols) < lineSymbols && f.Score != 0 {
			symbols = append(symbols, f.Symbol)
		}
	}
	client := "-"
	if e.Client.IP.IsValid() {
		client = e.Client.IP.String()
	}
	return fmt.Sprintf("%s  %s  %s %s  %s  <%s> -> <%s>  %q  %s\n",
		e.Time.Local().Format("2006-01-02 15:04:05"), e.CaseID,
		s.action(v.Action, pad(v.Action.String(), 15)), pad(fixed(v.Score), -6), client,
		printable(e.Sender), printable(to), printable(e.Subject), strings.Join(symbols, " "))
}

// openHistory opens the history that a configuration names.
func openHistory(ctx context.Context, configPath, dir string) (*history.Reader, error) {
	cfg, err := load(configPath)
	if err != nil {
		return nil, err
	}
	file := historyFile(dir, cfg.History)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no history %s; name the daemon's data directory with --data", file)
	}
	return history.OpenReader(ctx, file)
}

// filter makes a filter of the flags.
func (l *logCommand) filter(now time.Time) (history.Filter, error) {
	f := history.Filter{Symbol: l.Symbol, Sender: l.From, Recipient: l.Rcpt, QueueID: l.Queue, Text: l.Text}
	for _, name := range l.Action {
		a, err := verdict.ParseAction(name)
		if err != nil {
			return f, fmt.Errorf("--action: %w", err)
		}
		f.Actions = append(f.Actions, a)
	}
	var err error
	if f.IP, err = parseNetwork(l.IP); err != nil {
		return f, fmt.Errorf("--ip: %w", err)
	}
	if f.Since, err = parseTime(l.Since, now); err != nil {
		return f, fmt.Errorf("--since: %w", err)
	}
	if f.Until, err = parseTime(l.Until, now); err != nil {
		return f, fmt.Errorf("--until: %w", err)
	}
	if f.MinScore, f.MaxScore, err = parseScores(l.Score); err != nil {
		return f, fmt.Errorf("--score: %w", err)
	}
	return f, nil
}

// parseNetwork reads an address or a network; "" is none.
func parseNetwork(s string) (netip.Prefix, error) {
	if s == "" {
		return netip.Prefix{}, nil
	}
	if ip, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, fmt.Errorf("%q is neither an address nor a network such as 192.0.2.0/24", s)
	}
	return p.Masked(), nil
}
