package client

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"postern/internal/check"
	"postern/internal/dnslist"
	"postern/internal/session"
	"postern/internal/verdict"
)

// Lists are the DNS lists to ask; *dnslist.Set is one.
type Lists interface {
	// Check asks all lists of a kind about an item.
	Check(ctx context.Context, k dnslist.Kind, i dnslist.Item) ([]dnslist.Hit, error)
	// Idle gives the lists of a kind that do not work, with reasons.
	Idle(k dnslist.Kind) []string
	// Symbols gives what lists of these kinds may find.
	Symbols(kinds ...dnslist.Kind) []verdict.Symbol
}

// Networks tells which addresses are ours: nobody is asked about them.
type Networks interface {
	Contains(ip netip.Addr) bool
}

// The symbols that tell of lists that could not be asked.
const (
	listOff    = "DNS_LIST_OFF"
	listFailed = "DNS_LIST_FAILED"
)

// listKinds are what this check asks lists about.
var listKinds = [...]dnslist.Kind{dnslist.Client, dnslist.HELO, dnslist.Reverse, dnslist.Sender}

// DNSLists asks the DNS lists about the client's address, about the names
// that it gives itself and that its address has, and about the domain of the
// envelope sender, all at the same time.
func DNSLists(lists Lists, ours Networks) check.Check {
	symbols := append(lists.Symbols(listKinds[:]...),
		verdict.Symbol{Name: listOff, Group: dnslist.GroupClient, Description: "A DNS list was not asked because it does not work"},
		verdict.Symbol{Name: listFailed, Group: dnslist.GroupClient, Description: "A DNS list did not answer"})
	return check.New(check.Info{
		Name:    "dns_lists",
		Stage:   check.Mail, // one check for all, since lists share their symbols
		Symbols: symbols,
		Waits:   true,
	}, func(ctx context.Context, tx *check.Transaction, out *check.Report) error {
		if !foreign(tx.Session) || ours.Contains(tx.Session.Client.IP) {
			return nil
		}
		return askLists(ctx, lists, tx.Session, out)
	})
}

// items gives what is to be asked about a session, by the order of listKinds.
func items(s *session.Session) [len(listKinds)]dnslist.Item {
	name := s.Client.Name
	if name == "" {
		name = s.Client.ReverseName
	}
	list := [len(listKinds)]dnslist.Item{dnslist.Address(s.Client.IP), dnslist.Domain(s.HELO), dnslist.Domain(name)}
	if s.HasSender {
		list[3] = dnslist.Domain(s.Sender.Domain)
	}
	return list
}

// askLists asks and reports. What is found counts though other lists do not
// answer; only where nothing is known is that an error.
func askLists(ctx context.Context, lists Lists, s *session.Session, out *check.Report) error {
	ctx, cancel := inTime(ctx)
	defer cancel()
	type answer struct {
		hits []dnslist.Hit
		err  error
	}
	var answers [len(listKinds)]chan answer
	for n, item := range items(s) {
		if item.IsZero() {
			continue
		}
		answers[n] = make(chan answer, 1)
		go func() { // ends with ctx
			hits, err := lists.Check(ctx, listKinds[n], item)
			answers[n] <- answer{hits, err}
		}()
	}
	var errs []error
	for n, c := range answers {
		if c == nil {
			continue
		}
		a := <-c
		for _, h := range a.hits {
			out.Add(h.Code.Symbol, h.Evidence())
		}
		errs = append(errs, a.err)
		for _, idle := range lists.Idle(listKinds[n]) {
			out.Add(listOff, idle)
		}
	}
	return failed(errors.Join(errs...), out)
}

// failed reports the lists that did not answer, beside what others found.
func failed(err error, out *check.Report) error {
	if err == nil || len(out.Found()) == 0 {
		return err
	}
	out.Add(listFailed, err.Error())
	return nil
}

// inTime gives a context that ends a little before its parent does, so that
// what some lists said is not lost because others are late.
func inTime(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	const share = 10
	return context.WithDeadline(ctx, end.Add(-time.Until(end)/share))
}
