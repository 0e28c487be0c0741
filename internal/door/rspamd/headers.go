package rspamd

import (
	"postern/internal/message"
	"postern/internal/verdict"
)

// headerChanges is rspamd's milter block: what is to be done to the header.
type headerChanges struct {
	// Add holds for each name one addedHeader or a list of them.
	Add object[any] `json:"add_headers,omitempty"`
	// Remove holds for each name 0 for all fields of that name, or the list
	// of their numbers from 1, to be removed in that order.
	Remove object[any] `json:"remove_headers,omitempty"`
}

// addedHeader is one field to add.
type addedHeader struct {
	Value string `json:"value"`
	// Order is the place to insert at, 0 being the top; -1 appends.
	Order int `json:"order"`
}

const appended = -1

// changes translates a verdict's header changes; nil when there are none. A
// field that is changed is one removed and one added, except that the new
// subject of rewritten mail stands in the reply itself.
func changes(v *verdict.Verdict, m *message.Message) *headerChanges {
	var names []string
	added := map[string][]addedHeader{}
	removed := map[string][]int{}
	remove := func(name string, index int) { removed[name] = append(removed[name], index) }
	for _, c := range v.Headers {
		if len(added[c.Name])+len(removed[c.Name]) == 0 {
			names = append(names, c.Name)
		}
		switch c.Op {
		case verdict.AddHeaderField:
			added[c.Name] = append(added[c.Name], addedHeader{c.Value, appended})
		case verdict.InsertHeaderField:
			added[c.Name] = append(added[c.Name], addedHeader{c.Value, c.Index})
		case verdict.RemoveHeaderField:
			remove(c.Name, c.Index)
		case verdict.ChangeHeaderField:
			if c.Name == "Subject" && v.Action == verdict.RewriteSubject {
				continue
			}
			remove(c.Name, c.Index)
			added[c.Name] = append(added[c.Name], addedHeader{c.Value, appended})
		}
	}
	h := new(headerChanges)
	for _, name := range names {
		if list := added[name]; len(list) == 1 {
			h.Add = h.Add.with(name, list[0])
		} else if len(list) > 1 {
			h.Add = h.Add.with(name, list)
		}
		if list := removed[name]; len(list) > 0 {
			h.Remove = h.Remove.with(name, removal(list, m.Header().Count(name)))
		}
	}
	if len(h.Add)+len(h.Remove) == 0 {
		return nil
	}
	return h
}

// removal says 0 where all fields go, which clients do best that know only
// how to remove a name.
func removal(indexes []int, count int) any {
	if count > 0 && len(indexes) >= count {
		return 0
	}
	return indexes
}
