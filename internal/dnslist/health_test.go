package dnslist_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"postern/internal/dns"
	"postern/internal/dns/dnstest"
	"postern/internal/dnslist"
)

// TestFaults breaks a list in all ways, looks whether it is switched off
// within 60 seconds, and mends it.
func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name   string
		break_ func(*dnstest.Server)
		mend   func(*dnstest.Server)
		reason string
		advice string
	}{
		{"lists everything",
			func(s *dnstest.Server) {
				s.Set("*.bl.example", "A", "127.0.0.2")
				s.Set("1.0.0.127.bl.example", "A", "127.0.0.2")
			},
			func(s *dnstest.Server) { s.Remove("*.bl.example"); s.Remove("1.0.0.127.bl.example") },
			"lists everything", "look whether the list still exists"},
		{"lists nothing",
			func(s *dnstest.Server) { s.Remove("2.0.0.127.bl.example") },
			func(s *dnstest.Server) { s.Set("2.0.0.127.bl.example", "A", "127.0.0.2") },
			"does not list its test point", "look whether"},
		{"belongs to somebody else",
			func(s *dnstest.Server) { s.Set("1.0.0.127.bl.example", "A", "203.0.113.80") },
			func(s *dnstest.Server) { s.Remove("1.0.0.127.bl.example") },
			"outside of 127.0.0.0/8", "look whether"},
		{"refuses an open resolver",
			func(s *dnstest.Server) { s.Set("2.0.0.127.bl.example", "A", "127.255.255.254") },
			func(s *dnstest.Server) { s.Set("2.0.0.127.bl.example", "A", "127.0.0.2") },
			"127.255.255.254): the question came from a public or open DNS server", "ask bl.example"},
		{"refuses for too many questions",
			func(s *dnstest.Server) { s.Set("1.0.0.127.bl.example", "A", "127.255.255.255") },
			func(s *dnstest.Server) { s.Remove("1.0.0.127.bl.example") },
			"too many questions", "ask bl.example"},
		{"typing error",
			func(s *dnstest.Server) { s.Set("1.0.0.127.bl.example", "A", "127.255.255.252") },
			func(s *dnstest.Server) { s.Remove("1.0.0.127.bl.example") },
			"name of the zone is wrong", "correct the name"},
		{"fails",
			func(s *dnstest.Server) { s.Fail("", dnstest.ServFail) },
			func(s *dnstest.Server) { s.Heal() },
			"does not answer: dns: 1.0.0.127.bl.example A: no answer for now: SERVFAIL", "look whether"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, map[string]dnslist.ListOptions{"bl": lists()["bl"]})
			b.Probe(t.Context())
			if got := symbols(b.Check(t.Context(), dnslist.Client, ip("8.8.8.8"))); got != "BL_ONE BL_TWO" {
				t.Fatalf("before: %q", got)
			}
			tt.break_(b.server)
			for range 12 {
				b.clock.Pass(5 * time.Second)
				b.Probe(t.Context())
			}
			st := b.Status()[0]
			if st.State != "off" || !strings.Contains(st.Reason, tt.reason) || !strings.Contains(st.Advice, tt.advice) || st.TimesOff != 1 {
				t.Errorf("after a minute: %+v", st)
			}
			if got := symbols(b.Check(t.Context(), dnslist.Client, ip("8.8.8.8"))); got != "" {
				t.Errorf("a list that is off found %q", got)
			}
			if _, err := b.Lookup(t.Context(), "bl.example", nil, ip("8.8.8.8")); !errors.Is(err, dnslist.ErrOff) {
				t.Errorf("a restriction with it: %v", err)
			}
			if idle := b.Idle(dnslist.Client); len(idle) != 1 || !strings.Contains(idle[0], tt.reason) {
				t.Errorf("idle: %q", idle)
			}
			if !strings.Contains(b.log.String(), "switched off") || !strings.Contains(b.log.String(), tt.reason) {
				t.Errorf("logged: %s", b.log)
			}
			tt.mend(b.server)
			for range 20 {
				b.clock.Pass(10 * time.Second)
				b.Probe(t.Context())
			}
			if st := b.Status()[0]; st.State != "works" || st.Reason != "" {
				t.Errorf("mended: %+v", st)
			}
			if got := symbols(b.Check(t.Context(), dnslist.Client, ip("8.8.8.8"))); got != "BL_ONE BL_TWO" {
				t.Errorf("mended: %q", got)
			}
			if !strings.Contains(b.log.String(), "works again") {
				t.Errorf("logged: %s", b.log)
			}
		})
	}
}

// TestRefusalInUse has a list refuse in the middle of mail, between two
// examinations.
func TestRefusalInUse(t *testing.T) {
	all := map[string]dnslist.ListOptions{"bl": lists()["bl"]}
	bl := all["bl"]
	bl.Refused = []string{"127.0.0.99"}
	all["bl"] = bl
	b := newBench(t, all)
	if got := symbols(b.Check(t.Context(), dnslist.Client, ip("8.8.8.9"))); got != "" {
		t.Errorf("a refusal counts: %q", got)
	}
	if st := b.Status()[0]; st.State != "off" || st.Refused != 1 || !strings.Contains(st.Reason, "127.0.0.99") {
		t.Errorf("%+v", st)
	}
	if got := symbols(b.Check(t.Context(), dnslist.Client, ip("8.8.8.8"))); got != "" {
		t.Errorf("found %q", got)
	}
}

// TestForgetsNonsense checks that what a list said while it did not work is
// not believed when it works again, though the cache has it.
func TestForgetsNonsense(t *testing.T) {
	b := newBench(t, map[string]dnslist.ListOptions{"bl": lists()["bl"]})
	b.Probe(t.Context())
	b.server.Set("9.9.9.9.bl.example", "A", "127.0.0.2")
	b.server.Set("8.9.9.9.bl.example", "A", "127.255.255.255")
	for item, want := range map[string]string{"9.9.9.9": "BL_ONE", "9.9.9.8": ""} {
		if got := symbols(b.Check(t.Context(), dnslist.Client, ip(item))); got != want {
			t.Fatalf("%s: found %q", item, got)
		}
	}
	b.server.Remove("9.9.9.9.bl.example")
	b.server.Remove("8.9.9.9.bl.example")
	for range 4 { // well below the TTL of 5 minutes
		b.clock.Pass(15 * time.Second)
		b.Probe(t.Context())
	}
	for _, item := range []string{"9.9.9.9", "9.9.9.8"} {
		if got := symbols(b.Check(t.Context(), dnslist.Client, ip(item))); got != "" {
			t.Errorf("%s: found %q", item, got)
		}
	}
	if st := b.Status()[0]; st.State != "works" {
		t.Errorf("%+v", st)
	}
}

// TestRelapse has a list refuse all but its test points: it stays off longer
// each time.
func TestRelapse(t *testing.T) {
	b := newBench(t, map[string]dnslist.ListOptions{"bl": lists()["bl"]})
	b.server.Set("*.bl.example", "A", "127.255.255.255")
	b.server.Set("1.0.0.127.bl.example", "TXT", "here, and not listed")
	off := 0
	for i := range 360 { // half an hour
		b.clock.Pass(5 * time.Second)
		b.Probe(t.Context())
		if b.Status()[0].State == "works" {
			off++
			if got := symbols(b.Check(t.Context(), dnslist.Client, ip(fmt.Sprintf("9.9.%d.9", i%250)))); got != "" {
				t.Fatalf("found %q", got)
			}
		}
	}
	if off > 8 || off < 4 {
		t.Errorf("switched off %d times in half an hour", off)
	}
}

// TestSilenceInUse has a list stop answering in the middle of mail.
func TestSilenceInUse(t *testing.T) {
	b := newBench(t, map[string]dnslist.ListOptions{"bl": lists()["bl"]}, func(o *dnslist.Options) { o.Failures = 3 })
	b.Probe(t.Context())
	b.server.Fail("", dnstest.ServFail)
	for i := range 5 {
		_, err := b.Check(t.Context(), dnslist.Client, ip("9.9.9."+strconv.Itoa(i)))
		if failed := err != nil; failed != (i < 3) {
			t.Errorf("question %d: %v", i, err)
		}
		if err != nil && (!errors.Is(err, dns.ErrTemporary) || !strings.Contains(err.Error(), "asking DNS list bl.example: ")) {
			t.Errorf("question %d: %v", i, err)
		}
	}
	if st := b.Status()[0]; st.State != "off" || st.Failed != 3 {
		t.Errorf("%+v", st)
	}
}

// TestGoneMad has a list that was idle list everything from now on: what it
// finds is examined before it counts.
func TestGoneMad(t *testing.T) {
	b := newBench(t, map[string]dnslist.ListOptions{"bl": lists()["bl"]})
	b.Probe(t.Context())
	b.server.Set("*.bl.example", "A", "127.0.0.2")
	b.server.Set("1.0.0.127.bl.example", "A", "127.0.0.2")
	b.clock.Pass(9 * time.Minute)
	if got := symbols(b.Check(t.Context(), dnslist.Client, ip("9.9.9.9"))); got != "" {
		t.Errorf("found %q", got)
	}
	if st := b.Status()[0]; st.State != "off" {
		t.Errorf("%+v", st)
	}
}

// TestBudgetIsNotTheList checks that a mail that may not ask any more does
// not switch lists off.
func TestBudgetIsNotTheList(t *testing.T) {
	b := newBench(t, map[string]dnslist.ListOptions{"bl": lists()["bl"]}, func(o *dnslist.Options) { o.Failures = 1 })
	b.Probe(t.Context())
	ctx := dns.WithBudget(t.Context(), 1)
	for i := range 3 {
		if _, err := b.Check(ctx, dnslist.Client, ip("9.9.9."+strconv.Itoa(i))); (err != nil) != (i > 0) {
			t.Errorf("question %d: %v", i, err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Check(gone, dnslist.Client, ip("9.9.9.9")); err == nil {
		t.Error("asked without time")
	}
	if st := b.Status()[0]; st.State != "works" {
		t.Errorf("%+v", st)
	}
}

// TestCloseIsNoFault ends the lists in the middle of an examination: nobody
// is told that a list does not work.
func TestCloseIsNoFault(t *testing.T) {
	b := newBench(t, map[string]dnslist.ListOptions{"bl": lists()["bl"]})
	b.server.Lose("", dnstest.Always)
	result := make(chan error)
	go func() {
		_, err := b.Check(t.Context(), dnslist.Client, ip("8.8.8.8"))
		result <- err
	}()
	for b.server.Questions() == 0 {
		time.Sleep(time.Millisecond) // there is no event of a question's arrival
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if err := <-result; !errors.Is(err, dns.ErrTemporary) {
		t.Errorf("got %v", err)
	}
	if st := b.Status()[0]; st.State != "unknown" || strings.Contains(b.log.String(), "switched off") {
		t.Errorf("%+v, logged %s", st, b.log)
	}
}
