package dkim

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"postern/internal/dns"
)

// keyRecord is one key record that was read.
type keyRecord struct {
	key *Key
	err error
}

// keyAnswer is what the DNS said about one key.
type keyAnswer struct {
	name    string
	records []keyRecord
	// status is not None when there are no records, with the reason.
	status Status
	reason string
}

// askKeys asks for the keys of all signatures, each name once and all at the
// same time: the last one here, the others meanwhile.
func (v *Verifier) askKeys(ctx context.Context, jobs []job) {
	var group sync.WaitGroup
	var last *keyAnswer
	for i := range jobs {
		for _, earlier := range jobs[:i] {
			if earlier.sig.query == jobs[i].sig.query {
				jobs[i].keys = earlier.keys
				break
			}
		}
		if jobs[i].keys != nil {
			continue
		}
		if last != nil {
			answer := last
			group.Go(func() { answer.ask(ctx, v.resolver) })
		}
		last = &keyAnswer{name: jobs[i].sig.query}
		jobs[i].keys = last
	}
	if last != nil {
		last.ask(ctx, v.resolver)
	}
	group.Wait()
}

// ask asks for one key.
func (a *keyAnswer) ask(ctx context.Context, resolver Resolver) {
	a.records, a.status, a.reason = nil, None, ""
	texts, err := resolver.TXT(ctx, a.name)
	switch {
	case err != nil && dns.Missing(err), err == nil && len(texts) == 0:
		a.status, a.reason = PermError, fmt.Sprintf("there is no key at %s", a.name)
	case err != nil:
		a.status, a.reason = TempError, fmt.Sprintf("the key at %s could not be asked for: %v", a.name, reasonOf(err))
	default:
		a.records = parseKeys(texts)
	}
}

// each tries one key after the other and gives None as soon as one is right,
// or else the best outcome.
func (a *keyAnswer) each(try func(*keyRecord) (Status, string)) (best Status, reason string) {
	if a.status != None {
		return a.status, a.reason
	}
	for i := range a.records {
		status, why := try(&a.records[i])
		if status == None {
			return None, ""
		}
		if best == None || rank[status] > rank[best] {
			best, reason = status, why
		}
	}
	return best, reason
}

// reasonOf is the part of a DNS error that is worth telling beside the name.
func reasonOf(err error) string {
	var e *dns.Error
	if errors.As(err, &e) && e.Reason != "" {
		return e.Reason
	}
	return err.Error()
}

// parseKeys reads the records of one name. Only one should be there (RFC 6376
// section 3.6.2.2); of several those that are no keys at all do not count, and
// the others are tried in turn (section 6.1.2).
func parseKeys(texts []string) []keyRecord {
	records := make([]keyRecord, 0, 1)
	for _, text := range texts {
		if len(texts) > 1 && !strings.Contains(text, "p=") {
			continue
		}
		if len(records) == maxKeyRecords {
			break
		}
		key, err := ParseKey(text)
		records = append(records, keyRecord{key, err})
	}
	if len(records) == 0 {
		return []keyRecord{{err: fmt.Errorf("none of the %d records is a key", len(texts))}}
	}
	return records
}
