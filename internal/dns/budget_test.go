package dns_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"postern/internal/dns"
	"postern/internal/dns/dnstest"
)

func TestBudget(t *testing.T) {
	r := dnstest.New(t, zone).Resolver(t)
	ctx := dns.WithBudget(t.Context(), 2)
	for i := range 4 {
		_, err := r.A(ctx, fmt.Sprintf("n%d.example.org", i))
		if over := errors.Is(err, dns.ErrTemporary); over != (i >= 2) {
			t.Errorf("question %d: %v", i, err)
		}
		if over := errors.Is(err, dns.ErrTemporary); over && !strings.Contains(err.Error(), "too many questions") {
			t.Errorf("no reason: %v", err)
		}
	}
	if _, err := r.A(ctx, "n0.example.org"); !errors.Is(err, dns.ErrNotFound) {
		t.Errorf("what is known costs something: %v", err)
	}
	if spent, limit, ok := dns.Spent(ctx); spent != 2 || limit != 2 || !ok {
		t.Errorf("spent %d of %d, %v", spent, limit, ok)
	}
	if _, _, ok := dns.Spent(t.Context()); ok {
		t.Error("a budget where there is none")
	}
}

func TestFresh(t *testing.T) {
	s := dnstest.New(t, zone)
	r := s.Resolver(t)
	ask := func(ctx context.Context) string { return describe(r.A(ctx, "example.com")) }
	ask(t.Context())
	s.Set("example.com", "A", "192.0.2.99")
	if got := ask(t.Context()); got != "[192.0.2.10 192.0.2.11]" {
		t.Errorf("from the cache: %s", got)
	}
	if got := ask(dns.Fresh(t.Context())); got != "[192.0.2.99]" {
		t.Errorf("fresh: %s", got)
	}
	if got := ask(t.Context()); got != "[192.0.2.99]" {
		t.Errorf("afterwards: %s", got)
	}
}
