package migrate

import (
	"maps"
	"slices"
	"strings"
)

// The kinds of arguments that a restriction takes.
type argument uint8

const (
	argNone argument = iota
	argTable
	argZone
	argService
	argSeconds
)

// word is what is known of a restriction's name.
type word struct {
	arg argument
	// wants is what must be known for it to work: "recipient", "sender",
	// "helo" or "" for the client only.
	wants string
	// none is why it has no counterpart; "" where it has one.
	none string
}

// restrictionWords are the restrictions of postconf(5) and
// SMTPD_ACCESS_README, old names included.
func restrictionWords() map[string]word {
	m := map[string]word{}
	for _, group := range []struct {
		word  word
		names string
	}{
		{word{}, `permit reject defer defer_if_permit defer_if_reject reject_plaintext_session
			reject_unauth_pipelining permit_inet_interfaces permit_mynetworks permit_sasl_authenticated
			permit_tls_all_clientcerts permit_tls_clientcerts reject_unknown_client_hostname
			reject_unknown_client reject_unknown_reverse_client_hostname
			reject_unknown_forward_client_hostname reject_maps_rbl reject_multi_recipient_bounce`},
		{word{wants: "helo"}, `reject_invalid_helo_hostname reject_invalid_hostname reject_non_fqdn_helo_hostname
			reject_non_fqdn_hostname reject_unknown_helo_hostname reject_unknown_hostname`},
		{word{wants: "sender"}, `reject_non_fqdn_sender reject_unknown_sender_domain reject_unlisted_sender
			reject_unverified_sender reject_authenticated_sender_login_mismatch
			reject_known_sender_login_mismatch reject_unauthenticated_sender_login_mismatch
			reject_sender_login_mismatch`},
		{word{wants: "recipient"}, `reject_non_fqdn_recipient reject_unknown_recipient_domain
			reject_unlisted_recipient reject_unverified_recipient reject_unauth_destination
			defer_unauth_destination permit_auth_destination permit_mx_backup check_recipient_maps
			check_relay_domains`},
		{word{arg: argTable}, `check_client_access check_reverse_client_hostname_access check_ccert_access
			check_sasl_access check_client_a_access check_client_mx_access check_client_ns_access
			check_reverse_client_hostname_a_access check_reverse_client_hostname_mx_access
			check_reverse_client_hostname_ns_access`},
		{word{arg: argTable, wants: "helo"}, `check_helo_access check_helo_a_access check_helo_mx_access check_helo_ns_access`},
		{word{arg: argTable, wants: "sender"}, `check_sender_access check_sender_a_access check_sender_mx_access check_sender_ns_access`},
		{word{arg: argTable, wants: "recipient"}, `check_recipient_access check_recipient_a_access
			check_recipient_mx_access check_recipient_ns_access`},
		{word{arg: argZone}, `reject_rbl_client permit_dnswl_client reject_rhsbl_client permit_rhswl_client reject_rhsbl_reverse_client`},
		{word{arg: argZone, wants: "helo"}, "reject_rhsbl_helo"},
		{word{arg: argZone, wants: "sender"}, "reject_rhsbl_sender"},
		{word{arg: argZone, wants: "recipient"}, "reject_rhsbl_recipient"},
		{word{arg: argService}, checkPolicyService},
		{word{arg: argSeconds}, "sleep"},
		{word{arg: argTable, none: "ETRN is Postfix's alone"}, "check_etrn_access"},
		{word{none: "Postfix has dropped it: a bare address in HELO is not even a valid name"}, "permit_naked_ip_address"},
	} {
		for _, name := range strings.Fields(group.names) {
			m[name] = group.word
		}
	}
	return m
}

const (
	warnIfReject       = "warn_if_reject"
	checkPolicyService = "check_policy_service"
)

// today gives the present names of restrictions that have been renamed.
func today() map[string]string {
	return map[string]string{
		"reject_unknown_client":    "reject_unknown_client_hostname",
		"reject_invalid_hostname":  "reject_invalid_helo_hostname",
		"reject_non_fqdn_hostname": "reject_non_fqdn_helo_hostname",
		"reject_unknown_hostname":  "reject_unknown_helo_hostname",
		"check_recipient_maps":     "reject_unlisted_recipient",
		"check_relay_domains":      "reject_unauth_destination",
	}
}

// nearest gives the candidate that differs least from a name, "" when none is
// near.
func nearest[V any](name string, candidates map[string]V) string {
	const longest = 80
	best, limit := "", 1+len(name)/5
	if len(name) > longest {
		return best
	}
	for _, c := range slices.Sorted(maps.Keys(candidates)) {
		if len(c)-len(name) > limit || len(name)-len(c) > limit {
			continue
		}
		if d := distance(name, c); d <= limit {
			best, limit = c, d-1
		}
	}
	return best
}

// distance counts the letters to put in, take out or change to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(row[j]+1, row[j-1]+1, cost)
		}
	}
	return row[len(b)]
}

// meant ends a report with the name that was probably meant.
func meant[V any](name string, candidates map[string]V) string {
	if near := nearest(name, candidates); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}
