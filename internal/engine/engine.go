// Package engine leads one mail through the stages, runs the checks of each,
// weighs what they found and gives the verdict.
package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/session"
	"postern/internal/unit"
	"postern/internal/verdict"
)

// Parts is what an engine is built of besides its settings.
type Parts struct {
	// Checks in the order in which they run.
	Checks []check.Check
	// Composites that are built in; settings add to them.
	Composites []Composite
	// Groups with their caps; a group not listed has none.
	Groups []verdict.Group
	// Forced are the symbols that force an action unless settings say
	// otherwise.
	Forced map[string]SymbolOptions
	// Greylister is asked about mail whose score asks for greylisting; nil
	// lets it through.
	Greylister Greylister
	// Recorder takes every outcome; nil for none.
	Recorder Recorder
	// Log takes what goes wrong inside; nil for none.
	Log *slog.Logger
	// Now is the clock; nil for the system's.
	Now func() time.Time
	// Stats to count in; nil for new ones. Given by a reload, so that
	// counters go on.
	Stats *Stats
}

// Engine examines transactions. It is immutable and safe for concurrent use.
type Engine struct {
	options    Options
	hostname   string
	networks   addr.Networks
	registry   *registry
	composites []composite
	profiles   *profiles
	headers    headerWriter
	stages     [check.StageCount][]*runner
	recorder   Recorder
	greylister Greylister
	log        *slog.Logger
	now        func() time.Time
	stats      *Stats
}

// New builds an engine. Errors of the settings are unit.KeyErrors, joined,
// with the keys' whole paths, such as "symbols.GTUBE.action".
func New(s Settings, parts Parts) (*Engine, error) {
	e := &Engine{options: s.Engine, recorder: parts.Recorder, greylister: parts.Greylister, log: parts.Log, now: parts.Now, stats: parts.Stats}
	e.setDefaults()
	composites, mergeErr := merge(parts.Composites, s.Composites)
	infos := make([]check.Info, len(parts.Checks))
	for i, c := range parts.Checks {
		infos[i] = c.Info()
	}
	var err error
	if e.registry, err = newRegistry(infos, composites, parts.Groups); e.registry == nil {
		return nil, err
	}
	errs := []error{
		mergeErr, err, unit.Within("engine.", s.Engine.Validate()), unit.Within("headers.", s.Headers.Validate()),
		e.registry.applyGroups(s.Groups),
	}
	e.composites, err = e.registry.compile(composites)
	errs = append(errs, err)
	e.profiles, err = newProfiles(e.registry, s, parts.Forced)
	errs = append(errs, err)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	e.headers = newHeaderWriter(s.Headers, e.hostname)
	if e.networks, err = addr.ParseNetworks(s.Engine.Networks); err != nil {
		return nil, unit.Within("engine.", networkFault(err))
	}
	e.addRunners(parts.Checks, infos)
	return e, nil
}

// setDefaults fills in what was left out.
func (e *Engine) setDefaults() {
	if e.now == nil {
		e.now = time.Now
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.stats == nil {
		e.stats = NewStats()
	}
	e.hostname = e.options.Hostname
	if e.hostname == "" {
		// Without a name of its own the host is "localhost" in headers.
		e.hostname, _ = os.Hostname()
	}
	if e.hostname == "" {
		e.hostname = "localhost"
	}
}

// addRunners sorts the checks by stage.
func (e *Engine) addRunners(checks []check.Check, infos []check.Info) {
	for i, c := range checks {
		r := &runner{
			check: c, info: infos[i],
			failed: e.registry.ids[FailureSymbol(infos[i].Name).Name],
			stats:  e.stats.check(infos[i].Name),
		}
		e.stages[infos[i].Stage] = append(e.stages[infos[i].Stage], r)
	}
	e.stats.addSymbols(e.registry.symbols)
}

// DefaultOptions scores everything but mail of the host itself and of
// clients that logged in.
func DefaultOptions() Options {
	return Options{
		Networks: []string{"127.0.0.0/8", "::1"},
		Deadline: unit.Duration(5 * time.Second),
		Split:    SplitDefer,
	}
}

// The values of Options.Split.
const (
	SplitDefer   = "defer"
	SplitLenient = "lenient"
)

// Validate checks the options.
func (o Options) Validate() error {
	var errs []error
	if _, err := addr.ParseNetworks(o.Networks); err != nil {
		errs = append(errs, networkFault(err))
	}
	if o.Split != SplitDefer && o.Split != SplitLenient {
		errs = append(errs, unit.BadKey("split", "must be %q or %q, not %q", SplitDefer, SplitLenient, o.Split))
	}
	if o.Deadline.Std() < 100*time.Millisecond || o.Deadline.Std() > 5*time.Minute {
		errs = append(errs, unit.BadKey("deadline", "must be between 100ms and 5m, not %s", o.Deadline))
	}
	return errors.Join(errs...)
}

// networkFault names the entry of the list that is wrong.
func networkFault(err error) error {
	var bad *addr.NetworkError
	if errors.As(err, &bad) {
		return unit.BadKey(fmt.Sprintf("networks[%d]", bad.Index), "%v", err)
	}
	return unit.BadKey("networks", "%v", err)
}

// DefaultSettings are harmless: they reject only what is certain or scores
// very high, and mark the rest.
func DefaultSettings() Settings {
	return Settings{Engine: DefaultOptions(), Actions: DefaultActions(), Headers: DefaultHeaders()}
}

// Wants tells a door which stages some check looks at, so that a door need
// not ask the mail server for what nobody reads.
type Wants struct {
	Connect, Helo, Mail, Rcpt, Header, Body bool
	// Early tells that a refusal may be given before RCPT, so that the door
	// must be able to answer the connection, HELO and MAIL.
	Early bool
}

// Wants tells which stages some check looks at.
func (e *Engine) Wants() Wants {
	has := func(s check.Stage) bool {
		return slices.ContainsFunc(e.stages[s], func(r *runner) bool { return r.info.Door == "" })
	}
	return Wants{
		Connect: has(check.Connect), Helo: has(check.Helo), Mail: has(check.Mail),
		Rcpt:   has(check.Rcpt) || len(e.profiles.all) > 1 || e.refusesEarly() || e.any(func(i check.Info) bool { return i.Decides && i.Stage < check.Rcpt }),
		Header: has(check.Header) || has(check.Message), Body: has(check.Message),
		Early: e.any(func(i check.Info) bool { return i.Early }),
	}
}

// any tells whether some check is as asked for.
func (e *Engine) any(is func(check.Info) bool) bool {
	for _, list := range e.stages {
		if slices.ContainsFunc(list, func(r *runner) bool { return is(r.info) }) {
			return true
		}
	}
	return false
}

// refusesEarly tells whether a symbol of a stage before the message can
// force a refusal, which is then given at RCPT.
func (e *Engine) refusesEarly() bool {
	for _, stage := range []check.Stage{check.Connect, check.Helo, check.Mail, check.Rcpt} {
		for _, r := range e.stages[stage] {
			for _, s := range r.info.Symbols {
				for _, p := range e.profiles.all {
					if rule := p.rules[e.registry.ids[s.Name]]; rule.forced && rule.action >= verdict.SoftReject {
						return true
					}
				}
			}
		}
	}
	return false
}

// Symbols lists every symbol with its score as configured, in the order of
// the checks: for documentation and for status.
func (e *Engine) Symbols() []verdict.Symbol {
	list := make([]verdict.Symbol, len(e.registry.symbols))
	copy(list, e.registry.symbols)
	for i := range list {
		list[i].Score = e.profiles.all[0].rules[i].score
	}
	return list
}

// Stats gives the engine's counters.
func (e *Engine) Stats() *Stats { return e.stats }

// trust tells why a session's mail is not scored; "" when it is.
func (e *Engine) trust(s *session.Session) string {
	if s.Authenticated() && !e.options.ScoreAuthenticated {
		return fmt.Sprintf("client is authenticated as %s", s.User)
	}
	if e.options.ScoreLocal {
		return ""
	}
	if s.Client.Local {
		return "client is local"
	}
	if s.Client.IP.IsValid() && e.networks.Contains(s.Client.IP) {
		return fmt.Sprintf("client %s is in networks", s.Client.IP)
	}
	return ""
}
