package table

import "fmt"

// blocks are the IFs that are open while a pattern table is read.
type blocks []openBlock

type openBlock struct{ index, line int }

// step takes note of the rule at index; closed is called with the place of an
// IF and that of its ENDIF.
func (b *blocks) step(op ruleOp, index, line int, o Options, file string, closed func(index, end int)) error {
	if index >= o.MaxRules {
		return &Error{File: file, Line: line, Reason: fmt.Sprintf("table has more than the %d rules of max_rules", o.MaxRules)}
	}
	switch op {
	case opIf:
		if len(*b) >= o.MaxNesting {
			return &Error{File: file, Line: line, Reason: fmt.Sprintf("IF within more than the %d others of max_nesting", o.MaxNesting)}
		}
		*b = append(*b, openBlock{index, line})
	case opEndif:
		last := len(*b) - 1
		closed((*b)[last].index, index)
		*b = (*b)[:last]
	}
	return nil
}

// unclosed warns of the blocks that are still open, the innermost first, and
// gives the end of each: that of the table.
func (b blocks) unclosed(end int, note *notes) map[int]int {
	ends := map[int]int{}
	for i := len(b) - 1; i >= 0; i-- {
		note.add(b[i].line, 1, "IF has no matching ENDIF")
		ends[b[i].index] = end
	}
	return ends
}
