package restrict

import (
	"net/netip"
	"strings"

	"postern/internal/addr"
	"postern/internal/table"
)

// access evaluates check_*_access for names and addresses other than the
// client's.
func (v *eval) access(it *item) result {
	switch it.op {
	case opHeloAccess:
		if v.s.HELO != "" {
			r, _ := v.domainAccess(it.table, v.s.HELO, v.s.HELO, classHelo)
			return r
		}
	case opSenderAccess:
		if v.sender != nil {
			return v.mailAccess(it.table, v.sender, v.senderText(), classSender)
		}
	case opRecipientAccess:
		if v.rcpt != nil && !v.rcpt.IsZero() {
			return v.mailAccess(it.table, v.rcpt, v.rcptText(), classRecipient)
		}
	case opServerAccess:
		return v.serverAccess(it)
	}
	return dunno
}

// hit obeys what a table says, or treats that it could not be asked. The name
// and class are for the reply.
func (v *eval) hit(t *openTable, h table.Hit, err error, name, class string) (r result, found bool) {
	if err != nil {
		v.d.note("warning", "%s lookup error: %v", t.spec, err)
		return v.failed(policyFault, t.spec+": "+err.Error(), 451, "4.3.5", "<%s>: %s rejected: Server configuration error", name, class), true
	}
	if !h.Found {
		return dunno, false
	}
	v.key = t.spec + " " + h.Key
	return v.obey(h.Value, name, class, t.spec), true
}

// keyAccess looks up one key and nothing besides.
func (v *eval) keyAccess(t *openTable, key, name, class string) (r result, found bool) {
	value, found, err := t.Lookup(v.ctx, key)
	return v.hit(t, table.Hit{Key: key, Value: value, Found: found}, err, name, class)
}

// domainAccess looks up a host name and its parent domains.
func (v *eval) domainAccess(t *openTable, domain, name, class string) (r result, found bool) {
	h, err := table.LookupHost(v.ctx, t, lower(domain), v.e.keys)
	return v.hit(t, h, err, name, class)
}

// addressAccess looks up an IP address and the networks around it.
func (v *eval) addressAccess(t *openTable, ip netip.Addr, name, class string) (r result, found bool) {
	h, err := table.LookupAddr(v.ctx, t, ip)
	return v.hit(t, h, err, name, class)
}

// hostAccess looks up a host: its name, then its address.
func (v *eval) hostAccess(t *openTable, host, name, class string) result {
	h, err := table.LookupClient(v.ctx, t, lower(host), v.s.Client.IP, v.e.keys)
	r, _ := v.hit(t, h, err, name, class)
	return r
}

// mailAccess looks up a mail address in the order of access(5).
func (v *eval) mailAccess(t *openTable, a *addr.Address, name, class string) result {
	full := *a
	if !a.IsZero() {
		full = v.e.addresses.qualify(full)
		full.Local = lower(full.Local)
	}
	h, err := table.LookupMail(v.ctx, t, full, v.e.keys)
	r, _ := v.hit(t, h, err, name, class)
	if r == permit && class == classRecipient && !v.e.opt.Addresses.AllowUntrustedRouting && routed(full.Local) && !v.st.discard {
		return dunno // what names a route could go anywhere
	}
	return r
}

// routed tells whether a local part names a further way for the mail.
func routed(local string) bool { return strings.ContainsAny(local, "@%!") }

// lower gives s in lower case without allocating where it is already.
func lower(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; 'A' <= c && c <= 'Z' || c >= 0x80 {
			return strings.ToLower(s)
		}
	}
	return s
}

// quoteLocal quotes a local part that is no dot-string (RFC 5321 section
// 4.1.2).
func quoteLocal(local string) string {
	plain := local != "" && local[0] != '.' && local[len(local)-1] != '.' && !strings.Contains(local, "..")
	for i := 0; plain && i < len(local); i++ {
		plain = local[i] > ' ' && local[i] != 0x7f && strings.IndexByte(`()<>[]:;@\,"`, local[i]) < 0
	}
	if plain {
		return local
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(local); i++ {
		if local[i] == '"' || local[i] == '\\' || local[i] == '\r' {
			b.WriteByte('\\')
		}
		b.WriteByte(local[i])
	}
	b.WriteByte('"')
	return b.String()
}

// localForms gives a local part for looking up: in lower case, quoted where
// it needs quotes, and plain.
func localForms(local string) (external, internal string) {
	internal = lower(local)
	return quoteLocal(internal), internal
}
