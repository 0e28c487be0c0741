package migrate

import (
	_ "embed"
	"strings"
)

// parameterNames are the parameters of postconf(5), one a line, those of
// single transports left out.
//
//go:embed parameters.txt
var parameterNames string

// knownParameters gives the names that Postfix knows.
func knownParameters() map[string]bool {
	m := map[string]bool{}
	for name := range strings.Lines(parameterNames) {
		m[strings.TrimSpace(name)] = true
	}
	return m
}

// transportSuffixes end the names of parameters of single transports, such as
// relay_destination_recipient_limit.
var transportSuffixes = []string{
	"_delivery_slot_cost", "_delivery_slot_discount", "_delivery_slot_loan",
	"_destination_concurrency_failed_cohort_limit", "_destination_concurrency_limit",
	"_destination_concurrency_negative_feedback", "_destination_concurrency_positive_feedback",
	"_destination_rate_delay", "_destination_recipient_limit", "_extra_recipient_limit",
	"_initial_destination_concurrency", "_minimum_delivery_slots", "_recipient_limit",
	"_recipient_refill_delay", "_recipient_refill_limit", "_transport_rate_delay",
}

// timeLimit ends the name of the parameter that bounds a spawned program.
const timeLimit = "_time_limit"

// transportOf gives the transport that a parameter is for.
func transportOf(name string) (transport string, ok bool) {
	for _, suffix := range append(transportSuffixes, timeLimit) {
		if transport, found := strings.CutSuffix(name, suffix); found && transport != "" {
			return transport, true
		}
	}
	return "", false
}

// defaults are values that Postfix has where main.cf is silent, as far as
// they are the same everywhere and other settings refer to them.
var defaults = map[string]string{
	"config_directory":        "/etc/postfix",
	"data_directory":          "/var/lib/postfix",
	"queue_directory":         "/var/spool/postfix",
	"mail_spool_directory":    "/var/mail",
	"mail_name":               "Postfix",
	"compatibility_level":     "0",
	"stress":                  "",
	"smtpd_delay_reject":      "yes",
	"smtpd_helo_required":     "no",
	"alias_database":          "hash:/etc/aliases",
	"virtual_alias_domains":   "$virtual_alias_maps",
	"virtual_mailbox_domains": "$virtual_mailbox_maps",
	"virtual_alias_maps":      "", "virtual_mailbox_maps": "", "canonical_maps": "",
	"sender_canonical_maps": "", "recipient_canonical_maps": "", "relay_recipient_maps": "",
	"relocated_maps": "", "transport_maps": "", "smtpd_sender_login_maps": "", "relay_clientcerts": "",
	"recipient_delimiter": "", "relayhost": "", "smtpd_milters": "", "non_smtpd_milters": "", "milter_protocol": "6",
	"myorigin":                  "$myhostname",
	"mydestination":             "$myhostname, localhost.$mydomain, localhost",
	"relay_domains":             "${{$compatibility_level} <level {2} ? {$mydestination} : {}}",
	"smtpd_client_restrictions": "", "smtpd_helo_restrictions": "", "smtpd_sender_restrictions": "",
	"smtpd_recipient_restrictions": "", "smtpd_data_restrictions": "", "smtpd_end_of_data_restrictions": "",
	"smtpd_etrn_restrictions": "", "smtpd_restriction_classes": "",
	"smtpd_relay_restrictions":                  "${{$compatibility_level} <level {1} ? {} : {permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination}}",
	"smtpd_relay_before_recipient_restrictions": "${{$compatibility_level} <level {3.6} ? {no} : {yes}}",
	"parent_domain_matches_subdomains": "debug_peer_list,fast_flush_domains,mynetworks,permit_mx_backup_networks," +
		"qmqpd_authorized_clients,relay_domains,smtpd_access_maps",
}

// reason is why settings whose names begin in one way are left where they are.
type reason struct {
	prefix string
	// fate is NoCounterpart or NotOurs.
	fate Fate
	why  string
}

// reasons are tried from the first to the last.
var reasons = []reason{
	{"header_checks", NoCounterpart, "Postern has no rules in the form of header_checks yet; leave it in main.cf, where Postfix applies it besides Postern"},
	{"mime_header_checks", NoCounterpart, "Postern has no rules in the form of header_checks yet; leave it in main.cf"},
	{"nested_header_checks", NoCounterpart, "Postern has no rules in the form of header_checks yet; leave it in main.cf"},
	{"milter_header_checks", NoCounterpart, "Postern has no rules in the form of header_checks yet; leave it in main.cf"},
	{"body_checks_size_limit", NotOurs, "goes with body_checks"},
	{"body_checks", NoCounterpart, "Postern has no rules in the form of body_checks yet; leave it in main.cf"},
	{"content_filter", NoCounterpart, "Postern is asked before the queue and hands no mail to filters behind it; leave it in main.cf as long as the filter is needed"},
	{"smtpd_proxy_filter", NoCounterpart, "Postern is asked as a milter or policy service and hands no mail to a proxy; leave it as long as the filter is needed"},
	{"smtpd_proxy_", NotOurs, "goes with smtpd_proxy_filter"},
	{"receive_override_options", NotOurs, "how Postfix passes mail to a content filter and takes it back"},
	{"smtpd_etrn_restrictions", NoCounterpart, "ETRN is Postfix's alone: it tells neither milters nor Postern of it; leave it in main.cf"},
	{"disable_vrfy_command", NoCounterpart, "Postfix itself answers VRFY; leave it in main.cf"},
	{"postscreen_", NoCounterpart, "what is tested before the greeting is Postfix's alone; leave it in main.cf"},
	{"address_verify_", NoCounterpart, "Postern asks other servers by itself and keeps its own answers: see [verify]"},
	{"unknown_address_tempfail_action", NoCounterpart, "Postern has one reject_tempfail_action for all restrictions"},
	{"unknown_helo_hostname_tempfail_action", NoCounterpart, "Postern has one reject_tempfail_action for all restrictions"},
	{"unverified_sender_tempfail_action", NoCounterpart, "Postern has one reject_tempfail_action for all restrictions"},
	{"unverified_recipient_tempfail_action", NoCounterpart, "Postern has one reject_tempfail_action for all restrictions"},
	{"smtpd_client_connection_", NoCounterpart, "Postern does not count connections; leave it in main.cf"},
	{"smtpd_client_message_rate_limit", NoCounterpart, "Postern has no rate limits yet; leave it in main.cf"},
	{"smtpd_client_recipient_rate_limit", NoCounterpart, "Postern has no rate limits yet; leave it in main.cf"},
	{"smtpd_client_auth_rate_limit", NoCounterpart, "Postern has no rate limits yet; leave it in main.cf"},
	{"smtpd_reject_footer", NoCounterpart, "Postfix adds it to replies, to those of Postern too; leave it in main.cf"},
	{"smtpd_command_filter", NoCounterpart, "only Postfix sees commands before they are understood; leave it in main.cf"},
	{"smtpd_log_access_permit_actions", NoCounterpart, "Postern's history holds each decision with its reasons anyway"},
	{"smtpd_peername_lookup", NoCounterpart, "Postern looks up the names that Postfix does not tell"},
	{"mynetworks_style", NoCounterpart, "Postfix makes mynetworks of the host's interfaces with it; Postern needs the networks themselves, in main.cf or in the result"},
	{"milter_", NotOurs, "how Postfix asks milters; it stays, and holds for Postern too"},
	{"non_smtpd_milters", NotOurs, "which milters Postfix asks; it stays, Postern is one more of them"},
	{"smtpd_milters", NotOurs, "which milters Postfix asks; it stays, Postern is one more of them"},
	{"smtpd_milter_maps", NotOurs, "which milters Postfix asks; it stays, Postern is one more of them"},
	{"smtpd_tls_", NotOurs, "Postfix's TLS"}, {"smtpd_use_tls", NotOurs, "Postfix's TLS"},
	{"smtpd_enforce_tls", NotOurs, "Postfix's TLS"}, {"tls_", NotOurs, "Postfix's TLS"}, {"tlsproxy_", NotOurs, "Postfix's TLS"},
	{"smtpd_sasl_", NotOurs, "how clients log in to Postfix"}, {"broken_sasl_", NotOurs, "how clients log in to Postfix"},
	{"cyrus_sasl_", NotOurs, "how clients log in to Postfix"},
	{"smtp_", NotOurs, "how Postfix sends mail on"}, {"lmtp_", NotOurs, "how Postfix delivers mail"},
	{"relayhost", NotOurs, "where Postfix sends mail"}, {"transport_maps", NotOurs, "where Postfix sends mail"},
	{"sender_dependent_", NotOurs, "where Postfix sends mail"}, {"default_transport", NotOurs, "where Postfix sends mail"},
	{"virtual_", NotOurs, "how Postfix delivers mail"}, {"mailbox_", NotOurs, "how Postfix delivers mail"},
	{"home_mailbox", NotOurs, "how Postfix delivers mail"}, {"local_", NotOurs, "how Postfix delivers mail"},
	{"alias_", NotOurs, "how Postfix delivers mail"}, {"luser_relay", NotOurs, "how Postfix delivers mail"},
	{"inet_", NotOurs, "where Postfix listens"},
	{"smtpd_", NotOurs, "how Postfix talks to clients"},
}

// reasonFor says why a setting is left where it is.
func reasonFor(name string) (Fate, string) {
	for _, r := range reasons {
		if strings.HasPrefix(name, r.prefix) {
			return r.fate, r.why
		}
	}
	return NotOurs, "how Postfix itself works"
}
