package dnstest

import (
	"time"
)

// Response codes for Fail (RFC 1035 section 4.1.1).
const (
	FormErr  = 1
	ServFail = 2
	NXDomain = 3
	NotImp   = 4
	Refused  = 5
)

// Always is the count of a fault that does not end.
const Always = -1

// Fault is how the server misbehaves when asked for a name. Counts go down
// with each question; Always stays.
type Fault struct {
	// Delay before the answer.
	Delay time.Duration
	// Lose is how many questions get no answer at all.
	Lose int
	// Fail is how many questions get the response code RCode and nothing
	// else.
	Fail, RCode int
	// NoEDNS answers every question that has EDNS with FORMERR.
	NoEDNS bool
	// Truncate cuts answers over UDP off, so that TCP must be used.
	Truncate bool
	// LoseTCP gives no answer over TCP.
	LoseTCP bool
	// WrongID is how many questions over UDP get an answer with another id
	// first.
	WrongID int
	// Strays is how many wrong answers each of them gets; 0 means one.
	Strays int
	// OnlyWrong leaves out the right answer after that.
	OnlyWrong bool
	// WrongQuestion is how many questions get an answer to another one first.
	WrongQuestion int
	// Garbage is sent instead of the answer, behind a header that fits the
	// question if Header is set.
	Garbage []byte
	Header  bool
	// ExtraAnswers adds that many A records to the answer.
	ExtraAnswers int
	// TooLarge sends answers over UDP whole, whatever size was asked for.
	TooLarge bool
	// ForceRCode is the response code given together with the answer's
	// records; 0 leaves it.
	ForceRCode int
	// Referral answers with the name of another server only.
	Referral bool
}

// SetFault makes the server misbehave when asked for a name; "" stands for
// all names that have no fault of their own. The zero Fault makes it behave
// again.
func (s *Server) SetFault(name string, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[plainName(name)] = f
}

// edit changes the fault of a name.
func (s *Server) edit(name string, change func(*Fault)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.faults[plainName(name)]
	change(&f)
	s.faults[plainName(name)] = f
}

// Fail answers all questions for a name ("" for all) with a response code,
// such as ServFail; 0 ends that.
func (s *Server) Fail(name string, rcode int) {
	s.edit(name, func(f *Fault) {
		f.RCode, f.Fail = rcode, 0
		if rcode != 0 {
			f.Fail = Always
		}
	})
}

// FailNext answers the next n questions for a name with a response code.
func (s *Server) FailNext(name string, rcode, n int) {
	s.edit(name, func(f *Fault) { f.RCode, f.Fail = rcode, n })
}

// Delay answers questions for a name ("" for all) only after that time.
func (s *Server) Delay(name string, d time.Duration) {
	s.edit(name, func(f *Fault) { f.Delay = d })
}

// Lose gives no answer to the next n questions for a name ("" for all);
// Always to none.
func (s *Server) Lose(name string, n int) { s.edit(name, func(f *Fault) { f.Lose = n }) }

// Truncate cuts off the answers for a name ("" for all) over UDP.
func (s *Server) Truncate(name string, on bool) { s.edit(name, func(f *Fault) { f.Truncate = on }) }

// Heal ends all faults.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
}

// NegativeTTL is for how long the server says it is known that something does
// not exist; 60 s unless set. Below 0 it says nothing (no SOA record).
func (s *Server) NegativeTTL(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.negative, s.noSOA = d, d < 0
}

// Authentic sets the AD bit in all answers, as a validating server does.
func (s *Server) Authentic(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ad = on
}

// OneAlias makes the server give one alias (CNAME) at a time, and not the
// whole chain.
func (s *Server) OneAlias(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oneAlias = on
}

// Questions is how many questions arrived in all, over UDP and TCP.
func (s *Server) Questions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// QuestionsTCP is how many of them came over TCP.
func (s *Server) QuestionsTCP() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.overTCP
}

// Asked is how often a name was asked for with that type ("" for any).
func (s *Server) Asked(name, typ string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	want, _ := typeOf(typ)
	n := 0
	for q, count := range s.asked {
		if q.Name == plainName(name) && (typ == "" || q.Type == want) {
			n += count
		}
	}
	return n
}

// AskedNames gives how often each question was asked.
func (s *Server) AskedNames() map[Question]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[Question]int, len(s.asked))
	for q, n := range s.asked {
		all[q] = n
	}
	return all
}

// Forget sets all counts of questions to 0.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.asked)
	s.total, s.overTCP = 0, 0
}

// take gives the fault that applies to a question, and counts it down.
func (s *Server) take(name string) Fault {
	key := name
	f, ok := s.faults[key]
	if !ok {
		key = ""
		f = s.faults[key]
	}
	next := f
	for _, n := range [...]*int{&next.Lose, &next.Fail, &next.WrongID, &next.WrongQuestion} {
		if *n > 0 {
			*n--
		}
	}
	if f.Lose != 0 { // the others wait for a question that is answered
		lose := next.Lose
		next = f
		next.Lose = lose
	}
	if ok || key == "" {
		s.faults[key] = next
	}
	return f
}
