package callout

import (
	"strconv"
	"strings"
	"time"

	"postern/internal/addr"
)

// prober gives the envelope sender of probes and knows it again.
type prober struct {
	base addr.Address
	ttl  time.Duration
}

// sender gives the address of now. With a ttl the number of the present
// period stands behind the local part, as Postfix's address_verify_sender_ttl
// has it: "double-bounce4k2m9@example.org".
func (p prober) sender(now time.Time) addr.Address {
	if p.base.IsZero() || p.ttl <= 0 {
		return p.base
	}
	return p.at(p.period(now))
}

func (p prober) period(now time.Time) int64 { return now.Unix() / max(int64(p.ttl/time.Second), 1) }

func (p prober) at(period int64) addr.Address {
	return addr.Address{Local: p.base.Local + strconv.FormatInt(period, 36), Domain: p.base.Domain}
}

// is tells whether an address is the sender of our probes, that of the
// period before or after included: a probe may be on its way.
func (p prober) is(a addr.Address, now time.Time) bool {
	if p.base.IsZero() || !strings.HasPrefix(strings.ToLower(a.Local), strings.ToLower(p.base.Local)) {
		return false
	}
	if a.Equal(p.base) {
		return true
	}
	if p.ttl <= 0 {
		return false
	}
	for d := int64(-1); d <= 1; d++ {
		if a.Equal(p.at(p.period(now) + d)) {
			return true
		}
	}
	return false
}
