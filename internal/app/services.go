package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"sync"

	"postern/internal/config"
	"postern/internal/dns"
	"postern/internal/dnslist"
	"postern/internal/spf"
)

// services are what checks ask: the domain name system and what stands on it.
// They outlive an engine, since what they have learned is of use to the next.
type services struct {
	// online says that they may be asked. Without it checks that would are
	// known by their symbols and do nothing.
	online   bool
	resolver *dns.Resolver
	lists    *dnslist.Set
	spf      *spf.Checker

	// stop ends what goes on in the background.
	stop context.CancelFunc
	wait sync.WaitGroup
}

// newServices makes the services of a configuration. What works as before is
// taken over from the old ones, which may be nil.
func newServices(cfg config.Config, old *services, was config.Config, log *slog.Logger) (*services, error) {
	s := &services{online: cfg.DNS.Enabled, stop: func() {}}
	if old != nil && reflect.DeepEqual(cfg.DNS, was.DNS) {
		s.resolver = old.resolver
	}
	var err error
	if s.resolver == nil {
		if s.resolver, err = dns.New(cfg.DNS, dns.Environment{Log: log}); err != nil {
			return nil, fmt.Errorf("making the resolver: %w", err)
		}
	}
	kept := old != nil && s.resolver == old.resolver &&
		reflect.DeepEqual(cfg.DNSLists, was.DNSLists) && reflect.DeepEqual(cfg.DNSListHealth, was.DNSListHealth)
	if kept {
		s.lists = old.lists
	} else if s.lists, err = dnslist.New(cfg.DNSListHealth, cfg.DNSLists, dnslist.Environment{Resolver: s.resolver, Log: log}); err != nil {
		return nil, fmt.Errorf("making the DNS lists: %w", err)
	}
	cfg.SPF.Hostname = cfg.Engine.Hostname
	if s.spf, err = spf.New(cfg.SPF, s.resolver); err != nil {
		return nil, fmt.Errorf("making SPF: %w", err)
	}
	return s, nil
}

// run sets going what goes on in the background.
func (s *services) run() {
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	if s.online {
		s.wait.Go(func() { s.lists.Run(ctx) })
	}
}

// stopBackground ends what goes on in the background.
func (s *services) stopBackground() {
	s.stop()
	s.wait.Wait()
}

// close ends the services, except those that the next ones have taken over;
// next may be nil.
func (s *services) close(next *services) error {
	s.stopBackground()
	var errs []error
	if next == nil || next.lists != s.lists {
		errs = append(errs, s.lists.Close())
	}
	if next == nil || next.resolver != s.resolver {
		errs = append(errs, s.resolver.Close())
	}
	return errors.Join(errs...)
}
