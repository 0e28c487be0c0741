package app

import (
	"postern/internal/check"
	"postern/internal/check/client"
	"postern/internal/config"
)

// Checks is the one list of checks, in the order in which they run. Order
// matters only for how findings of the same weight are listed.
func Checks(cfg config.Config) []check.Check {
	_ = cfg
	return []check.Check{
		client.ReverseName(),
	}
}
