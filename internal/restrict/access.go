package restrict

import (
	"strings"

	"postern/internal/addr"
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
			return v.senderAccess(it.table)
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

// lookup asks a table for one key and obeys what it says. The name and class
// are for the reply.
func (v *eval) lookup(t *openTable, key, name, class string) (r result, found bool) {
	value, found, err := t.Lookup(v.ctx, key)
	if err != nil {
		v.d.note("warning", "%s lookup error for %q: %v", t.spec, key, err)
		return v.failed(t.spec+": "+err.Error(), 451, "4.3.5", "<%s>: %s rejected: Server configuration error", name, class), true
	}
	if !found {
		return dunno, false
	}
	v.key = t.spec + " " + key
	return v.obey(value, name, class, t.spec), true
}

// domainAccess looks up a host name and its parent domains.
func (v *eval) domainAccess(t *openTable, domain, name, class string) (r result, found bool) {
	key := lower(cutDot(domain))
	if r, found = v.lookup(t, key, name, class); found || !t.Partial() || isAddress(key) {
		return r, found
	}
	for range maxLabels {
		i := strings.IndexByte(key[min(1, len(key)):], '.')
		if i < 0 {
			return dunno, false
		}
		key = key[i+1:]
		if v.e.parents {
			key = key[1:]
		}
		if key == "" {
			return dunno, false
		}
		if r, found = v.lookup(t, key, name, class); found {
			return r, true
		}
	}
	return dunno, false
}

// maxLabels bounds the parent domains that are looked up for one name.
const maxLabels = 128

// addressAccess looks up an IP address in text and the networks around it.
func (v *eval) addressAccess(t *openTable, ip, name, class string) (r result, found bool) {
	separator := "."
	if strings.Contains(ip, ":") {
		separator = ":"
	}
	for key := ip; key != ""; {
		if r, found = v.lookup(t, key, name, class); found || !t.Partial() {
			return r, found
		}
		i := strings.LastIndex(key, separator)
		if i < 0 {
			break
		}
		key = key[:i]
	}
	return dunno, false
}

// hostAccess looks up a host: its name, then its address.
func (v *eval) hostAccess(t *openTable, host, ip, name, class string) (r result, found bool) {
	if r, found = v.domainAccess(t, host, name, class); found {
		return r, true
	}
	return v.addressAccess(t, ip, name, class)
}

// senderAccess looks up the sender; the null sender by a key of its own.
func (v *eval) senderAccess(t *openTable) result {
	if v.sender.IsZero() {
		r, _ := v.lookup(t, v.e.opt.Addresses.NullAccessLookupKey, "", classSender)
		return r
	}
	return v.mailAccess(t, v.sender, v.senderText(), classSender)
}

// mailAccess looks up a mail address in the order of access(5).
func (v *eval) mailAccess(t *openTable, a *addr.Address, name, class string) result {
	full := v.e.addresses.qualify(*a)
	r, found := v.mailKeys(t, full, name, class)
	if found && r == permit && class == classRecipient && !v.e.opt.Addresses.AllowUntrustedRouting && routed(full.Local) {
		return dunno // what names a route could go anywhere
	}
	return r
}

func (v *eval) mailKeys(t *openTable, a addr.Address, name, class string) (r result, found bool) {
	external, internal := localForms(a.Local)
	base, extended := v.e.addresses.cutExtension(a.Local)
	if r, found = v.lookupEither(t, external, internal, "@"+a.Domain, name, class); found || !t.Partial() {
		return r, found
	}
	if extended {
		baseExternal, baseInternal := localForms(base)
		if r, found = v.lookupEither(t, baseExternal, baseInternal, "@"+a.Domain, name, class); found {
			return r, true
		}
	}
	if r, found = v.domainAccess(t, a.Domain, name, class); found {
		return r, true
	}
	if r, found = v.lookupEither(t, external, internal, "@", name, class); found {
		return r, true
	}
	if extended {
		baseExternal, baseInternal := localForms(base)
		return v.lookupEither(t, baseExternal, baseInternal, "@", name, class)
	}
	return dunno, false
}

// lookupEither asks for a key with the local part as it is quoted on the wire
// and, where that differs, without quotes.
func (v *eval) lookupEither(t *openTable, external, internal, rest, name, class string) (r result, found bool) {
	if r, found = v.lookup(t, external+rest, name, class); found || external == internal {
		return r, found
	}
	return v.lookup(t, internal+rest, name, class)
}

// localForms gives a local part for looking up: in lower case, quoted where
// it needs quotes, and plain.
func localForms(local string) (external, internal string) {
	internal = lower(local)
	return quoteLocal(internal), internal
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
