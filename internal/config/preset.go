package config

import (
	"slices"
	"strconv"
	"strings"

	"postern/internal/greylist"
	"postern/internal/verdict"
)

// The presets.
const (
	ScoreOnly = "score-only"
	Balanced  = "balanced"
	Strict    = "strict"
)

// Presets lists the names of the presets, from mild to hard.
func Presets() []string { return []string{ScoreOnly, Balanced, Strict} }

// Preset gives the configuration that applies where a file says nothing but
// the preset's name; ok is false for a name that is none. What each sets, and
// why, is in docs/presets.md.
func Preset(name string) (c Config, ok bool) {
	c = Default()
	c.Preset = name
	switch name {
	case ScoreOnly:
		scoreOnly(&c)
	case Strict:
		strict(&c)
	case Balanced:
	default:
		return c, false
	}
	return c, true
}

// scoreOnly marks mail and refuses none because of its score.
func scoreOnly(c *Config) {
	never := verdict.Unset
	c.Actions.Greylist, c.Actions.Reject = &never, &never
	c.Greylist.Mode = greylist.ModeOff
}

// strict refuses at the SMTP stage what well-run mail servers do not do.
func strict(c *Config) {
	grey, mark, reject := 3.0, 5.0, 12.0
	c.Actions.Greylist, c.Actions.AddHeader, c.Actions.Reject = &grey, &mark, &reject
	c.Greylist.Mode = greylist.ModeBoth
	c.Greylist.ScoreFrom, c.Greylist.ScoreTo = grey, reject
	c.Domains.Refuse = []string{"sender", "helo"}
	r := &c.Restrictions
	r.HeloRequired = true
	ours := []string{"permit_mynetworks", "permit_sasl_authenticated"}
	r.Client = append(slices.Clone(ours), "reject_unknown_reverse_client_hostname")
	r.Helo = append(slices.Clone(ours), "reject_invalid_helo_hostname", "reject_non_fqdn_helo_hostname")
	r.Sender = append(slices.Clone(ours), "reject_non_fqdn_sender", "reject_unknown_sender_domain")
	r.Recipient = append([]string{"reject_non_fqdn_recipient"}, append(slices.Clone(ours),
		"permit_dnswl_client list.dnswl.org=127.0.[0..255].[1..3]",
		"reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]",
		"reject_spf_fail",
		"greylist")...)
	r.Data = []string{"reject_multi_recipient_bounce"}
}

// preset gives the values to begin with: those of the preset that the file
// names. A name that is none is a fault.
func (f *faults) preset(root *value) Config {
	e := root.get("preset")
	if e == nil || e.value.kind != kindScalar {
		return Default()
	}
	c, ok := Preset(e.value.text)
	if !ok {
		f.add(e.value.at, "preset must be one of %s, not %s", strings.Join(Presets(), ", "), strconv.Quote(e.value.text))
	}
	return c
}
