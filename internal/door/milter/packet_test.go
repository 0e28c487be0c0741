package milter

import (
	"bytes"
	"encoding/binary"
	"testing"

	"postern/internal/engine"
)

// FuzzPackets takes the data of each kind of packet apart.
func FuzzPackets(f *testing.F) {
	f.Add([]byte("mail.example.com\x004\x9c\x40192.0.2.1\x00"))
	f.Add([]byte("C{j}\x00mx\x00i\x00"))
	f.Add([]byte("\x00\x00\x00\x06\x00\x00\x01\xff\x00\x1f\xff\xff"))
	f.Add([]byte("<a@example.com>\x00SIZE=1\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parseConnect(data)
		if err == nil && c.IP.IsValid() && c.IP.Is4In6() {
			t.Errorf("address %s is an IPv4 address in IPv6", c.IP)
		}
		var m macros
		if m.set(data) == nil {
			nameFromMacros(&c, &m)
			for name, value := range m.all(nil) {
				if m.get(name) != value {
					t.Errorf("macro %q is %q and %q", name, value, m.get(name))
				}
			}
			m.begin(cmdMail)
		}
		if args, err := cutStrings(data, 4); err == nil && (len(args) == 0 || len(args) > 4) {
			t.Errorf("got %d arguments", len(args))
		}
		if a, err := agree(data, engine.Wants{Body: true}); err == nil {
			offered := binary.BigEndian.Uint32(data[8:])
			if a.protocol&^offered != 0 || a.version > maxVersion {
				t.Errorf("agreed on %+v of %x", a, data)
			}
		}
		field := content{max: 1 << 20}
		name, value := cutString(data)
		field.field(name, value, true)
		if bytes.Contains(field.take(), []byte("\r\r\n")) && !bytes.Contains(data, []byte("\r\r\n")) && !bytes.Contains(data, []byte("\r")) {
			t.Errorf("line ends of %q went wrong", data)
		}
	})
}
