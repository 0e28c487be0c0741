// Package table reads Postfix's lookup tables in their text formats (access(5),
// regexp_table(5), pcre_table(5), cidr_table(5), DATABASE_README) and lists of
// domains, addresses and networks, and looks keys up in them.
package table

import "context"

// Table is one lookup table. It is safe for concurrent use.
type Table interface {
	// Lookup gives the value of a key. An error means that the table could
	// not be asked, which is not the same as a key that it does not have.
	Lookup(ctx context.Context, key string) (value string, found bool, err error)
	// Partial tells whether the table is to be asked for parts of a name or
	// address, such as its parent domains, too. Pattern tables (regexp, pcre,
	// cidr) get whole keys only.
	Partial() bool
	// Name is how it was written, such as "hash:/etc/postfix/access".
	Name() string
}
