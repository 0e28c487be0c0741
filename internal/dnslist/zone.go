package dnslist

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"postern/internal/addr"
)

// State is what is known of a list.
type State uint8

// The states of a list.
const (
	// Unknown is a list that was not examined yet.
	Unknown State = iota
	// Works is a list whose answers count.
	Works
	// Off is a list that does not work: it is not asked, and nothing that it
	// says counts.
	Off
)

// String gives the state's name.
func (s State) String() string { return [...]string{"unknown", "works", "off"}[s] }

// zone is a zone that is watched.
type zone struct {
	key     zoneKey
	names   []string // of configured lists; nil for one that a restriction names
	shown   string   // without key
	probe   string
	strict  bool // it must list its listed point
	listed  Item // test points; zero for those of RFC 5782
	not     Item
	refused []*Filter
	advice  string

	asked, hits, refusals, failed, timesOff atomic.Uint64

	mu     sync.Mutex
	state  State
	fault  fault
	note   string // what is odd and does not switch it off
	since  time.Time
	probed time.Time
	due    time.Time
	missed int // questions in a row without an answer
	bad    int // examinations in a row that went wrong
	// relapses is how often in a row it was switched off in use soon after it
	// had come back.
	relapses int
	back     time.Time // when it began to work, or came back last
	used     bool
	running  chan struct{} // closed when the examination under way ends
}

// fault is why a list does not work, and what to do about it.
type fault struct{ reason, advice string }

func newZone(key zoneKey, o ListOptions) *zone {
	z := &zone{
		key: key, shown: shownZone(key.name), probe: o.Probe, strict: o.Probe == "" || o.Probe == probeBoth,
		listed: parsePoint(o.Listed), not: parsePoint(o.Unlisted), advice: o.Advice,
	}
	if z.probe == probeOff {
		z.note = "not examined, as configured"
	}
	return z
}

// normalZone brings the name of a zone to the form in which it is asked.
func normalZone(name string) string { return addr.NormalDomain(name) }

// keyedZones are domains below which the first label of a zone is the key of
// a customer.
var keyedZones = []string{".dq.spamhaus.net", ".mail.abusix.zone"}

// shownZone gives a zone without a customer's key.
func shownZone(zone string) string {
	for _, suffix := range keyedZones {
		key, rest, ok := strings.Cut(zone, ".")
		if ok && key != "" && strings.HasSuffix(rest, suffix) {
			return rest
		}
	}
	return zone
}

// ShownZone gives the name of a zone as replies and logs may show it: without
// the key by which the list knows its customer.
func ShownZone(zone string) string { return shownZone(normalZone(zone)) }

// filters reads filters that were validated.
func filters(patterns []string) []*Filter {
	var list []*Filter
	for _, p := range patterns {
		if f, err := ParseFilter(p); err == nil {
			list = append(list, f)
		}
	}
	return list
}

// general are the answers by which any list may refuse to serve us.
var general = netip.MustParsePrefix("127.255.255.252/30")

// refusal gives the first answer that refuses to serve us. Answers that the
// caller's filter names are meant by it, unless the list is known to use them
// for that.
func (z *zone) refusal(answers []netip.Addr, f *Filter) (netip.Addr, bool) {
	for _, ip := range answers {
		for _, r := range z.refused {
			if r.Match(ip) {
				return ip, true
			}
		}
		if general.Contains(ip) && (f == nil || !f.Names(ip)) {
			return ip, true
		}
	}
	return netip.Addr{}, false
}

// question gives the name to ask for.
func (z *zone) question(label string) string { return label + "." + z.key.name }

// points gives the labels of the test points (RFC 5782 section 5): one that
// is listed, one that is not.
func (z *zone) points() (listed, not string) {
	listed, not = "2.0.0.127", "1.0.0.127"
	if z.key.domains {
		listed, not = "test", "invalid"
	}
	if !z.listed.IsZero() {
		listed = z.listed.name()
	}
	if !z.not.IsZero() {
		not = z.not.name()
	}
	if z.probe == probeUnlisted {
		listed = ""
	}
	return listed, not
}

// distrusts tells whether an answer is from before the list came back: what it
// said while it did not work may still be in the cache.
func (z *zone) distrusts(given time.Time) bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	return given.Before(z.back)
}

// foreign gives the first answer from outside of 127/8.
func foreign(answers []netip.Addr) (netip.Addr, bool) {
	i := slices.IndexFunc(answers, func(ip netip.Addr) bool { return !loopback.Contains(ip) })
	if i < 0 {
		return netip.Addr{}, false
	}
	return answers[i], true
}

// ListStatus is what is known of one list, for an administrator.
type ListStatus struct {
	// Names of the list in the configuration; none for a zone that only
	// restrictions name.
	Names []string `json:"names,omitempty"`
	// Zone without its key.
	Zone string `json:"zone"`
	// State of the list: "unknown", "works" or "off".
	State string `json:"state"`
	// Reason why it is off, and Advice what to do about it.
	Reason string `json:"reason,omitempty"`
	Advice string `json:"advice,omitempty"`
	// Note is what is odd about a list that is used.
	Note string `json:"note,omitempty"`
	// Since when it is in that state, and when it was examined last.
	Since  time.Time `json:"since,omitzero"`
	Probed time.Time `json:"probed,omitzero"`
	// Asked counts the questions, Hits those that found something, Refused
	// and Failed those without a useful answer, TimesOff how often the list
	// was switched off.
	Asked    uint64 `json:"asked"`
	Hits     uint64 `json:"hits"`
	Refused  uint64 `json:"refused"`
	Failed   uint64 `json:"failed"`
	TimesOff uint64 `json:"times_off"`
}

// Status tells of every list, those that do not work first.
func (s *Set) Status() []ListStatus {
	s.mu.Lock()
	zones := make([]*zone, 0, len(s.zones))
	for _, z := range s.zones {
		zones = append(zones, z)
	}
	s.mu.Unlock()
	slices.SortFunc(zones, func(a, b *zone) int { return strings.Compare(a.shown, b.shown) })
	all := make([]ListStatus, 0, len(zones))
	for _, z := range zones {
		all = append(all, z.status())
	}
	slices.SortStableFunc(all, func(a, b ListStatus) int { return order(a.State) - order(b.State) })
	return all
}

func order(state string) int {
	if state == Off.String() {
		return 0
	}
	return 1
}

func (z *zone) status() ListStatus {
	z.mu.Lock()
	defer z.mu.Unlock()
	return ListStatus{
		Names: slices.Clone(z.names), Zone: z.shown, State: z.state.String(), Reason: z.fault.reason, Advice: z.fault.advice,
		Note: z.note, Since: z.since, Probed: z.probed,
		Asked: z.asked.Load(), Hits: z.hits.Load(), Refused: z.refusals.Load(), Failed: z.failed.Load(), TimesOff: z.timesOff.Load(),
	}
}
