package restrict

import (
	"strings"

	"postern/internal/addr"
)

// heloRestriction evaluates the restrictions on the HELO name.
func (v *eval) heloRestriction(it *item) result {
	helo := v.s.HELO
	if helo == "" {
		return dunno
	}
	if it.op == opPermitNakedIP {
		return permitIf(isAddress(helo))
	}
	v.key = helo
	if isLiteral(helo) {
		return v.invalidLiteral(helo)
	}
	name := hostForm(helo)
	switch it.op {
	case opInvalidHelo:
		if !validHostname(name) && !isAddress(helo) {
			return v.refuseHelo(v.e.opt.Codes.InvalidHostname, "5.5.2", "Invalid name")
		}
	case opNonFQDNHelo:
		if !validHostname(name) || !strings.Contains(name, ".") {
			return v.refuseHelo(v.e.opt.Codes.NonFQDN, "5.5.2", "need fully-qualified hostname")
		}
	case opUnknownHelo:
		return v.unknownHelo(name)
	}
	return dunno
}

// invalidLiteral refuses address literals that hold no address.
func (v *eval) invalidLiteral(helo string) result {
	if _, ok := addr.LiteralIP(helo); ok {
		return dunno
	}
	return v.refuseHelo(v.e.opt.Codes.InvalidHostname, "5.5.2", "invalid ip address")
}

// unknownHelo refuses names that do not exist.
func (v *eval) unknownHelo(name string) result {
	code := v.e.opt.Codes.UnknownHostname
	switch v.e.dns.host(v.ctx, name) {
	case answerNone, answerFiltered:
		return v.refuseHelo(code, "4.7.1", "Host not found")
	case answerMalformed:
		return v.refuseHelo(code, "4.7.1", "Malformed DNS server reply")
	case answerFailed:
		return v.temporary(450, "4.7.1", "<%s>: %s rejected: Host not found", v.s.HELO, classHelo)
	}
	return dunno
}

func (v *eval) refuseHelo(code int, dsn, why string) result {
	return v.refuse(policyFault, code, dsn, "<%s>: %s rejected: %s", v.s.HELO, classHelo, why)
}
