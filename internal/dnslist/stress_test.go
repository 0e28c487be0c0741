package dnslist_test

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"
	"time"

	"postern/internal/dns"
	"postern/internal/dns/dnstest"
	"postern/internal/dnslist"
)

// TestStress breaks and mends lists while many ask them: nothing hangs, and
// only what is listed is found.
func TestStress(t *testing.T) {
	b := newBench(t, lists())
	stop := make(chan bool)
	var chaos, mails sync.WaitGroup
	chaos.Go(func() {
		faults := []dnstest.Fault{{}, {Fail: 3, RCode: dnstest.ServFail}, {Truncate: true}, {WrongID: 3}, {}, {Fail: 20, RCode: dnstest.Refused}}
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			b.server.SetFault("", faults[n%len(faults)])
			b.clock.Pass(10 * time.Second)
			b.Probe(t.Context())
			b.Status()
		}
	})
	for range 8 {
		mails.Go(func() {
			for range 60 {
				a := netip.AddrFrom4([4]byte{8, 8, 8, byte(rand.IntN(256))})
				hits, err := b.Check(dns.WithBudget(t.Context(), 10), dnslist.Client, dnslist.Address(a))
				if err != nil && !errors.Is(err, dns.ErrTemporary) {
					t.Error(err)
				}
				for _, h := range hits {
					if h.Code.Symbol == "BL_ONE" && a.As4()[3] != 8 && a.As4()[3] != 4 && a.As4()[3] != 5 {
						t.Errorf("%v: %+v", a, h)
					}
				}
				_, err = b.Lookup(t.Context(), "bl.example", nil, dnslist.Address(a))
				if err != nil && !errors.Is(err, dns.ErrTemporary) && !errors.Is(err, dnslist.ErrOff) {
					t.Error(err)
				}
			}
		})
	}
	mails.Wait()
	close(stop)
	chaos.Wait()
}
