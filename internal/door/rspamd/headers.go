package rspamd

import (
	"postern/internal/message"
	"postern/internal/verdict"
)

// headerChanges is rspamd's milter block: what is to be done to the header,
// by field name.
type headerChanges struct {
	add    object[[]addedHeader]
	remove object[removal]
}

// addedHeader is one field to add.
type addedHeader struct {
	value string
	// order is the place to insert at, 0 being the top; -1 appends.
	order int
}

// removal says which fields of one name go: all, which clients do best that
// know only how to remove a name, or those with these numbers, from 1, in
// this order.
type removal struct {
	all     bool
	indexes []int
}

const appended = -1

// changes translates a verdict's header changes. A field that is changed is
// one removed and one added, except that the new subject of rewritten mail
// stands in the reply itself.
func changes(v *verdict.Verdict, m *message.Message) headerChanges {
	var h headerChanges
	for _, c := range v.Headers {
		switch c.Op {
		case verdict.AddHeaderField:
			h.addField(c.Name, addedHeader{c.Value, appended})
		case verdict.InsertHeaderField:
			h.addField(c.Name, addedHeader{c.Value, c.Index})
		case verdict.RemoveHeaderField:
			h.removeField(c.Name, c.Index)
		case verdict.ChangeHeaderField:
			if c.Name == "Subject" && v.Action == verdict.RewriteSubject {
				continue
			}
			h.removeField(c.Name, c.Index)
			h.addField(c.Name, addedHeader{c.Value, appended})
		}
	}
	for i := range h.remove {
		r := &h.remove[i]
		count := m.Header().Count(r.name)
		r.value.all = count > 0 && len(r.value.indexes) >= count
	}
	return h
}

func (h *headerChanges) addField(name string, field addedHeader) {
	h.add = h.add.with(name, nil)
	list := h.add.at(name)
	*list = append(*list, field)
}

func (h *headerChanges) removeField(name string, index int) {
	h.remove = h.remove.with(name, removal{})
	r := h.remove.at(name)
	r.indexes = append(r.indexes, index)
}
