package milter

import (
	"bytes"
	"fmt"
	"strings"
)

// macroOrder lists the commands that macros belong to, in the order in which
// they come in the life of a connection.
const macroOrder = "CHMRTLNBEU"

// macros keeps what the mail server told by name, for each command apart. A
// macro stays valid until its command comes again or an earlier one does.
type macros struct {
	// packets are name\0value\0…, as received.
	packets [len(macroOrder)][]byte
	// fresh tells that a packet came since the last command of its kind.
	fresh [len(macroOrder)]bool
	// changed tells that something was set or forgotten since the last look.
	changed bool
}

// set keeps the macros for the command named in the packet's first byte.
func (m *macros) set(packet []byte) error {
	if len(packet) == 0 {
		return fmt.Errorf("macros without the command they are for")
	}
	i := bytes.IndexByte([]byte(macroOrder), packet[0])
	if i < 0 {
		return nil // for a command that later versions may have
	}
	m.fresh[i] = true
	m.changed = m.changed || m.news(packet[1:])
	m.packets[i] = append(m.packets[i][:0], packet[1:]...)
	return nil
}

// news tells whether a list says anything that is not known. Mail servers
// repeat the queue id at each command.
func (m *macros) news(list []byte) bool {
	for len(list) > 0 {
		var n, v []byte
		n, v, list = cutPair(list)
		if m.get(string(n)) != string(v) {
			return true
		}
	}
	return false
}

// begin tells that a command comes: its old macros are void unless new ones
// came before it, and so are those of later commands.
func (m *macros) begin(command byte) {
	i := bytes.IndexByte([]byte(macroOrder), command)
	if i < 0 {
		return
	}
	last := len(m.packets) - 1
	if command == cmdUnknown { // which may come at any time
		last = i + 1
	}
	for at := i; at < last; at++ {
		if !m.fresh[at] {
			m.forget(at, at+1)
		}
	}
	m.fresh[i] = false
}

// endMessage forgets what was told of a message.
func (m *macros) endMessage() { m.forget(2, len(m.packets)) }

// clear forgets everything.
func (m *macros) clear() { m.forget(0, len(m.packets)) }

func (m *macros) forget(from, to int) {
	for i := from; i < to; i++ {
		if len(m.packets[i]) > 0 {
			m.changed = true
		}
		m.packets[i], m.fresh[i] = m.packets[i][:0], false
	}
}

// get gives the latest value of a macro, named without braces, or "".
func (m *macros) get(name string) string {
	for i := len(m.packets) - 1; i >= 0; i-- {
		if value, ok := find(m.packets[i], name); ok {
			return string(value)
		}
	}
	return ""
}

// find gives the last value of a macro in a list.
func find(list []byte, name string) (value []byte, ok bool) {
	for len(list) > 0 {
		var n, v []byte
		if n, v, list = cutPair(list); string(n) == name {
			value, ok = v, true
		}
	}
	return value, ok
}

// all gives all macros by name without braces, later ones over earlier ones.
// The map is new, since checks may still look at the one before; values that
// stand in the one before are taken from there.
func (m *macros) all(before map[string]string) map[string]string {
	out := make(map[string]string, max(len(before), 8))
	for _, rest := range m.packets {
		for len(rest) > 0 {
			var n, v []byte
			n, v, rest = cutPair(rest)
			name, known := macroNames[string(n)]
			if !known {
				name = string(n)
			}
			value, known := before[name]
			if !known || value != string(v) {
				value = string(v)
			}
			out[name] = value
		}
	}
	return out
}

// macroNames are the usual macros, to make no copies of their names.
var macroNames = func() map[string]string {
	names := map[string]string{}
	for _, s := range wantedMacros {
		for name := range strings.FieldsSeq(s.names) {
			name = strings.Trim(name, "{}")
			names[name] = name
		}
	}
	return names
}()

// cutPair takes the first name, without braces, and its value off a list. A
// name without a value has an empty one.
func cutPair(list []byte) (name, value, rest []byte) {
	name, rest, _ = bytes.Cut(list, []byte{0})
	value, rest, _ = bytes.Cut(rest, []byte{0})
	if n := len(name); n > 2 && name[0] == '{' && name[n-1] == '}' {
		name = name[1 : n-1]
	}
	return name, value, rest
}
