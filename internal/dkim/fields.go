package dkim

import (
	"bytes"

	"postern/internal/message"
)

// fieldIndex finds the fields of one message by name, for all its signatures.
type fieldIndex struct {
	// fields are the whole fields in order, with line ends made uniform where
	// the message has only CR.
	fields [][]byte
	// name is, by field, the index of its name in names; above, by field, the
	// index plus one of the next higher field of the same name.
	name  []int32
	above []int32
	names []fieldName
	// unify tells that every CR and LF counts as a line end.
	unify bool
	// body is the message's body.
	body []byte
	// cut tells that the message has more fields than were kept.
	cut bool
	// trick says in words what in the header some readers take otherwise than
	// we do, so that they may see another From; "" for nothing.
	trick string
}

// fieldName is one name of fields.
type fieldName struct {
	hash uint32
	text []byte
	// lowest is the index of the lowest field of that name, count how many
	// there are.
	lowest int32
	count  int
}

// indexFields makes the index. With unify every CR and LF counts as a line
// end.
func indexFields(m *message.Message, unify bool) *fieldIndex {
	list := m.Header().Fields()
	x := &fieldIndex{
		fields: make([][]byte, len(list)), name: make([]int32, len(list)), above: make([]int32, len(list)),
		names: make([]fieldName, 0, 32), body: m.Root().Raw(), cut: headerCut(m),
	}
	x.unify = unify || onlyCR(list)
	if x.unify {
		x.body = unifyLines(x.body)
	}
	for i := range list {
		x.fields[i] = x.rawOf(&list[i])
		x.add(int32(i), nameOf(x.fields[i]))
		if name := behindCR(x.fields[i]); name != "" {
			x.trick = "a second " + name + " stands behind a CR"
		}
	}
	if name := aroundNUL(m.Raw()[:len(m.Raw())-len(m.Root().Raw())]); name != "" {
		x.trick = "a second " + name + " has NUL octets in its name"
	}
	return x
}

// rawOf gives a whole field.
func (x *fieldIndex) rawOf(f *message.Field) []byte {
	if x.unify {
		return unifyLines(f.Raw())
	}
	return f.Raw()
}

// onlyCR tells whether the message's lines end in CR alone.
func onlyCR(list []message.Field) bool {
	if len(list) == 0 {
		return false
	}
	raw := list[0].Raw()
	return bytes.IndexByte(raw, '\n') < 0 && bytes.HasSuffix(raw, []byte{'\r'})
}

// headerCut tells whether fields stand between the last one that was kept and
// the body.
func headerCut(m *message.Message) bool {
	list := m.Header().Fields()
	if len(list) == 0 {
		return false
	}
	last := &list[len(list)-1]
	from, to := last.Offset()+len(last.Raw()), len(m.Raw())-len(m.Root().Raw())
	return from < to && bytes.IndexByte(m.Raw()[from:to], ':') >= 0
}

// add puts the field of that name into the index.
func (x *fieldIndex) add(i int32, name []byte) {
	n := findName(x, name)
	if n < 0 {
		n = len(x.names)
		x.names = append(x.names, fieldName{hash: hashOf(name), text: name, lowest: -1})
	}
	entry := &x.names[n]
	x.name[i], x.above[i] = int32(n), entry.lowest+1
	entry.lowest = i
	entry.count++
}

// find gives the index of a name, -1 when the message has no such field.
func (x *fieldIndex) find(name string) int { return findName(x, name) }

func findName[T string | []byte](x *fieldIndex, name T) int {
	hash := hashOf(name)
	for n := range x.names {
		if x.names[n].hash == hash && sameName(x.names[n].text, name) {
			return n
		}
	}
	return -1
}

// sameName compares names without regard to case.
func sameName[T string | []byte](a []byte, b T) bool {
	if len(a) != len(b) {
		return false
	}
	for i, c := range a {
		if lower(c) != lower(b[i]) {
			return false
		}
	}
	return true
}

// nameOf gives the name of a field: printable ASCII up to a colon, a blank or
// something else (RFC 5322 section 2.2).
func nameOf(raw []byte) []byte {
	n := 0
	for n < len(raw) && raw[n] > ' ' && raw[n] < 0x7f && raw[n] != ':' {
		n++
	}
	return raw[:n]
}

// count tells how many fields have that name.
func (x *fieldIndex) count(name string) int {
	if n := x.find(name); n >= 0 {
		return x.names[n].count
	}
	return 0
}

// fieldName gives the name of a field as it stands.
func (x *fieldIndex) fieldName(i int) string {
	return string(nameOf(x.fields[i]))
}

// all gives the fields of that name from the top down.
func (x *fieldIndex) all(name string) [][]byte {
	n := x.find(name)
	if n < 0 {
		return nil
	}
	list := make([][]byte, x.names[n].count)
	for i, at := len(list)-1, x.names[n].lowest+1; at != 0; at = x.above[at-1] {
		list[i] = x.fields[at-1]
		i--
	}
	return list
}

// hashOf is FNV-1a over the name, letters folded.
func hashOf[T string | []byte](name T) uint32 {
	hash := uint32(2166136261)
	for i := 0; i < len(name); i++ {
		hash = (hash ^ uint32(lower(name[i]))) * 16777619
	}
	return hash
}

// selection takes fields from the bottom up, as h= means them: the second
// "Received" is the last but one (RFC 6376 section 5.4.2).
type selection struct {
	x *fieldIndex
	// next is, by name, the index plus one of the field that comes next, taken
	// how many were.
	next  []int32
	taken []int
	// own is the signature's own field, which was not there when it was made.
	own []byte
}

// newSelection begins with all fields left.
func (x *fieldIndex) newSelection(own []byte) selection {
	s := selection{x: x, own: own, next: make([]int32, len(x.names)), taken: make([]int, len(x.names))}
	for i := range x.names {
		s.next[i] = x.names[i].lowest + 1
	}
	return s
}

// take gives the next field of that name, nil when there is none left: then
// the signature says that there is none.
func (s *selection) take(name string) []byte {
	n := s.x.find(name)
	if n < 0 || s.next[n] == 0 {
		return nil
	}
	i := s.next[n] - 1
	s.next[n] = s.x.above[i]
	raw := s.x.fields[i]
	if len(s.own) > 0 && &raw[0] == &s.own[0] {
		return s.take(name)
	}
	s.taken[n]++
	return raw
}
