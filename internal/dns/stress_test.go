package dns_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"postern/internal/dns"
	"postern/internal/dns/dnstest"
)

// TestStress asks from many goroutines, with a cache that is much too small
// and a server that misbehaves.
func TestStress(t *testing.T) {
	s := dnstest.New(t, zone)
	s.SetFault("", dnstest.Fault{WrongID: 30, Fail: 5, RCode: dnstest.ServFail})
	r := s.Resolver(t, func(o *dns.Options) { o.CacheEntries, o.CacheSize = 32, 64<<10 })
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 200 {
				n := rand.IntN(100)
				a, err := r.A(t.Context(), fmt.Sprintf("x%d.wild.example.com", n))
				if err != nil && !errors.Is(err, dns.ErrTemporary) || err == nil && (len(a) != 1 || a[0].String() != "192.0.2.14") {
					t.Errorf("%v, %v", a, err)
				}
				if _, err := r.MX(t.Context(), fmt.Sprintf("x%d.example.org", n)); !errors.Is(err, dns.ErrNotFound) && !errors.Is(err, dns.ErrTemporary) {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	st := r.Stats()
	if st.InFlight != 0 || st.Entries > 32 || st.Bytes > 64<<10 {
		t.Errorf("%+v", st)
	}
	if st.Cached+st.Coalesced+st.Answered+st.NotFound+st.NoData+st.Failed != st.Questions {
		t.Errorf("questions do not add up: %+v", st)
	}
}
