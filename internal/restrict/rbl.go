package restrict

import (
	"net/netip"
	"strings"

	"postern/internal/addr"
	"postern/internal/dns"
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
	case opDNSWLClient:
		ip := v.s.Client.IP
		if !publicAddress(ip) {
			return dunno
		}
		return v.white(it.zone, addressName(ip, it.zone.domain))
	case opRHSWLClient:
		if domain, ok := askable(v.names().name); ok {
			return v.white(it.zone, domain+"."+it.zone.domain)
		}
		return dunno
	}
	domain, what, class := v.listedDomain(it.op)
	if domain, ok := askable(domain); ok {
		return v.black(it.zone, domain+"."+it.zone.domain, what, class)
	}
	return dunno
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
	ip := v.s.Client.IP
	if !publicAddress(ip) {
		return dunno
	}
	return v.black(z, addressName(ip, z.domain), v.clientAddress(), classClient)
}

// testAddresses are RFC 5782's test points, which lists answer for although
// they are loopback.
var testAddresses = netip.MustParsePrefix("127.0.0.0/30")

// publicAddress tells whether a list can know an address. The test points of
// RFC 5782 section 5 pass, so that an administrator can try a list.
func publicAddress(ip netip.Addr) bool {
	ip = ip.Unmap()
	if testAddresses.Contains(ip) {
		return true
	}
	return ip.IsValid() && !ip.IsPrivate() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() && !ip.IsUnspecified() && !ip.IsMulticast()
}

// ask asks a list; hit is false where it does not have the name.
func (v *eval) askList(z *zone, name string) (hit bool, err error) {
	if v.e.needs.Health != nil {
		if ok, why := v.e.needs.Health.Healthy(z.domain); !ok {
			v.unknown("list %s is switched off: %s", z.domain, why)
			return false, nil
		}
	}
	answers, err := v.e.dns.a(v.ctx, name)
	if err != nil {
		if dns.Missing(err) {
			return false, nil
		}
		return false, err
	}
	for _, a := range answers {
		if refused(a) && z.filter == nil {
			v.d.note("warning", "list %s answers %s: it does not serve this resolver", z.domain, a)
			v.unknown("list %s answers %s: it does not serve this resolver", z.domain, a)
			return false, nil
		}
		hit = hit || z.listed(a)
	}
	return hit, nil
}

// black refuses what is on a list.
func (v *eval) black(z *zone, name, what, class string) result {
	v.key = z.spec
	hit, err := v.askList(z, name)
	if err != nil {
		v.d.note("warning", "list %s: %v", z.domain, err)
		v.unknown("list %s: %v", z.domain, err)
		return dunno
	}
	if !hit {
		return dunno
	}
	if v.scoring { // no reason is needed where no reply is given
		return v.refuse(policyFault, v.e.opt.Codes.MapsRBL, "5.7.1", "%s [%s] is on %s", class, what, z.domain)
	}
	return v.rblReply(z, name, what, class)
}

// white permits what is on a list, but never to relay.
func (v *eval) white(z *zone, name string) result {
	v.key = z.spec
	hit, err := v.askList(z, name)
	if err != nil {
		v.d.note("warning", "list %s: %v", z.domain, err)
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

// maxReason bounds the bytes of a list's reason (TXT) in a reply.
const maxReason = 500

// rblReply refuses with the template of the list.
func (v *eval) rblReply(z *zone, name, what, class string) result {
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
			return z.domain, true
		case "rbl_reason", "rbl_txt":
			return v.reason(name), true
		case "rbl_what":
			return what, true
		case "rbl_class":
			return class, true
		}
		return v.macro(macro)
	}}
	text, status := x.expand(template)
	for _, w := range x.warnings {
		v.d.note("warning", "reply template of %s: %s", z.spec, w)
	}
	code, ok := replyCode(text)
	if !ok || status&expandError != 0 {
		v.d.note("warning", "reply template of %s gives %s, want a reply that begins with 4xx or 5xx", z.spec, quoteClip(text))
		return v.refuse(policyFault, 450, "4.7.1", "Service unavailable")
	}
	dsn, text := splitDSN(strings.TrimLeft(text[4:], " \t"), "4.7.1")
	if text == "" {
		text = "Service unavailable"
	}
	return v.refuse(policyFault, code, dsn, "%s", text)
}

// reason gives what a list says of a name.
func (v *eval) reason(name string) string {
	texts, err := v.e.dns.txt(v.ctx, name)
	if err != nil {
		if !dns.Missing(err) {
			v.d.note("warning", "reason for %s: %v", name, err)
		}
		return ""
	}
	reason := printable(strings.Join(texts, " / "))
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "")
	}
	return reason
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
