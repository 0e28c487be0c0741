// Package e2e tests Postern as its users run it: the built binary behind a
// real mail server, with real clients, all on loopback. Tests whose peer is
// not installed skip and say so.
package e2e
