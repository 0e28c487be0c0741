package restrict

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"postern/internal/dns"
)

// answer is how a question for a mail host or name went.
type answer uint8

const (
	answerFound answer = iota
	answerNone
	// answerFiltered says that dns_reply_filter left nothing.
	answerFiltered
	answerNullMX
	answerMalformed
	answerFailed
)

// errFiltered says that dns_reply_filter left nothing of an answer.
var errFiltered = fmt.Errorf("all records are filtered out: %w", dns.ErrNoData)

// errNoResolver says that no DNS is there to ask.
var errNoResolver = fmt.Errorf("no resolver is configured: %w", dns.ErrTemporary)

// lookups asks the DNS, leaving out what dns_reply_filter ignores.
type lookups struct {
	ask    Resolver
	filter []*openTable
}

// ignored tells whether a record is to be left out.
func (l *lookups) ignored(ctx context.Context, name string, t dns.Type, data string) (bool, error) {
	record := fmt.Sprintf("%s. 0 IN %s %s", strings.TrimSuffix(name, "."), t, data)
	value, found, err := lookupFirst(ctx, l.filter, record)
	if err != nil {
		return false, fmt.Errorf("%w: %w", dns.ErrTemporary, err)
	}
	word, _ := cutWord(value)
	return found && strings.EqualFold(word, "IGNORE"), nil
}

// sift leaves out the records that the filter ignores.
func sift[R any](ctx context.Context, l *lookups, name string, t dns.Type, records []R, err error, text func(R) string) ([]R, error) {
	if err != nil || len(l.filter) == 0 || len(records) == 0 {
		return records, err
	}
	kept := make([]R, 0, len(records))
	for _, r := range records {
		out, err := l.ignored(ctx, name, t, text(r))
		if err != nil {
			return nil, err
		}
		if !out {
			kept = append(kept, r)
		}
	}
	if len(kept) == 0 {
		return nil, errFiltered
	}
	return kept, nil
}

func (l *lookups) a(ctx context.Context, name string) ([]netip.Addr, error) {
	if l.ask == nil {
		return nil, errNoResolver
	}
	records, err := l.ask.A(ctx, name)
	return sift(ctx, l, name, dns.TypeA, records, err, netip.Addr.String)
}

func (l *lookups) aaaa(ctx context.Context, name string) ([]netip.Addr, error) {
	if l.ask == nil {
		return nil, errNoResolver
	}
	records, err := l.ask.AAAA(ctx, name)
	return sift(ctx, l, name, dns.TypeAAAA, records, err, netip.Addr.String)
}

func (l *lookups) mx(ctx context.Context, domain string) ([]dns.MX, error) {
	if l.ask == nil {
		return nil, errNoResolver
	}
	records, err := l.ask.MX(ctx, domain)
	return sift(ctx, l, domain, dns.TypeMX, records, err, func(r dns.MX) string {
		return fmt.Sprintf("%d %s.", r.Preference, strings.TrimSuffix(r.Host, "."))
	})
}

func (l *lookups) ns(ctx context.Context, name string) ([]string, error) {
	if l.ask == nil {
		return nil, errNoResolver
	}
	records, err := l.ask.NS(ctx, name)
	return sift(ctx, l, name, dns.TypeNS, records, err, func(r string) string { return strings.TrimSuffix(r, ".") + "." })
}

// addresses gives all addresses of a name; what one type lacks the other may
// have.
func (l *lookups) addresses(ctx context.Context, name string) ([]netip.Addr, error) {
	four, err4 := l.a(ctx, name)
	six, err6 := l.aaaa(ctx, name)
	all := append(append([]netip.Addr(nil), four...), six...)
	if len(all) > 0 {
		return all, nil
	}
	if err4 != nil && !dns.Missing(err4) {
		return nil, err4
	}
	if err6 == nil {
		err6 = err4
	}
	return nil, err6
}

// nullMX tells whether an answer is the null MX (RFC 7505).
func nullMX(records []dns.MX) bool {
	return len(records) == 1 && (records[0].Host == "" || records[0].Host == ".")
}

// judge says what an answer of n records or an error means.
func judge(n int, err error) answer {
	switch {
	case err == nil && n > 0:
		return answerFound
	case err == nil:
		return answerNone
	case errors.Is(err, errFiltered):
		return answerFiltered
	case dns.Missing(err):
		return answerNone
	}
	return answerFailed
}

// mailHost tells whether a domain takes mail: it has mail servers or an
// address of its own (RFC 5321 section 5.1).
func (l *lookups) mailHost(ctx context.Context, domain string) answer {
	mx, err := l.mx(ctx, domain)
	first := judge(len(mx), err)
	switch {
	case first == answerFiltered:
		return first
	case first == answerFound && nullMX(mx):
		return answerNullMX
	case first == answerFound && malformed(mx):
		return answerMalformed
	case first == answerFound:
		return answerFound
	}
	return worse(first, l.anyAddress(ctx, domain))
}

// anyAddress tells whether a name has an address.
func (l *lookups) anyAddress(ctx context.Context, name string) answer {
	four, err := l.a(ctx, name)
	first := judge(len(four), err)
	if first == answerFound {
		return first
	}
	six, err := l.aaaa(ctx, name)
	return worse(first, judge(len(six), err))
}

// host tells whether a name exists: as an address, or else as a mail domain.
func (l *lookups) host(ctx context.Context, name string) answer {
	first := l.anyAddress(ctx, name)
	if first == answerFound {
		return first
	}
	mx, err := l.mx(ctx, name)
	second := judge(len(mx), err)
	if second == answerFound && !nullMX(mx) && malformed(mx) {
		return answerMalformed
	}
	return worse(first, second)
}

// malformed tells whether none of the mail servers' names can be one.
func malformed(mx []dns.MX) bool {
	for _, r := range mx {
		if host := cutDot(r.Host); validHostname(hostForm(host)) || isAddress(host) {
			return false
		}
	}
	return len(mx) > 0
}

// worse combines two answers of which the second may have found something:
// not knowing is more than knowing that there is nothing.
func worse(first, second answer) answer {
	if second == answerFound {
		return second
	}
	if first == answerFailed || second == answerFailed {
		return answerFailed
	}
	return first
}
