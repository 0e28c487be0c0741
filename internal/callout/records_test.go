package callout

import (
	"errors"
	"testing"
	"time"

	"postern/internal/dns"
	"postern/internal/store/storetest"
)

var _ Resolver = (*dns.Resolver)(nil)

// TestRecords: an answer survives a restart, its text only in short.
func TestRecords(t *testing.T) {
	w := newWorld(t)
	w.host("example.org", "192.0.2.1")
	f := w.server("192.0.2.1", script{replies: map[string]string{"RCPT TO:<no@example.org>": "550 5.1.1 No such user"}})
	records := storetest.NewMemory()
	const said = "host example.org[192.0.2.1] said: 550 5.1.1 No such user (in reply to RCPT TO command)"
	for i, why := range []string{said, "said: 550 5.1.1"} {
		store := NewRecords(records, "secret", 10, w.clock.Now)
		v := w.verifier(func(_ *Options, e *Environment) { e.Store = store })
		for range 2 {
			got := v.Verify(t.Context(), sender(t, "no@example.org"))
			if got.Status != Bounced || got.Why() != why || got.Reply.Code != 550 || got.Reply.Enhanced != "5.1.1" {
				t.Errorf("start %d: %v %q", i, got.Status, got.Reply)
			}
			if got := v.Verify(t.Context(), sender(t, "yes@example.org")); got.Status != OK {
				t.Errorf("start %d: %v", i, got)
			}
		}
		v.Close()
	}
	if len(f.rcpt) != 2 || records.Len() != 2 {
		t.Errorf("asked %d times, %d records", len(f.rcpt), records.Len())
	}
}

func TestRecordsFail(t *testing.T) {
	records := storetest.NewMemory()
	store := NewRecords(records, "", 10, nil)
	fault := errors.New("disk on fire")
	records.Fail(fault)
	if err := store.Put(t.Context(), "a", Entry{Status: OK}, time.Now().Add(time.Hour)); !errors.Is(err, fault) {
		t.Error(err)
	}
	if _, found, err := store.Get(t.Context(), "a"); found || !errors.Is(err, fault) {
		t.Error(found, err)
	}
	records.Fail(nil)
	// What is removed leaves nothing behind.
	for _, expires := range []time.Time{time.Now().Add(time.Hour), {}} {
		if err := store.Put(t.Context(), "a", Entry{Status: OK, Updated: time.Now()}, expires); err != nil {
			t.Error(err)
		}
		if _, found, err := store.Get(t.Context(), "a"); found == expires.IsZero() || err != nil {
			t.Error(found, err)
		}
	}
	if records.Len() != 0 {
		t.Error("a record stays")
	}
}
