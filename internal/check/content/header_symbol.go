package content

import "postern/internal/verdict"

// headerSymbol makes a symbol of the group of checks on header fields.
func headerSymbol(name string, score float64, description string) verdict.Symbol {
	return groupSymbol("headers", name, score, description)
}

// groupSymbol makes a symbol of any group.
func groupSymbol(group, name string, score float64, description string) verdict.Symbol {
	return verdict.Symbol{Name: name, Group: group, Score: score, Description: description}
}
