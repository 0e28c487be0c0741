package dns

import (
	"sync/atomic"
)

// counters count what the resolver does.
type counters struct {
	questions, cached, coalesced, overBudget, overload atomic.Uint64
	answered, notFound, noData, failed                 atomic.Uint64
	udp, tcp, retries                                  atomic.Uint64
	timeouts, refused, truncated, strays, malformed    atomic.Uint64
}

// Stats is what a resolver did since it was made.
type Stats struct {
	// Questions that were put to the resolver; of these Cached were known,
	// Coalesced waited for one that was under way, OverBudget and Overload
	// were turned away.
	Questions, Cached, Coalesced, OverBudget, Overload uint64
	// Answered, NotFound, NoData and Failed say how the questions ended that
	// were asked of servers.
	Answered, NotFound, NoData, Failed uint64
	// UDP and TCP count what was sent, Retries how much of it was because
	// something did not answer well.
	UDP, TCP, Retries uint64
	// Timeouts, Refused (SERVFAIL, REFUSED and the like), Truncated, Strays
	// (responses to other questions) and Malformed count bad responses.
	Timeouts, Refused, Truncated, Strays, Malformed uint64
	// InFlight is the number of questions under way.
	InFlight int
	// Entries and Bytes are what the cache holds, Evicted what it gave up
	// for want of room.
	Entries, Bytes int64
	Evicted        uint64
	// Servers that are asked.
	Servers []ServerStats
}

// ServerStats is what is known of one server.
type ServerStats struct {
	// Address and port.
	Address string
	// Sent, Answered and Failed count questions.
	Sent, Answered, Failed uint64
	// Down says that it does not answer and is asked last.
	Down bool
}

// Stats gives the counters.
func (r *Resolver) Stats() Stats {
	c := r.stats
	s := Stats{
		Questions: c.questions.Load(), Cached: c.cached.Load(), Coalesced: c.coalesced.Load(),
		OverBudget: c.overBudget.Load(), Overload: c.overload.Load(),
		Answered: c.answered.Load(), NotFound: c.notFound.Load(), NoData: c.noData.Load(), Failed: c.failed.Load(),
		UDP: c.udp.Load(), TCP: c.tcp.Load(), Retries: c.retries.Load(),
		Timeouts: c.timeouts.Load(), Refused: c.refused.Load(), Truncated: c.truncated.Load(),
		Strays: c.strays.Load(), Malformed: c.malformed.Load(),
		InFlight: int(r.asking.Load()),
		Entries:  r.cache.entries.Load(), Bytes: r.cache.bytes.Load(), Evicted: r.cache.evicted.Load(),
	}
	now := r.now()
	for _, srv := range r.ask.servers.all() {
		s.Servers = append(s.Servers, ServerStats{
			Address: srv.name, Sent: srv.sent.Load(), Answered: srv.answered.Load(), Failed: srv.failed.Load(), Down: srv.down(now),
		})
	}
	return s
}
