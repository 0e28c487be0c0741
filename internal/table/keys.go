package table

import (
	"context"
	"net/netip"
	"strings"

	"postern/internal/addr"
)

// Keys says which keys are tried for a name or address.
type Keys struct {
	// Parents tries the parent domains of a name as they are, so that
	// "example.com" covers what is below it: smtpd_access_maps is in
	// parent_domain_matches_subdomains, as it is by default. Without it they
	// are tried with a dot before them, as ".example.com".
	Parents bool
	// Delimiter holds the characters that set an extension apart from the
	// local part of an address (recipient_delimiter); "" for none.
	Delimiter string
	// NullSender is the key of the empty address
	// (smtpd_null_access_lookup_key); "" stands for "<>".
	NullSender string
}

// DefaultKeys are those of Postfix without configuration.
func DefaultKeys() Keys { return Keys{Parents: true, NullSender: "<>"} }

// Hit is what a lookup of several keys found.
type Hit struct {
	// Key is the one that was found, as it was asked for.
	Key string
	// Value is what the table has for it.
	Value string
	// Table is the name of the table.
	Table string
	// Found tells whether there was any.
	Found bool
}

// find asks for one key. Of pattern tables only whole keys are asked for.
func find(ctx context.Context, t Table, key string, whole bool) (Hit, error) {
	if key == "" || !whole && !t.Partial() {
		return Hit{}, nil
	}
	v, ok, err := t.Lookup(ctx, key)
	if err != nil || !ok {
		return Hit{}, err
	}
	return Hit{Key: key, Value: v, Table: t.Name(), Found: true}, nil
}

// LookupHost asks for a host name and then for its parent domains, up to the
// top one (access(5), "HOST NAME/ADDRESS PATTERNS"). An IP address in the
// place of a name has no parents.
func LookupHost(ctx context.Context, t Table, name string, k Keys) (Hit, error) {
	hit, err := find(ctx, t, name, true)
	if err != nil || hit.Found || !t.Partial() {
		return hit, err
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return Hit{}, nil
	}
	return lookupParents(ctx, t, name, k)
}

// lookupParents asks for the domains that a name is in.
func lookupParents(ctx context.Context, t Table, name string, k Keys) (Hit, error) {
	for {
		at := strings.IndexByte(name[min(1, len(name)):], '.')
		if at < 0 {
			return Hit{}, nil
		}
		name = name[1+at:]
		if k.Parents {
			name = name[1:]
		}
		hit, err := find(ctx, t, name, false)
		if err != nil || hit.Found {
			return hit, err
		}
	}
}

// LookupAddr asks for an IP address and then for the networks it is in:
// 192.0.2.1, 192.0.2, 192.0, 192; 2001:db8::1, 2001:db8:, 2001:db8, 2001.
func LookupAddr(ctx context.Context, t Table, ip netip.Addr) (Hit, error) {
	if !ip.IsValid() {
		return Hit{}, nil
	}
	ip = ip.Unmap().WithZone("")
	key, cut := ip.String(), byte('.')
	if ip.Is6() {
		cut = ':'
	}
	for whole := true; ; whole = false {
		hit, err := find(ctx, t, key, whole)
		if err != nil || hit.Found {
			return hit, err
		}
		at := strings.LastIndexByte(key, cut)
		if at < 0 || !t.Partial() {
			return Hit{}, nil
		}
		key = key[:at]
	}
}

// LookupClient asks for a client's name with all its parents and then for its
// address with all its networks. The first that is found ends it, whatever it
// says. A client without a name is asked for as "unknown".
func LookupClient(ctx context.Context, t Table, name string, ip netip.Addr, k Keys) (Hit, error) {
	if name == "" {
		name = "unknown"
	}
	hit, err := LookupHost(ctx, t, name, k)
	if err != nil || hit.Found {
		return hit, err
	}
	return LookupAddr(ctx, t, ip)
}

// LookupMail asks for a mail address (access(5), "EMAIL ADDRESS PATTERNS"):
// user+extension@domain, user@domain, domain and its parents,
// user+extension@, user@. A local part that needs quotes is asked for with
// them first, then without.
func LookupMail(ctx context.Context, t Table, a addr.Address, k Keys) (Hit, error) {
	if a.IsZero() {
		if k.NullSender == "" {
			k.NullSender = "<>"
		}
		return find(ctx, t, k.NullSender, true)
	}
	forms := localForms(a.Local)
	bare, extended := CutExtension(a.Local, k.Delimiter)
	at := "@" + a.Domain
	if a.Domain == "" {
		at = ""
	}
	hit, err := findLocals(ctx, t, forms, at, true)
	if err == nil && !hit.Found && extended {
		hit, err = findLocals(ctx, t, localForms(bare), at, false)
	}
	if err != nil || hit.Found || !t.Partial() {
		return hit, err
	}
	if a.Domain != "" {
		hit, err = find(ctx, t, a.Domain, false)
		if err == nil && !hit.Found {
			hit, err = lookupParents(ctx, t, a.Domain, k)
		}
		if err != nil || hit.Found {
			return hit, err
		}
	}
	hit, err = findLocals(ctx, t, forms, "@", false)
	if err == nil && !hit.Found && extended {
		hit, err = findLocals(ctx, t, localForms(bare), "@", false)
	}
	return hit, err
}

// findLocals asks for the forms of a local part in order, each with what
// follows it.
func findLocals(ctx context.Context, t Table, locals []string, at string, whole bool) (Hit, error) {
	for _, l := range locals {
		hit, err := find(ctx, t, l+at, whole)
		if err != nil || hit.Found {
			return hit, err
		}
	}
	return Hit{}, nil
}

// localForms gives a local part with quotes, where it needs them, and without.
func localForms(local string) []string {
	if quoted := quoteLocal(local); quoted != local {
		return []string{quoted, local}
	}
	return []string{local}
}

// quoteLocal quotes a local part that is not a dot-atom (RFC 5321 section
// 4.1.2).
func quoteLocal(local string) string {
	if local != "" && isDotAtom(local) {
		return local
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(local); i++ {
		if c := local[i]; c == '"' || c == '\\' || c == '\r' || c == '\n' {
			b.WriteByte('\\')
		}
		b.WriteByte(local[i])
	}
	b.WriteByte('"')
	return b.String()
}

// isDotAtom tells whether a local part can stand without quotes.
func isDotAtom(local string) bool {
	for label := range strings.SplitSeq(local, ".") {
		if label == "" {
			return false
		}
		for i := 0; i < len(label); i++ {
			if c := label[i]; c <= ' ' || c == 0x7f || strings.IndexByte("()<>[]:;@\\,\"", c) >= 0 {
				return false
			}
		}
	}
	return true
}

// CutExtension takes the extension off a local part, as Postfix does with
// recipient_delimiter: at the first of the delimiter's characters; ok tells
// whether there is an extension. Names that only look like it have none:
// double-bounce, mailer-daemon, and with "-" owner-list and list-request.
func CutExtension(local, delimiter string) (bare string, ok bool) {
	at := strings.IndexAny(local, delimiter)
	if delimiter == "" || at <= 0 {
		return local, false
	}
	lower := strings.ToLower(local)
	if lower == "mailer-daemon" || lower == "double-bounce" {
		return local, false
	}
	if strings.Contains(delimiter, "-") && (strings.HasPrefix(lower, "owner-") || strings.HasSuffix(lower, "-request")) {
		return local, false
	}
	return local[:at], true
}
