package restrict

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"postern/internal/addr"
	"postern/internal/dns"
	"postern/internal/dnslist"
	"postern/internal/verdict"
)

// listed evaluates the restrictions that ask DNS lists.
func (v *eval) listed(it *item) result {
	switch it.op {
	case opRBLClient:
		return v.clientListed(it.zone)
	case opMapsRBL:
		for _, z := range v.e.rblZones {
			if r := v.clientListed(z); r != dunno {
				return r
			}
		}
		return dunno
	case opDNSWLClient, opRHSWLClient:
		return v.white(it.zone, v.listItem(it.op))
	}
	_, what, class := v.listedDomain(it.op)
	return v.black(it.zone, v.listItem(it.op), what, class)
}

// listItem gives what a restriction asks a list about.
func (v *eval) listItem(o op) dnslist.Item {
	switch o {
	case opRBLClient, opDNSWLClient:
		return dnslist.Address(v.s.Client.IP)
	case opRHSWLClient:
		return dnslist.Domain(v.names().name)
	}
	domain, _, _ := v.listedDomain(o)
	return dnslist.Domain(domain)
}

// maxAhead bounds the lists that are asked at the same time for one stage.
const maxAhead = 32

// askAhead asks the lists that the next restrictions will ask, so that their
// answers are there by then: lists are asked at the same time and judged in
// order. What comes of it is the lists' to remember.
func (v *eval) askAhead(items []item) {
	if v.e.needs.Lists == nil {
		return
	}
	if v.cancelAhead == nil {
		v.aheadCtx, v.cancelAhead = context.WithCancel(v.ctx)
	}
	for i := range items {
		it := &items[i]
		if it.zone == nil || v.askedAhead == maxAhead {
			continue
		}
		what := v.listItem(it.op)
		if what.IsZero() {
			continue
		}
		v.askedAhead++
		v.ahead.Go(func() {
			// The error comes again when the restriction asks.
			_, _ = v.e.needs.Lists.Listed(v.aheadCtx, it.zone.domain, it.zone.filter, what)
		})
	}
}

// stopAhead ends the questions that nobody waits for any more.
func (v *eval) stopAhead() {
	if v.cancelAhead != nil {
		v.cancelAhead()
		v.ahead.Wait()
	}
}

// listedDomain gives the domain that is asked for, and the words for the
// reply.
func (v *eval) listedDomain(o op) (domain, what, class string) {
	switch o {
	case opRHSBLClient:
		return v.names().name, v.names().name, classClient
	case opRHSBLReverse:
		return v.names().reverse, v.names().reverse, classReverse
	case opRHSBLHelo:
		return v.s.HELO, v.s.HELO, classHelo
	case opRHSBLSender:
		if !bare(v.sender) {
			return v.sender.Domain, v.senderText(), classSender
		}
	case opRHSBLRecipient:
		if !bare(v.rcpt) {
			return v.rcpt.Domain, v.rcptText(), classRecipient
		}
	}
	return "", "", ""
}

func (v *eval) clientListed(z *zone) result {
	return v.black(z, dnslist.Address(v.s.Client.IP), v.clientAddress(), classClient)
}

// askList asks a list; hit is false where it does not have the item.
func (v *eval) askList(z *zone, item dnslist.Item) (hit bool, err error) {
	if item.IsZero() {
		return false, nil
	}
	if v.e.needs.Lists == nil {
		return false, errNoLists
	}
	r, err := v.e.needs.Lists.Listed(v.ctx, z.domain, z.filter, item)
	if err != nil || !r.Listed {
		return false, err
	}
	_, err = sift(v.ctx, &v.e.dns, listQuestion(item, z.domain), dns.TypeA, r.Addrs, nil, netip.Addr.String)
	if errors.Is(err, errFiltered) {
		v.d.note("warning", "list %s: %v", z.shown, err)
		return false, nil
	}
	return err == nil, err
}

// errNoLists says that there is nothing to ask lists with.
var errNoLists = fmt.Errorf("asking DNS lists is not configured: %w", dnslist.ErrOff)

// listQuestion gives the name that a list is asked for, for the reply filter.
func listQuestion(item dnslist.Item, domain string) string {
	label := item.String()
	if ip, err := netip.ParseAddr(label); err == nil {
		label = dns.ReverseLabels(ip)
	}
	return label + "." + domain
}

// black refuses what is on a list.
func (v *eval) black(z *zone, item dnslist.Item, what, class string) result {
	v.key = z.shown
	hit, err := v.askList(z, item)
	if err != nil {
		v.d.note("warning", "%v", err)
		v.unknown("%v", err)
		return dunno
	}
	if !hit {
		return dunno
	}
	if v.scoring { // no reason is needed where no reply is given
		return v.refuse(policyFault, v.e.opt.Codes.MapsRBL, "5.7.1", "%s [%s] is on %s", class, what, z.shown)
	}
	return v.rblReply(z, item, what, class)
}

// white permits what is on a list, but never to relay.
func (v *eval) white(z *zone, item dnslist.Item) result {
	v.key = z.shown
	hit, err := v.askList(z, item)
	if errors.Is(err, dnslist.ErrOff) {
		v.unknown("%v", err) // it will not answer soon: waiting for it helps nobody
		return dunno
	}
	if err != nil {
		v.d.note("warning", "%v", err)
		return v.deferIfReject(450, "4.7.1", "<%s>: %s rejected: Service unavailable", v.clientAddress(), v.replyClass())
	}
	if !hit {
		return dunno
	}
	v.found(verdict.Reply{}, false)
	if v.rcpt != nil && (v.stage == Rcpt || v.stage == Vrfy) {
		ours, err := v.authorised()
		if err != nil {
			return v.lookupFailed(v.rcptText(), err)
		}
		if !ours {
			return dunno
		}
	}
	return permit
}

// rblReply refuses with the template of the list.
func (v *eval) rblReply(z *zone, item dnslist.Item, what, class string) result {
	template, found, err := lookupFirst(v.ctx, v.e.rblReply, z.spec)
	if err != nil {
		v.d.note("warning", "%v", err)
	}
	if !found {
		template = v.e.opt.DNSLists.DefaultRBLReply
	}
	x := expander{filter: v.e.opt.DNSLists.ExpansionFilter, value: func(macro string) (string, bool) {
		switch macro {
		case "rbl_code":
			return itoa(v.e.opt.Codes.MapsRBL), true
		case "rbl_domain":
			return dnslist.ShownZone(z.domain), true
		case "rbl_reason", "rbl_txt":
			return printable(v.e.needs.Lists.Reason(v.ctx, z.domain, item)), true
		case "rbl_what":
			return what, true
		case "rbl_class":
			return class, true
		}
		return v.macro(macro)
	}}
	text, status := x.expand(template)
	for _, w := range x.warnings {
		v.d.note("warning", "reply template of %s: %s", z.shown, w)
	}
	code, ok := replyCode(text)
	if !ok || status&expandError != 0 {
		v.d.note("warning", "reply template of %s gives %s, want a reply that begins with 4xx or 5xx", z.shown, quoteClip(text))
		return v.refuse(policyFault, 450, "4.7.1", "Service unavailable")
	}
	dsn, text := splitDSN(strings.TrimLeft(text[4:], " \t"), "4.7.1")
	return v.refuse(policyFault, code, dsn, "%s", orElse(text, "Service unavailable"))
}

// replyCode reads the code at the beginning of a reply.
func replyCode(text string) (code int, ok bool) {
	if len(text) < 4 || text[3] != ' ' && text[3] != '\t' || text[0] != '4' && text[0] != '5' || !allDigits(text[:3]) {
		return 0, false
	}
	return int(text[0]-'0')*100 + int(text[1]-'0')*10 + int(text[2]-'0'), true
}

// macro gives the values that reply templates can use about the session.
func (v *eval) macro(name string) (string, bool) {
	switch name {
	case "client":
		return v.namaddr(), true
	case "client_address":
		return v.clientAddress(), true
	case "client_name":
		return v.clientName(), true
	case "client_port":
		return orUnknown(portText(v.s.Client.Port)), true
	case "reverse_client_name":
		return v.reverseName(), true
	case "helo_name":
		return v.s.HELO, v.s.HELO != ""
	case "sender", "sender_name", "sender_domain":
		return addressMacro(v.sender, v.senderText(), strings.TrimPrefix(name, "sender"))
	case "recipient", "recipient_name", "recipient_domain":
		return addressMacro(v.rcpt, v.rcptText(), strings.TrimPrefix(name, "recipient"))
	case "server_name":
		return v.e.opt.Hosts.Hostname, true
	case "server_address":
		return addrText(v.s.ServerIP), true
	case "server_port":
		return portText(v.s.ServerPort), true
	case "localtime":
		return v.e.needs.Now().Format("Jan _2 15:04:05"), true
	case "instance":
		return v.s.Instance, true
	case "sasl_username":
		return v.s.User, true
	}
	return "", false
}

// addressMacro gives an address or its part.
func addressMacro(a *addr.Address, text, part string) (string, bool) {
	switch {
	case a == nil:
		return "", true
	case a.IsZero():
		return "<>", true
	case part == "_name":
		return a.Local, true
	case part == "_domain":
		return a.Domain, true
	}
	return text, true
}
