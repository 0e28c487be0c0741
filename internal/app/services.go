package app

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"time"

	"postern/internal/arc"
	"postern/internal/callout"
	"postern/internal/config"
	"postern/internal/dkim"
	"postern/internal/dmarc"
	"postern/internal/dns"
	"postern/internal/dnslist"
	"postern/internal/greylist"
	"postern/internal/restrict"
	"postern/internal/spf"
	"postern/internal/store/sqlite"
	"postern/internal/table"
	"postern/internal/unit"
)

// services are what checks ask: the domain name system and what stands on it,
// tables, and what is remembered of senders. They outlive an engine, since
// what they have learned is of use to the next.
type services struct {
	// online says that they may be asked. Without it checks that would are
	// known by their symbols and do nothing.
	online   bool
	resolver *dns.Resolver
	budget   int // of questions that one mail may cause
	lists    *dnslist.Set
	spf      *spf.Checker
	dkim     *dkim.Verifier
	arc      *arc.Verifier
	dmarc    *dmarc.Checker
	tables   *table.Set
	records  *sqlite.Records // nil without a place to remember
	greylist *greylister     // nil without records
	verifier *callout.Verifier
	restrict *restrict.Engine

	// stop ends what goes on in the background.
	stop context.CancelFunc
	wait sync.WaitGroup
}

// verifyTexts is how many replies of other servers are kept word for word.
const verifyTexts = 10_000

// surroundings are what services need besides the configuration.
type surroundings struct {
	// dataDir is where state is kept; "" for nowhere.
	dataDir string
	version string
	log     *slog.Logger
}

// newServices makes the services of a configuration. What works as before is
// taken over from the old ones, which may be nil.
func newServices(ctx context.Context, cfg config.Config, old *services, was config.Config, around surroundings) (*services, error) {
	if around.log == nil {
		around.log = slog.New(slog.DiscardHandler)
	}
	s := &services{online: cfg.DNS.Enabled, budget: cfg.DNS.Budget, stop: func() {}}
	build := []func() error{
		func() error { return s.addDNS(cfg, old, was, around) },
		func() error { return s.addGreylist(ctx, cfg, old, was, around) },
		func() error { return s.addVerifier(cfg, old, was, around) },
		func() error { return s.addRestrictions(cfg, around) },
	}
	for _, add := range build {
		if err := add(); err != nil {
			return nil, errors.Join(err, s.close(context.WithoutCancel(ctx), old))
		}
	}
	return s, nil
}

// addDNS makes the resolver, the DNS lists and SPF.
func (s *services) addDNS(cfg config.Config, old *services, was config.Config, around surroundings) (err error) {
	if old != nil && reflect.DeepEqual(cfg.DNS, was.DNS) {
		s.resolver = old.resolver
	} else if s.resolver, err = dns.New(cfg.DNS, dns.Environment{Log: around.log}); err != nil {
		return unit.Within("dns.", err)
	}
	if old != nil && s.resolver == old.resolver &&
		reflect.DeepEqual(cfg.DNSLists, was.DNSLists) && reflect.DeepEqual(cfg.DNSListHealth, was.DNSListHealth) {
		s.lists = old.lists
	} else if s.lists, err = dnslist.New(cfg.DNSListHealth, cfg.DNSLists, dnslist.Environment{Resolver: s.resolver, Log: around.log}); err != nil {
		return unit.Within("dns_lists.", err)
	}
	cfg.SPF.Hostname = cfg.Engine.Hostname
	if s.spf, err = spf.New(cfg.SPF, s.resolver); err != nil {
		return unit.Within("spf.", err)
	}
	if s.dkim, err = dkim.NewVerifier(cfg.DKIM, s.resolver); err != nil {
		return unit.Within("dkim.", err)
	}
	if s.arc, err = arc.NewVerifier(cfg.ARC, cfg.DKIM, s.resolver); err != nil {
		return unit.Within("arc.", err)
	}
	if s.dmarc, err = dmarc.New(cfg.DMARC, s.resolver); err != nil {
		return unit.Within("dmarc.", err)
	}
	return nil
}

// addGreylist makes greylisting and what it remembers in.
func (s *services) addGreylist(ctx context.Context, cfg config.Config, old *services, was config.Config, around surroundings) (err error) {
	if around.dataDir == "" || cfg.Greylist.Mode == greylist.ModeOff {
		return nil
	}
	same := old != nil && cfg.Greylist.MaxRecords == was.Greylist.MaxRecords && cfg.Greylist.Flush == was.Greylist.Flush
	if same && old.records != nil {
		s.records = old.records
	} else if s.records, err = sqlite.OpenRecords(ctx, filepath.Join(around.dataDir, "senders.db"), sqlite.RecordsOptions{
		Flush: cfg.Greylist.Flush.Std(), MaxRecords: cfg.Greylist.MaxRecords, Logger: around.log,
	}); err != nil {
		return err
	}
	lists, err := cfg.Greylist.LoadWhitelists()
	if err != nil {
		around.log.Warn("greylisting: entries of whitelists are left out", "error", err)
	}
	identity := greylist.Identity{Host: hostName(cfg), Version: around.version}
	g, err := greylist.New(cfg.Greylist, s.records, lists, identity, time.Now)
	if err != nil {
		return unit.Within("greylist.", err)
	}
	s.greylist = &greylister{greylist: g, services: s, options: cfg.Greylist}
	return nil
}

// addVerifier makes the verification of addresses.
func (s *services) addVerifier(cfg config.Config, old *services, was config.Config, around surroundings) (err error) {
	if old != nil && s.resolver == old.resolver && s.records == old.records && reflect.DeepEqual(cfg.Verify, was.Verify) {
		s.verifier = old.verifier
		return nil
	}
	env := callout.Environment{Resolver: s.resolver, Logger: around.log}
	if s.records != nil {
		env.Store = callout.NewRecords(s.records, cfg.Greylist.PrivacyKey, verifyTexts, time.Now)
	}
	s.verifier, err = callout.New(cfg.Verify, env)
	if err != nil {
		return unit.Within("verify.", err)
	}
	return nil
}

// addRestrictions opens the tables that restriction lists name, and reads the
// lists.
func (s *services) addRestrictions(cfg config.Config, around surroundings) (err error) {
	if cfg.Tables.Feeds.Dir == "" && around.dataDir != "" {
		cfg.Tables.Feeds.Dir = filepath.Join(around.dataDir, "feeds")
	}
	s.tables = table.New(cfg.Tables, around.log, table.Outside{})
	o := cfg.Restrictions
	if o.Hosts.Hostname == "" {
		o.Hosts.Hostname = hostName(cfg)
	}
	if len(o.Hosts.Mynetworks) == 0 {
		o.Hosts.Mynetworks = postfixNetworks(cfg.Engine.Networks)
	}
	needs := restrict.Needs{Tables: s.tables, DNS: s.resolver, Lists: s.lists}
	if s.online {
		needs.SPF = spfOfSession{s.spf}
		if cfg.Verify.Enabled {
			needs.Verifier = verifier{s.verifier}
		}
	}
	if s.greylist != nil && cfg.Greylist.Mode != greylist.ModeScore {
		needs.Greylist = s.greylist
	}
	if s.restrict, err = restrict.New(o, needs); err != nil {
		return unit.Within("restrictions.", err)
	}
	return nil
}

// postfixNetworks writes networks as Postfix does, which puts IPv6 addresses in
// brackets.
func postfixNetworks(networks []string) []string {
	list := make([]string, len(networks))
	for i, n := range networks {
		mark, rest := "", n
		if r, not := strings.CutPrefix(n, "!"); not {
			mark, rest = "!", strings.TrimSpace(r)
		}
		if strings.Contains(rest, ":") && !strings.HasPrefix(rest, "[") {
			host, bits, slash := strings.Cut(rest, "/")
			rest = "[" + host + "]"
			if slash {
				rest += "/" + bits
			}
		}
		list[i] = mark + rest
	}
	return list
}

// run sets going what goes on in the background.
func (s *services) run() {
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	if !s.online {
		return
	}
	for _, zone := range s.restrict.Zones() {
		// A zone that cannot be watched is asked all the same, and its
		// lookups say what is wrong.
		_ = s.lists.Watch(zone, false)
	}
	s.wait.Go(func() { s.lists.Run(ctx) })
}

// stopBackground ends what goes on in the background.
func (s *services) stopBackground() {
	s.stop()
	s.wait.Wait()
}

// close ends the services, except those that others have taken over or lent;
// others may be nil.
func (s *services) close(ctx context.Context, others *services) error {
	s.stopBackground()
	if others == nil {
		others = new(services)
	}
	var errs []error
	if s.restrict != nil {
		s.restrict.Close()
	}
	if s.tables != nil {
		errs = append(errs, s.tables.Close())
	}
	if s.verifier != nil && s.verifier != others.verifier {
		s.verifier.Close()
	}
	if s.records != nil && s.records != others.records {
		errs = append(errs, s.records.Close(ctx))
	}
	if s.lists != nil && s.lists != others.lists {
		errs = append(errs, s.lists.Close())
	}
	if s.resolver != nil && s.resolver != others.resolver {
		errs = append(errs, s.resolver.Close())
	}
	return errors.Join(errs...)
}
