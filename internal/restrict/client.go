package restrict

import (
	"strings"

	"postern/internal/addr"
	"postern/internal/dns"
)

// nameStatus says how looking up the client's name went.
type nameStatus uint8

const (
	nameOK nameStatus = iota
	// nameNone says that there is no name, or one that does not lead back.
	nameNone
	// nameFailed says that it could not be found out for now.
	nameFailed
)

// peerNames are the client's names and how sure they are.
type peerNames struct {
	name, reverse             string
	nameStatus, reverseStatus nameStatus
}

// names gives the client's names: as the door was told, or else looked up.
func (v *eval) names() *peerNames {
	p, c := &v.peer, &v.s.Client
	if v.peerKnown {
		return p
	}
	v.peerKnown = true
	p.name, p.reverse = c.Name, c.ReverseName
	if p.reverse == "" {
		p.reverse = p.name
	}
	switch {
	case p.name != "":
	case c.NameKnown || c.NameFailed || p.reverse != "" || v.e.needs.DNS == nil || !c.IP.IsValid():
		p.nameStatus = nameNone
		if c.NameFailed {
			p.nameStatus = nameFailed
		}
	default:
		v.lookUpNames(p)
		return p
	}
	if p.reverse == "" {
		p.reverseStatus = p.nameStatus
	}
	return p
}

// maxPTR bounds the names of one address that are looked at.
const maxPTR = 1

// lookUpNames finds the client's name and whether it leads back.
func (v *eval) lookUpNames(p *peerNames) {
	ip := v.s.Client.IP.Unmap()
	names, err := v.e.dns.ask.PTR(v.ctx, ip)
	if err != nil && !dns.Missing(err) {
		p.nameStatus, p.reverseStatus = nameFailed, nameFailed
		return
	}
	p.nameStatus, p.reverseStatus = nameNone, nameNone
	for _, name := range names[:min(len(names), maxPTR)] {
		name = addr.NormalDomain(name)
		if !validHostname(name) {
			continue
		}
		p.reverse, p.reverseStatus = name, nameOK
		addresses, err := v.e.dns.addresses(v.ctx, name)
		if err != nil && !dns.Missing(err) {
			p.nameStatus = nameFailed
		}
		for _, a := range addresses {
			if a == ip {
				p.name, p.nameStatus = name, nameOK
			}
		}
	}
}

// clientRestriction evaluates the restrictions that look at the connection.
func (v *eval) clientRestriction(it *item) result {
	c := &v.s.Client
	switch it.op {
	case opPermitInterfaces:
		return permitIf(c.IP.IsValid() && v.e.mine[c.IP.Unmap()])
	case opPermitMynetworks:
		return v.permitMynetworks()
	case opPermitSASL:
		return permitIf(v.s.User != "")
	case opPermitAllCerts:
		return permitIf(v.s.TLS != nil && v.s.TLS.CertVerified)
	case opPermitCerts:
		return v.permitCerts()
	case opUnknownClient:
		return v.unknownName(v.names().nameStatus, "4.7.25", "hostname")
	case opUnknownReverse:
		return v.unknownName(v.names().reverseStatus, "4.7.1", "reverse hostname")
	case opUnknownForward:
		if n := v.names(); n.reverseStatus == nameOK {
			return v.unknownName(n.nameStatus, "4.7.25", "forward hostname")
		}
	case opClientAccess:
		return v.hostAccess(it.table, v.clientName(), v.namaddr(), classClient)
	case opReverseAccess:
		name := v.reverseName()
		return v.noPermit(v.hostAccess(it.table, name, name, classReverse), it)
	case opCcertAccess:
		return v.certAccess(it)
	case opSASLAccess:
		if v.s.User != "" {
			r, _ := v.keyAccess(it.table, v.s.User, v.s.User, classSASL)
			return r
		}
	}
	return dunno
}

func permitIf(ok bool) result {
	if ok {
		return permit
	}
	return dunno
}

// noPermit refuses to let a name that the client can choose permit anything.
func (v *eval) noPermit(r result, it *item) result {
	if r == permit && !v.st.discard {
		return v.serverError("%s %s: what the client can choose must not be permitted, use DUNNO for exceptions", it.name, it.spec)
	}
	return r
}

func (v *eval) permitMynetworks() result {
	in, err := v.e.mynets.matchHost(v.ctx, v.s.Client.Name, v.s.Client.IP)
	if err != nil {
		return v.lookupFailed(v.replyName(), err)
	}
	return permitIf(in)
}

// permitCerts permits clients whose certificate or key is listed.
func (v *eval) permitCerts() result {
	t := v.s.TLS
	if t == nil || len(v.e.certs) == 0 {
		return dunno
	}
	for _, fingerprint := range []string{t.KeyFingerprint, t.CertFingerprint} {
		if fingerprint == "" {
			continue
		}
		_, found, err := lookupFirst(v.ctx, v.e.certs, lower(fingerprint))
		if err != nil {
			return v.lookupFailed(v.replyName(), err)
		}
		if found {
			return permit
		}
	}
	return dunno
}

// certAccess looks up the client's certificate and its key.
func (v *eval) certAccess(it *item) result {
	t := v.s.TLS
	if t == nil {
		return dunno
	}
	for _, fingerprint := range []string{t.CertFingerprint, t.KeyFingerprint} {
		if fingerprint == "" {
			continue
		}
		if r, found := v.keyAccess(it.table, lower(fingerprint), v.namaddr(), classCert); found {
			return r
		}
	}
	return dunno
}

// unknownName refuses clients without a name; never for good where it could
// not be looked up.
func (v *eval) unknownName(status nameStatus, dsn, what string) result {
	if status == nameOK {
		return dunno
	}
	code := v.e.opt.Codes.UnknownClient
	if status == nameFailed {
		if v.e.opt.TempfailAction == "pass" {
			v.unknown("cannot find the client's %s for now", what)
			return dunno
		}
		code = 450
	}
	v.key = v.clientAddress()
	if reverse := v.names().reverse; reverse != "" {
		v.key += " " + strings.ToLower(reverse)
	}
	return v.refuse(policyFault, code, dsn, "Client host rejected: cannot find your %s, [%s]", what, v.clientAddress())
}
