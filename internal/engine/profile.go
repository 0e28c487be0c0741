package engine

import (
	"errors"
	"fmt"
	"strings"

	"postern/internal/addr"
	"postern/internal/unit"
	"postern/internal/verdict"
)

// profile is the settings for one group of recipients.
type profile struct {
	name       string
	thresholds verdict.Thresholds
	observed   [verdict.ActionCount]bool
	rules      []symbolRule
	subject    string
	replies    [verdict.ActionCount]verdict.Reply
}

// DefaultActions are rspamd's thresholds and replies.
func DefaultActions() ActionOptions {
	greylist, mark, reject := 4.0, 6.0, 15.0
	return ActionOptions{
		Greylist: &greylist, AddHeader: &mark, Reject: &reject,
		Subject:         "***SPAM*** %s",
		RejectReply:     "554 5.7.1 Spam message rejected",
		SoftRejectReply: "451 4.7.1 Try again later",
	}
}

// scores lists the thresholds by action.
func (o *ActionOptions) scores() [verdict.ActionCount]*float64 {
	var s [verdict.ActionCount]*float64
	s[verdict.Greylist], s[verdict.AddHeader], s[verdict.RewriteSubject] = o.Greylist, o.AddHeader, o.RewriteSubject
	s[verdict.SoftReject], s[verdict.Quarantine] = o.SoftReject, o.Quarantine
	s[verdict.Reject], s[verdict.Discard] = o.Reject, o.Discard
	return s
}

// Validate checks replies and names of actions.
func (o ActionOptions) Validate() error {
	var p profile
	return p.apply(o)
}

// apply changes the profile as the options say.
func (p *profile) apply(o ActionOptions) error {
	for a, score := range o.scores() {
		if score != nil {
			p.thresholds[a] = *score
		}
	}
	if o.Subject != "" {
		p.subject = o.Subject
	}
	errs := []error{
		p.setReply("reject_reply", o.RejectReply, 5, verdict.Reject),
		p.setReply("soft_reject_reply", o.SoftRejectReply, 4, verdict.SoftReject),
	}
	for i, name := range o.Observe {
		a, err := verdict.ParseAction(name)
		if err != nil {
			errs = append(errs, unit.BadKey(fmt.Sprintf("observe[%d]", i), "%v", err))
			continue
		}
		p.observed[a] = true
	}
	return errors.Join(errs...)
}

// setReply reads the reply of an action, whose code must be of the class.
func (p *profile) setReply(key, line string, class int, a verdict.Action) error {
	if line == "" {
		return nil
	}
	r, err := verdict.ParseReply(line)
	if err == nil && r.Code/100 != class {
		err = fmt.Errorf("reply %q: must begin with %d", line, class)
	}
	if err != nil {
		return unit.BadKey(key, "%v", err)
	}
	p.replies[a] = r
	return nil
}

// profiles finds the profile of a recipient.
type profiles struct {
	all     []*profile // the general one first
	address map[string]int
	domain  map[string]int
	star    int
}

// newProfiles makes the general profile and those of recipients.
func newProfiles(r *registry, s Settings, builtin map[string]SymbolOptions) (*profiles, error) {
	ps := &profiles{address: map[string]int{}, domain: map[string]int{}}
	general := &profile{thresholds: verdict.NoThresholds(), rules: r.defaults()}
	errs := []error{
		r.apply(general.rules, "symbols.", builtin),
		r.apply(general.rules, "symbols.", s.Symbols),
		unit.Within("actions.", general.apply(s.Actions)),
	}
	ps.all = append(ps.all, general)
	for i, o := range s.Profiles {
		path := fmt.Sprintf("profiles[%d].", i)
		p := *general
		p.name = o.Name
		p.rules = append([]symbolRule(nil), general.rules...)
		errs = append(errs,
			unit.Within(path+"actions.", p.apply(o.Actions)),
			r.apply(p.rules, path+"symbols.", o.Symbols),
			ps.claim(path, o))
		ps.all = append(ps.all, &p)
	}
	return ps, errors.Join(errs...)
}

// claim notes which recipients the next profile is for.
func (ps *profiles) claim(path string, o ProfileOptions) error {
	var errs []error
	n := len(ps.all)
	if o.Name == "" {
		errs = append(errs, unit.BadKey(path+"name", "a profile needs a name"))
	}
	if len(o.Recipients) == 0 {
		errs = append(errs, unit.BadKey(path+"recipients", "a profile needs recipients"))
	}
	for i, r := range o.Recipients {
		if reason := ps.claimOne(r, n); reason != "" {
			errs = append(errs, unit.BadKey(fmt.Sprintf("%srecipients[%d]", path, i), "%s", reason))
		}
	}
	return errors.Join(errs...)
}

// claimOne notes that recipients as r says have the profile with number n,
// or tells why they cannot.
func (ps *profiles) claimOne(r string, n int) (reason string) {
	local, domain, found := strings.Cut(r, "@")
	domain = strings.ToLower(domain)
	before := 0
	switch {
	case r == "*":
		before, ps.star = ps.star, n
	case !found || domain == "":
		return fmt.Sprintf("%q is not user@example.org, @example.org or *", r)
	case local == "":
		before, ps.domain[domain] = ps.domain[domain], n
	default:
		address := strings.ToLower(local) + "@" + domain
		before, ps.address[address] = ps.address[address], n
	}
	if before > 0 {
		return fmt.Sprintf("profile %q has %s already", ps.all[before].name, r)
	}
	return ""
}

// choose gives the number of the profile that the client asked for by name,
// else of the recipient's.
func (ps *profiles) choose(name string, a addr.Address) int {
	if name != "" {
		for i, p := range ps.all {
			if p.name == name {
				return i
			}
		}
	}
	return ps.of(a)
}

// of gives the number of the profile for a recipient.
func (ps *profiles) of(a addr.Address) int {
	if len(ps.all) == 1 {
		return 0
	}
	if n, ok := ps.address[strings.ToLower(a.Local)+"@"+a.Domain]; ok {
		return n
	}
	if n, ok := ps.domain[a.Domain]; ok {
		return n
	}
	return ps.star
}
