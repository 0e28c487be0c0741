package arc

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"postern/internal/addr"
	"postern/internal/dkim"
	"postern/internal/message"
)

// chain is the sets of a message on their way to a report.
type chain struct {
	// sets by instance, from 1 to the highest there is.
	sets []Set
	// problem is the first thing that breaks the chain, "" for nothing.
	problem string
}

// collect reads all fields of a chain; nil when there are none.
func collect(h *message.Header) *chain {
	if !h.Has(sealField) && !h.Has(messageField) && !h.Has(resultsField) {
		return nil
	}
	kinds := []struct {
		name string
		read func(*chain, *message.Field)
	}{{sealField, (*chain).readSeal}, {messageField, (*chain).readMessage}, {resultsField, (*chain).readResults}}
	c := &chain{}
	for _, kind := range kinds {
		list := h.All(kind.name)
		if len(list) > MaxSets {
			c.broken("there are more than %d %s", MaxSets, kind.name)
			list = list[:MaxSets]
		}
		for _, f := range list {
			if len(f.Raw()) > maxField {
				c.broken("a field %s is longer than %d octets", kind.name, maxField)
				continue
			}
			kind.read(c, f)
		}
	}
	return c
}

// broken notes why the chain does not hold; the first reason stands.
func (c *chain) broken(format string, args ...any) {
	if c.problem == "" {
		c.problem = fmt.Sprintf(format, args...)
	}
}

// set gives the set of that number.
func (c *chain) set(instance int) *Set {
	for len(c.sets) < instance {
		c.sets = append(c.sets, Set{Instance: len(c.sets) + 1})
	}
	return &c.sets[instance-1]
}

// valueOf gives what stands behind the colon, as it is.
func valueOf(f *message.Field) string {
	raw := f.Raw()
	return string(raw[1+bytes.IndexByte(raw, ':'):])
}

// tagsOf reads a field as a list of tags with an instance; nil when it is
// none.
func (c *chain) tagsOf(name string, f *message.Field) (dkim.TagList, int) {
	tags, err := dkim.ParseTagList(valueOf(f))
	if err != nil {
		c.broken("a field %s is void: %v", name, err)
		return nil, 0
	}
	i, _ := tags.Get("i")
	instance, ok := parseInstance(i)
	if !ok {
		c.broken("a field %s has no instance from 1 to %d (i=)", name, MaxSets)
		return nil, 0
	}
	return tags, instance
}

// twice notes that a set has a field twice.
func (c *chain) twice(name string, instance int) {
	c.broken("instance %d has more than one %s", instance, name)
}

func (c *chain) readResults(f *message.Field) {
	instance, server, results, ok := parseResults(valueOf(f))
	if !ok {
		c.broken("a field %s does not begin with an instance from 1 to %d (i=)", resultsField, MaxSets)
		return
	}
	s := c.set(instance)
	if s.results != nil {
		c.twice(resultsField, instance)
		return
	}
	s.results, s.Server, s.Results = f, server, results
}

func (c *chain) readMessage(f *message.Field) {
	tags, instance := c.tagsOf(messageField, f)
	if tags == nil {
		return
	}
	s := c.set(instance)
	if s.message != nil {
		c.twice(messageField, instance)
		return
	}
	s.message = f
	s.Message = dkim.Result{Status: dkim.Neutral, Signed: -1, Expires: -1, BodyLimit: -1}
	s.Message.Domain, s.Message.Selector = namesOf(tags)
}

func (c *chain) readSeal(f *message.Field) {
	tags, instance := c.tagsOf(sealField, f)
	if tags == nil {
		return
	}
	s := c.set(instance)
	if s.seal != nil {
		c.twice(sealField, instance)
		return
	}
	s.seal = f
	s.Seal.Status, s.Seal.Signed = dkim.Neutral, -1
	s.Seal.Domain, s.Seal.Selector = namesOf(tags)
	cv, _ := tags.Get("cv")
	claim, known := parseStatus(cv)
	s.Claim, s.ended = claim, known && claim == Fail
	if !known {
		c.broken("the seal of instance %d does not say what became of the chain before it (cv=%s)", instance, quoted(cv))
	}
	if err := s.Seal.read(tags); err != nil {
		c.broken("the seal of instance %d is void: %v", instance, err)
	}
}

// read reads the tags of a seal (RFC 8617 section 4.1.3).
func (s *Seal) read(tags dkim.TagList) error {
	if _, ok := tags.Get("h"); ok {
		return fmt.Errorf("it lists fields (h=)")
	}
	if s.Domain == "" || s.Selector == "" {
		return fmt.Errorf("it names no key (d=, s=)")
	}
	a, _ := tags.Get("a")
	var ok bool
	if s.Algorithm, ok = dkim.ParseAlgorithm(a); !ok || s.Algorithm == dkim.RSASHA1 {
		return fmt.Errorf("algorithm %s is not accepted (a=)", quoted(a))
	}
	b, _ := tags.Get("b")
	var err error
	if s.signature, err = dkim.DecodeBase64(b); err != nil || len(s.signature) == 0 {
		return fmt.Errorf("the signature is not base64 (b=)")
	}
	if t, ok := tags.Get("t"); ok {
		if s.Signed, err = strconv.ParseInt(t, 10, 64); err != nil || strings.Trim(t, "0123456789") != "" {
			return fmt.Errorf("%s is not a time (t=)", quoted(t))
		}
	}
	return nil
}

// namesOf gives domain and selector, each empty when it cannot be looked up.
func namesOf(tags dkim.TagList) (domain, selector string) {
	if d, ok := tags.Get("d"); ok && addr.ValidDomain(d) {
		domain = addr.NormalDomain(d)
	}
	if s, ok := tags.Get("s"); ok && addr.ValidDomain(s) {
		selector = addr.NormalDomain(s)
	}
	return domain, selector
}

// checkStructure wants every set to be complete and each claim to fit its
// place (RFC 8617 section 5.2, step 3).
func (c *chain) checkStructure() {
	for i := range c.sets {
		s := &c.sets[i]
		for _, part := range []struct {
			name string
			f    *message.Field
		}{{sealField, s.seal}, {messageField, s.message}, {resultsField, s.results}} {
			if part.f == nil {
				c.broken("instance %d has no %s", i+1, part.name)
			}
		}
		want := Pass
		if i == 0 {
			want = None
		}
		if s.Claim != want {
			c.broken("the seal of instance %d says cv=%s, which must be %s there", i+1, s.Claim, want)
		}
	}
}

// quoted shows others' text in a reason: short and on one line.
func quoted(s string) string {
	if len(s) > quotedBytes {
		s = s[:quotedBytes] + "..."
	}
	return fmt.Sprintf("%q", s)
}
