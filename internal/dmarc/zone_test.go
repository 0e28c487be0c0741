package dmarc

import (
	"context"
	"strings"
	"testing"

	"postern/internal/dns"
)

// zone is a resolver: names with their text records. A name without any
// exists; so do the names above others. The record "TIMEOUT" is no answer.
type zone map[string][]string

func (z zone) TXT(_ context.Context, name string) ([]string, error) {
	if texts, ok := z[name]; ok && len(texts) > 0 {
		if texts[0] == "TIMEOUT" {
			return nil, dns.ErrTemporary
		}
		return texts, nil
	}
	for known := range z {
		if known == name || strings.HasSuffix(known, "."+name) {
			return nil, dns.ErrNoData
		}
	}
	return nil, dns.ErrNotFound
}

// add adds a record.
func (z zone) add(name string, texts ...string) { z[name] = append(z[name], texts...) }

// counting counts questions.
type counting struct {
	zone
	asked map[string]int
}

func (c counting) TXT(ctx context.Context, name string) ([]string, error) {
	c.asked[name]++
	return c.zone.TXT(ctx, name)
}

func newChecker(t testing.TB, r Resolver, change func(*Options)) *Checker {
	t.Helper()
	o := DefaultOptions()
	if change != nil {
		change(&o)
	}
	c, err := New(o, r)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
