package dns

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// maxAliases bounds the chain of aliases (CNAME) that is followed for one
// question.
const maxAliases = 12

// Environment is what a resolver needs from whoever makes it.
type Environment struct {
	// Log takes what an administrator should know; nil for none.
	Log *slog.Logger
	// Now is the clock by which answers expire; nil for the system's.
	Now func() time.Time
	// ResolvConf is the file that lists the system's servers; "" for
	// /etc/resolv.conf.
	ResolvConf string
}

// Resolver asks the domain name system. It is safe for concurrent use.
type Resolver struct {
	options Options
	now     func() time.Time
	cache   *cache
	ask     *exchanger
	stats   *counters

	asking atomic.Int64 // questions under way
	ctx    context.Context
	cancel context.CancelFunc
	mu     sync.RWMutex // held for reading while a question sets off
	closed bool
	wait   sync.WaitGroup
}

// New makes a resolver. It must be closed.
func New(o Options, env Environment) (*Resolver, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if env.Log == nil {
		env.Log = slog.New(slog.DiscardHandler)
	}
	if env.Now == nil {
		env.Now = time.Now
	}
	if env.ResolvConf == "" {
		env.ResolvConf = resolvConf
	}
	servers, err := newServers(o.Servers, env.ResolvConf, env.Log, env.Now)
	if err != nil {
		return nil, err
	}
	r := &Resolver{options: o, now: env.Now, stats: new(counters)}
	r.cache = newCache(o.CacheEntries, int64(o.CacheSize))
	r.ask = &exchanger{
		timeout: o.Timeout.Std(), attempts: o.Attempts, ad: o.TrustAD, servers: servers, stats: r.stats,
		buffers: &sync.Pool{New: func() any { return new([readSize]byte) }},
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r, nil
}

// Close ends all questions under way and waits for them. Questions asked
// afterwards fail.
func (r *Resolver) Close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.cancel()
	r.wait.Wait()
	return nil
}

// Query asks for the records of a type that a name has, following its
// aliases. What does not exist is a *Error of kind ErrNotFound or ErrNoData;
// whatever else keeps it from an answer one of kind ErrTemporary.
func (r *Resolver) Query(ctx context.Context, name string, t Type) (Answer, error) {
	r.stats.questions.Add(1)
	normal, reason := normalName(name)
	if reason != "" {
		return Answer{}, &Error{Name: name, Type: t, Reason: reason, Kind: ErrNotFound}
	}
	q, again := question{normal, t}, wantsFresh(ctx)
	if !again {
		if e := r.cache.get(q, r.now()); e != nil {
			r.stats.cached.Add(1)
			return e.result(r.now(), true)
		}
	}
	if !spend(ctx) {
		r.stats.overBudget.Add(1)
		return Answer{}, temporary(q, ErrBudget)
	}
	e, f, start := r.cache.join(q, r.now(), again)
	switch {
	case e != nil:
		r.stats.cached.Add(1)
		return e.result(r.now(), true)
	case start:
		r.fly(q, f)
	default:
		r.stats.coalesced.Add(1)
	}
	select {
	case <-f.done:
		return f.entry.result(r.now(), false)
	case <-ctx.Done():
		return Answer{}, temporary(q, ctx.Err())
	}
}

// result gives what the entry says.
func (e *entry) result(now time.Time, cached bool) (Answer, error) {
	a := e.answer
	a.TTL = max(0, e.expires.Sub(now))
	a.Cached = cached
	if e.err != nil {
		return a, e.err
	}
	return a, nil
}

// temporary is the error of a question that could not be answered, for a
// reason that it wraps too.
func temporary(q question, reason error) *Error {
	return &Error{Name: q.name, Type: q.typ, Kind: fmt.Errorf("%w: %w", ErrTemporary, reason)}
}

// fly sets off to ask a question, in a goroutine of its own: whoever asked
// may give up, and the answer is still worth keeping.
func (r *Resolver) fly(q question, f *flight) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	switch {
	case r.closed:
		r.cache.land(f, &entry{key: q, err: temporary(q, errors.New("the resolver is closed"))}, r.now())
		return
	case r.asking.Add(1) > int64(r.options.InFlight):
		r.asking.Add(-1)
		r.stats.overload.Add(1)
		r.cache.land(f, &entry{key: q, err: temporary(q, errors.New("too many questions wait for an answer"))}, r.now())
		return
	}
	r.wait.Add(1)
	go func() {
		defer r.wait.Done()
		e := r.resolve(q)
		r.asking.Add(-1)
		r.cache.land(f, e, r.now())
	}()
}

// resolve asks a question and makes an entry of what comes of it. It never
// panics: what answers can do to the parser must not end the program.
func (r *Resolver) resolve(q question) (e *entry) {
	ctx, cancel := context.WithTimeout(r.ctx, r.options.Deadline.Std())
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			e = r.failure(q, fmt.Errorf("panic: %v", p))
		}
	}()
	c := chain{name: q.name, ttl: r.options.MaxTTL.Std(), authentic: true}
	for range maxAliases {
		rep, err := r.ask.exchange(ctx, question{c.name, q.typ})
		if err != nil {
			return r.failure(q, err)
		}
		done, err := c.follow(rep, q.typ)
		if err != nil {
			return r.failure(q, err)
		}
		if done {
			return r.entry(q, c, rep)
		}
	}
	return r.failure(q, errAliases)
}

// entry makes an entry of the end of a chain.
func (r *Resolver) entry(q question, c chain, rep reply) *entry {
	e := &entry{key: q, answer: Answer{
		Name: q.name, Type: q.typ, Canonical: c.name, Records: c.records, Time: r.now(), Authentic: c.authentic && r.options.TrustAD,
	}}
	ttl := c.ttl
	switch {
	case notFound(rep):
		r.stats.notFound.Add(1)
		e.err = &Error{Name: q.name, Type: q.typ, Kind: ErrNotFound}
	case len(c.records) == 0:
		r.stats.noData.Add(1)
		e.err = &Error{Name: q.name, Type: q.typ, Kind: ErrNoData}
	default:
		r.stats.answered.Add(1)
	}
	if e.err != nil {
		ttl = min(ttl, rep.negative, r.options.NegativeTTL.Std())
	}
	e.expires = r.now().Add(ttl)
	return e
}

// failure makes an entry of a question that could not be answered.
func (r *Resolver) failure(q question, reason error) *entry {
	r.stats.failed.Add(1)
	e := &entry{key: q, err: temporary(q, reason)}
	if r.ctx.Err() == nil { // otherwise it is us who gave up
		e.expires = r.now().Add(r.options.FailureTTL.Std())
	}
	return e
}
