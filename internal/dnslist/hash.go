package dnslist

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"postern/internal/addr"
)

// The ways in which lists of mail addresses hash them.
var hashes = map[string]func(string) []byte{
	"md5":    func(s string) []byte { h := md5.Sum([]byte(s)); return h[:] },
	"sha1":   func(s string) []byte { h := sha1.Sum([]byte(s)); return h[:] },
	"sha256": func(s string) []byte { h := sha256.Sum256([]byte(s)); return h[:] },
}

// The ways in which they write the hash.
var encodings = map[string]func([]byte) string{
	"hex": hex.EncodeToString,
	"base32": func(b []byte) string {
		return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
	},
	"base64": base64.RawURLEncoding.EncodeToString,
}

// names gives what may stand in the configuration.
func names[T any](m map[string]T) []string {
	var list []string
	for name := range m {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// hashed gives the label under which a list of hashes knows a text: of at
// most cut characters where cut is not 0.
func hashed(text, hash, encoding string, cut int) string {
	label := encodings[encoding](hashes[hash](text))
	if cut > 0 && len(label) > cut {
		label = label[:cut]
	}
	return label
}

// normalAddress brings a mail address to the form in which it is hashed:
// lower case, the domain in ASCII, without what stands behind a plus sign.
func normalAddress(a addr.Address) string {
	local, _, _ := strings.Cut(strings.ToLower(a.Local), "+")
	return local + "@" + a.ASCIIDomain()
}
