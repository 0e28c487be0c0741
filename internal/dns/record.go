package dns

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"
)

// Record is one resource record. Names have no dot at the end and are in
// lower case; the root is "".
type Record struct {
	// Name that the record belongs to.
	Name string
	// Type of the record, which says what of the rest is set.
	Type Type
	// TTL as it was received.
	TTL time.Duration
	// Addr of an A or AAAA record.
	Addr netip.Addr
	// Host of an NS, CNAME, PTR or MX record.
	Host string
	// Preference of an MX record.
	Preference uint16
	// Text of a TXT record, its pieces joined. It may hold any octets.
	Text string
	// Data of a record of another type, as it stands on the wire.
	Data []byte
}

// String gives the record in the form of a zone file: name, TTL, class, type
// and data, with a dot at the end of names.
func (r Record) String() string {
	return fmt.Sprintf("%s. %d IN %s %s", r.Name, int64(r.TTL/time.Second), r.Type, r.data())
}

func (r Record) data() string {
	switch r.Type {
	case TypeA, TypeAAAA:
		return r.Addr.String()
	case TypeMX:
		return strconv.Itoa(int(r.Preference)) + " " + r.Host + "."
	case TypeTXT:
		return strconv.Quote(r.Text)
	case TypeNS, TypeCNAME, TypePTR:
		return r.Host + "."
	default:
		return fmt.Sprintf("\\# %d %x", len(r.Data), r.Data)
	}
}

// Answer is what the system said to one question. It belongs to the cache and
// must not be changed.
type Answer struct {
	// Name that was asked for, in its normal form, and the type.
	Name string
	Type Type
	// Canonical is the name at the end of the chain of aliases (CNAME);
	// without any it is Name.
	Canonical string
	// Records of the type asked for.
	Records []Record
	// TTL is for how long the answer is good from now on.
	TTL time.Duration
	// Time when a server gave the answer.
	Time time.Time
	// Authentic says that the server validated the answer (DNSSEC) and is
	// trusted in that.
	Authentic bool
	// Cached says that nobody was asked for it.
	Cached bool
}
