package restrict

import "strings"

// op is one kind of restriction.
type op uint8

// The kinds of restrictions.
const (
	opNone op = iota
	opPermit
	opReject
	opDefer
	opDeferIfPermit
	opDeferIfReject
	opSleep
	opClass
	opBareTable
	opPlaintext
	opPipelining
	opPolicy
	opPermitInterfaces
	opPermitMynetworks
	opPermitSASL
	opPermitAllCerts
	opPermitCerts
	opUnknownClient
	opUnknownReverse
	opUnknownForward
	opClientAccess
	opReverseAccess
	opCcertAccess
	opSASLAccess
	opHeloAccess
	opSenderAccess
	opRecipientAccess
	opServerAccess
	opRBLClient
	opDNSWLClient
	opRHSBLClient
	opRHSWLClient
	opRHSBLReverse
	opRHSBLHelo
	opRHSBLSender
	opRHSBLRecipient
	opMapsRBL
	opInvalidHelo
	opNonFQDNHelo
	opUnknownHelo
	opPermitNakedIP
	opNonFQDNSender
	opNonFQDNRecipient
	opUnknownSenderDomain
	opUnknownRecipientDomain
	opUnverifiedSender
	opUnverifiedRecipient
	opUnlistedSender
	opUnlistedRecipient
	opAuthLogin
	opKnownLogin
	opUnauthLogin
	opLogin
	opUnauthDestination
	opDeferUnauthDestination
	opPermitAuthDestination
	opPermitMXBackup
	opCheckRelayDomains
	opMultiRecipientBounce
	opGreylist
	opCheckSPF
	opSPFFail
	opScore
	opTag
)

// argument says what follows a restriction's name.
type argument uint8

const (
	argNone argument = iota
	argTable
	argZone
	argService
	argSeconds
	argScore
	argName
)

// argumentNames say in errors what is missing.
var argumentNames = [...]string{
	"", "a table such as hash:/etc/postfix/access", "a list's domain such as zen.example.org",
	"a policy service such as inet:127.0.0.1:10023", "a number of seconds", "a symbol and a number", "a name",
}

// server says of which servers a check_*_{ns,mx,a}_access speaks, and whose.
type server struct {
	// of is the op that checks the name itself: opClientAccess and so on.
	of op
	// kind is "ns", "mx" or "a".
	kind string
}

// word is one restriction's name.
type word struct {
	op     op
	arg    argument
	server server
	// score is the default score of the restriction's symbol.
	score float64
	// about describes the symbol: what was found when it fires; "" where
	// the restriction never reports one.
	about string
}

// words are all restrictions by name.
var words = withServerAccess(map[string]word{
	"permit":                   {op: opPermit},
	"reject":                   {op: opReject, about: "a list refuses whatever comes to it"},
	"defer":                    {op: opDefer, about: "a list defers whatever comes to it"},
	"defer_if_permit":          {op: opDeferIfPermit, about: "a list defers what it would have permitted"},
	"defer_if_reject":          {op: opDeferIfReject, about: "a list defers what it would have refused"},
	"sleep":                    {op: opSleep, arg: argSeconds},
	"reject_plaintext_session": {op: opPlaintext, about: "client does not use TLS"},
	"reject_unauth_pipelining": {op: opPipelining, score: 3, about: "client spoke before its turn"},
	"check_policy_service":     {op: opPolicy, arg: argService, score: 2, about: "a policy service refuses"},

	"permit_inet_interfaces":    {op: opPermitInterfaces},
	"permit_mynetworks":         {op: opPermitMynetworks},
	"permit_sasl_authenticated": {op: opPermitSASL},
	"permit_tls_all_clientcerts": {
		op: opPermitAllCerts},
	"permit_tls_clientcerts":                 {op: opPermitCerts},
	"reject_unknown_client_hostname":         {op: opUnknownClient, score: 1.5, about: "client has no verified host name"},
	"reject_unknown_reverse_client_hostname": {op: opUnknownReverse, score: 2, about: "client's address has no name"},
	"reject_unknown_forward_client_hostname": {op: opUnknownForward, score: 1.5, about: "client's name does not lead back to its address"},
	"check_client_access":                    {op: opClientAccess, arg: argTable, score: 2, about: "a table refuses the client"},
	"check_reverse_client_hostname_access":   {op: opReverseAccess, arg: argTable, score: 2, about: "a table refuses the client's unverified name"},
	"check_ccert_access":                     {op: opCcertAccess, arg: argTable, score: 2, about: "a table refuses the client's certificate"},
	"check_sasl_access":                      {op: opSASLAccess, arg: argTable, score: 2, about: "a table refuses the login name"},
	"reject_rbl_client":                      {op: opRBLClient, arg: argZone, score: 3, about: "client is on a DNS list"},
	"permit_dnswl_client":                    {op: opDNSWLClient, arg: argZone, score: -1, about: "client is on a DNS list of good senders"},
	"reject_rhsbl_client":                    {op: opRHSBLClient, arg: argZone, score: 3, about: "client's host name is on a DNS list"},
	"permit_rhswl_client":                    {op: opRHSWLClient, arg: argZone, score: -1, about: "client's host name is on a DNS list of good senders"},
	"reject_rhsbl_reverse_client":            {op: opRHSBLReverse, arg: argZone, score: 3, about: "client's unverified name is on a DNS list"},
	"reject_maps_rbl":                        {op: opMapsRBL, about: "client is on one of maps_rbl_domains"},

	"reject_invalid_helo_hostname":  {op: opInvalidHelo, score: 2, about: "HELO is no host name"},
	"reject_non_fqdn_helo_hostname": {op: opNonFQDNHelo, score: 1.5, about: "HELO is not a full host name"},
	"reject_unknown_helo_hostname":  {op: opUnknownHelo, score: 1.5, about: "HELO names a host that does not exist"},
	"check_helo_access":             {op: opHeloAccess, arg: argTable, score: 2, about: "a table refuses the HELO name"},
	"permit_naked_ip_address":       {op: opPermitNakedIP},
	"reject_rhsbl_helo":             {op: opRHSBLHelo, arg: argZone, score: 3, about: "HELO name is on a DNS list"},

	"check_sender_access":                        {op: opSenderAccess, arg: argTable, score: 2, about: "a table refuses the sender"},
	"reject_non_fqdn_sender":                     {op: opNonFQDNSender, score: 2, about: "sender's domain is not a full name"},
	"reject_unknown_sender_domain":               {op: opUnknownSenderDomain, score: 3, about: "sender's domain does not exist or takes no mail"},
	"reject_unverified_sender":                   {op: opUnverifiedSender, score: 2, about: "sender's mail server does not know the sender"},
	"reject_unlisted_sender":                     {op: opUnlistedSender, score: 4, about: "sender claims an address of ours that does not exist"},
	"reject_authenticated_sender_login_mismatch": {op: opAuthLogin, score: 2, about: "logged-in client uses a sender that is not its own"},
	"reject_known_sender_login_mismatch":         {op: opKnownLogin, score: 2, about: "sender belongs to another login"},
	"reject_unauthenticated_sender_login_mismatch": {
		op: opUnauthLogin, score: 3, about: "sender belongs to a login and the client did not log in"},
	"reject_sender_login_mismatch": {op: opLogin, score: 2, about: "sender does not belong to the login"},
	"reject_rhsbl_sender":          {op: opRHSBLSender, arg: argZone, score: 3, about: "sender's domain is on a DNS list"},

	"check_recipient_access":          {op: opRecipientAccess, arg: argTable, score: 2, about: "a table refuses the recipient"},
	"reject_non_fqdn_recipient":       {op: opNonFQDNRecipient, score: 1, about: "recipient's domain is not a full name"},
	"reject_unknown_recipient_domain": {op: opUnknownRecipientDomain, score: 1, about: "recipient's domain does not exist or takes no mail"},
	"reject_unverified_recipient":     {op: opUnverifiedRecipient, score: 2, about: "the next mail server does not know the recipient"},
	"reject_unlisted_recipient":       {op: opUnlistedRecipient, score: 2, about: "recipient does not exist here"},
	"reject_unauth_destination":       {op: opUnauthDestination, score: 4, about: "client asks to relay"},
	"defer_unauth_destination":        {op: opDeferUnauthDestination, score: 4, about: "client asks to relay"},
	"permit_auth_destination":         {op: opPermitAuthDestination},
	"permit_mx_backup":                {op: opPermitMXBackup},
	"check_relay_domains":             {op: opCheckRelayDomains, score: 4, about: "client asks to relay"},
	"reject_multi_recipient_bounce":   {op: opMultiRecipientBounce, score: 2, about: "bounce with several recipients"},
	"reject_rhsbl_recipient":          {op: opRHSBLRecipient, arg: argZone, score: 1, about: "recipient's domain is on a DNS list"},

	"greylist":        {op: opGreylist, about: "client was asked to come back later"},
	"check_spf":       {op: opCheckSPF, about: "SPF was checked in a restriction list"},
	"reject_spf_fail": {op: opSPFFail, score: 4, about: "SPF says that the client may not use the sender"},
	"score":           {op: opScore, arg: argScore},
	"tag":             {op: opTag, arg: argName},
})

// withServerAccess adds the restrictions that look at the name servers, mail
// servers and addresses of a name.
func withServerAccess(m map[string]word) map[string]word {
	for _, of := range []struct {
		name string
		op   op
	}{
		{"client", opClientAccess}, {"reverse_client_hostname", opReverseAccess}, {"helo", opHeloAccess},
		{"sender", opSenderAccess}, {"recipient", opRecipientAccess},
	} {
		for _, kind := range []string{"ns", "mx", "a"} {
			m["check_"+of.name+"_"+kind+"_access"] = word{
				op: opServerAccess, arg: argTable, server: server{of.op, kind}, score: 2,
				about: "a table refuses the " + serverWords[kind] + " of the " + strings.ReplaceAll(of.name, "_", " ") + "'s domain",
			}
		}
	}
	return m
}

var serverWords = map[string]string{"ns": "name servers", "mx": "mail servers", "a": "addresses"}

// aliases are old names that Postfix still takes or took, and what they mean
// today.
var aliases = map[string]string{
	"reject_unknown_client":    "reject_unknown_client_hostname",
	"reject_invalid_hostname":  "reject_invalid_helo_hostname",
	"reject_non_fqdn_hostname": "reject_non_fqdn_helo_hostname",
	"reject_unknown_hostname":  "reject_unknown_helo_hostname",
	"reject_unknown_address":   "reject_unknown_sender_domain",
	"check_recipient_maps":     "reject_unlisted_recipient",
}

// obsolete are restrictions that still work, and what is better.
var obsolete = map[string]string{
	"reject_maps_rbl":         "write reject_rbl_client with the list's domain",
	"check_relay_domains":     "write permit_auth_destination or reject_unauth_destination",
	"permit_naked_ip_address": "write permit_mynetworks or permit_sasl_authenticated",
}

// warnIfReject is the word that only says how the next one counts.
const warnIfReject = "warn_if_reject"

// symbolOf gives a restriction's symbol.
func symbolOf(name string) string { return strings.ToUpper(name) }
