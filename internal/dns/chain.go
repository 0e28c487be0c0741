package dns

import (
	"errors"
	"slices"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

var (
	errAliases = errors.New("the chain of aliases is too long")
	errLoop    = errors.New("the aliases lead in a circle")
)

// chain is the way from a name over its aliases to the records.
type chain struct {
	name      string   // where it stands
	passed    []string // names that it came by
	records   []Record
	ttl       time.Duration // the least of all records on the way
	authentic bool
}

// follow goes as far as a reply leads. done tells that there is nothing more
// to ask: the records are found or it is known that there are none.
func (c *chain) follow(rep reply, want Type) (done bool, err error) {
	c.authentic = c.authentic && rep.authentic
	start := c.name
	for want != TypeCNAME {
		i := slices.IndexFunc(rep.records, func(r Record) bool { return r.Type == TypeCNAME && r.Name == hostText(c.name) })
		if i < 0 {
			break
		}
		if err := c.pass(rep.records[i]); err != nil {
			return false, err
		}
	}
	if notFound(rep) {
		// The code is that of the last name of the chain (RFC 6604).
		return true, nil
	}
	for _, r := range rep.records {
		if r.Type == want && r.Name == hostText(c.name) && !c.has(r) {
			c.records = append(c.records, r)
			c.ttl = min(c.ttl, r.TTL)
		}
	}
	// A server that gives aliases only has left the rest to us.
	return len(c.records) > 0 || rep.hasSOA || c.name == start, nil
}

// pass goes by one alias.
func (c *chain) pass(alias Record) error {
	c.passed = append(c.passed, c.name)
	c.ttl = min(c.ttl, alias.TTL)
	next, reason := normalName(wireText(alias.Host))
	switch {
	case reason != "":
		return errors.New("an alias leads nowhere: " + reason)
	case slices.Contains(c.passed, next):
		return errLoop
	case len(c.passed) > maxAliases:
		return errAliases
	}
	c.name = next
	return nil
}

// has tells whether a record was found already.
func (c *chain) has(r Record) bool {
	return slices.ContainsFunc(c.records, func(o Record) bool {
		return o.Addr == r.Addr && o.Host == r.Host && o.Preference == r.Preference && o.Text == r.Text && string(o.Data) == string(r.Data)
	})
}

// notFound tells whether a reply says that the name does not exist.
func notFound(rep reply) bool { return rep.rcode == dnsmessage.RCodeNameError }
