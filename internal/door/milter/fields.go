package milter

import (
	"bytes"
	"fmt"
)

// cutString takes a NUL-terminated string off a packet. A string whose NUL is
// missing ends with the packet: what it means is clear, and the mail is not to
// be deferred for it.
func cutString(packet []byte) (s, rest []byte) {
	s, rest, _ = bytes.Cut(packet, []byte{0})
	return s, rest
}

// cutStrings takes a packet of NUL-terminated strings apart, at most max. The
// first must be there.
func cutStrings(packet []byte, max int) ([]string, error) {
	if len(packet) == 0 {
		return nil, fmt.Errorf("no argument")
	}
	var out []string
	for len(packet) > 0 && len(out) < max {
		var s []byte
		s, packet = cutString(packet)
		out = append(out, string(s))
	}
	return out, nil
}
