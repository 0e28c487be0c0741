package e2e

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// storm sends numbered mails from several clients at the same time, each as
// often as it takes until it is accepted.
type storm struct {
	t        testing.TB
	p        *postfix
	accepted atomic.Int64
	deferred atomic.Int64
	done     chan struct{}
}

// start sends count mails over clients connections at a time.
func startStorm(t testing.TB, p *postfix, count, clients int) *storm {
	s := &storm{t: t, p: p, done: make(chan struct{})}
	numbers := make(chan int)
	var running sync.WaitGroup
	for range clients {
		running.Go(func() {
			for n := range numbers {
				s.send(n)
			}
		})
	}
	go func() {
		for n := range count {
			numbers <- n
		}
		close(numbers)
		running.Wait()
		close(s.done)
	}()
	return s
}

// send sends one mail until it is accepted.
func (s *storm) send(n int) {
	mail := clean(fmt.Sprintf("number %d.", n))
	for range 400 {
		rcpts, final, err := smtpSend(s.p.address, outsideClient, "alice@example.com", []string{"bob@example.net"}, mail)
		switch {
		case err == nil && strings.HasPrefix(final, "250"):
			s.accepted.Add(1)
			return
		case err == nil && (strings.HasPrefix(final, "5") || len(rcpts) > 0 && strings.HasPrefix(rcpts[0], "5")):
			s.t.Errorf("mail %d was refused for good: %q %q", n, rcpts, final)
			return
		}
		s.deferred.Add(1)
		time.Sleep(25 * time.Millisecond)
	}
	s.t.Errorf("mail %d was never accepted", n)
}

// reached waits until n mails were accepted.
func (s *storm) reached(n int64) {
	s.t.Helper()
	eventually(s.t, time.Minute, fmt.Sprintf("%d mails accepted", n), func() bool { return s.accepted.Load() >= n })
}

// arrived waits for the storm's end, and checks that each mail arrived once.
func (s *storm) arrived(count int) []received {
	s.t.Helper()
	select {
	case <-s.done:
	case <-time.After(4 * time.Minute):
		s.t.Fatalf("only %d mails accepted", s.accepted.Load())
	}
	all := s.p.sink.wait(s.t, count)
	seen := map[string]int{}
	for _, m := range all {
		seen[m.header(s.t).Get("Subject")]++
	}
	for n := range count {
		if got := seen[fmt.Sprintf("number %d.", n)]; got != 1 {
			s.t.Errorf("mail %d arrived %d times", n, got)
		}
	}
	return all
}

// scored counts the mails that bear a verdict.
func scored(t testing.TB, all []received) int {
	n := 0
	for _, m := range all {
		if m.header(t).Get("X-Spamd-Result") != "" {
			n++
		}
	}
	return n
}

func TestParallelMessages(t *testing.T) {
	const count = 500
	_, p := behind(t, "")
	all := startStorm(t, p, count, 50).arrived(count)
	if n := scored(t, all); n != count {
		t.Errorf("%d of %d mails bear a verdict", n, count)
	}
}

// TestCrash kills the daemon in the middle of traffic and starts it again.
func TestCrash(t *testing.T) {
	const count = 300
	for _, action := range []string{"accept", "tempfail"} {
		t.Run(action, func(t *testing.T) {
			d, p := behind(t, "", "milter_default_action = "+action)
			s := startStorm(t, p, count, 10)
			for _, at := range []int64{50, 120} {
				s.reached(at)
				d.kill()
				if action == "accept" {
					s.reached(at + 30)
				} else {
					before := s.deferred.Load()
					eventually(t, time.Minute, "mail is deferred", func() bool { return s.deferred.Load() > before })
				}
				d.start()
			}
			all := s.arrived(count)
			n := scored(t, all)
			if action == "tempfail" && n != count {
				t.Errorf("%d of %d mails bear a verdict", n, count)
			}
			if action == "accept" && (n == 0 || n == count) {
				t.Errorf("%d of %d mails bear a verdict; want some, not all", n, count)
			}
		})
	}
}

// TestReloadUnderLoad changes the configuration in the middle of traffic,
// good and bad, without a mail deferred or lost.
func TestReloadUnderLoad(t *testing.T) {
	const count = 300
	d, p := behind(t, "", "milter_default_action = tempfail")
	s := startStorm(t, p, count, 10)
	reload := func(config, logged string) {
		d.configure(config)
		if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		d.log.wait(t, logged)
	}
	s.reached(50)
	reload("[headers]\nadd = [\"X-Spam-Score\", \"X-Spamd-Result\"]\n", "the new configuration is in force")
	s.reached(120)
	reload("[headers]\nad = []\n", "the new configuration is bad, the old one stays in force")
	s.reached(180)
	d.log.wait(t, "did you mean")
	all := s.arrived(count)
	if n := s.deferred.Load(); n > 0 {
		t.Errorf("%d mails were deferred", n)
	}
	if n := scored(t, all); n != count {
		t.Errorf("%d of %d mails bear a verdict", n, count)
	}
	if h := all[count-1].header(t); h.Get("X-Postern-Case") != "" || h.Get("X-Spam-Score") == "" {
		t.Errorf("the last mail does not show the new configuration: %v", h)
	}
}
