// Package identity holds the checks on who sent a message: whether the
// client, the signatures and the domains that the message claims agree.
package identity

import "postern/internal/verdict"

const group = "policies"

// symbol makes a symbol of the group.
func symbol(name string, score float64, description string) verdict.Symbol {
	return verdict.Symbol{Name: name, Group: group, Score: score, Description: description}
}
