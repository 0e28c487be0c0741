package restrict

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"postern/internal/session"
)

// oracleCase is a set-up in the words of main.cf, and what a client says.
type oracleCase struct {
	name     string
	settings map[string]string
	client   session.Client // 198.18.0.1 without a name where it is empty
	login    string
	helo     string // client.example where it is empty
	sender   string // sender@there.example where it is empty; "<>" is the null sender
	rcpt     string // user@here.example where it is empty
}

const listed = "inline:{ {user@here.example=reject}, {there.example=defer_if_permit 4.1.2 later}, {198.18=550 5.1.3 net}, {client.example=dunno}, {example=reject tld} }"

func client(name, reverse string) session.Client {
	return session.Client{Name: name, ReverseName: reverse}
}

// oracleCases are set-ups that need no DNS.
var oracleCases = []oracleCase{
	{name: "nothing"},
	{name: "reject", settings: map[string]string{"smtpd_client_restrictions": "reject"}},
	{name: "postmaster", settings: map[string]string{"smtpd_client_restrictions": "reject"}, rcpt: "Postmaster"},
	{name: "permit ends one list", settings: map[string]string{"smtpd_client_restrictions": "permit", "smtpd_helo_restrictions": "reject"}},
	{name: "defer", settings: map[string]string{"smtpd_sender_restrictions": "defer"}},
	{name: "warn", settings: map[string]string{"smtpd_recipient_restrictions": "warn_if_reject reject, permit"}},
	{name: "warn once", settings: map[string]string{"smtpd_recipient_restrictions": "warn_if_reject reject, defer"}},
	{name: "warn a class", settings: map[string]string{"smtpd_restriction_classes": "strict", "strict": "reject_plaintext_session, reject",
		"smtpd_recipient_restrictions": "warn_if_reject strict, defer"}},
	{name: "class", settings: map[string]string{"smtpd_restriction_classes": "strict", "strict": "reject_plaintext_session",
		"smtpd_recipient_restrictions": "strict"}},
	{name: "defer_if_permit", settings: map[string]string{"smtpd_client_restrictions": "defer_if_permit", "smtpd_recipient_restrictions": "permit"}},
	{name: "defer_if_permit and reject", settings: map[string]string{"smtpd_client_restrictions": "defer_if_permit", "smtpd_recipient_restrictions": "reject"}},
	{name: "defer_if_reject", settings: map[string]string{"smtpd_recipient_restrictions": "defer_if_reject, reject"}},
	{name: "defer_if_reject does not carry over", settings: map[string]string{"smtpd_sender_restrictions": "defer_if_reject", "smtpd_recipient_restrictions": "reject"}},
	{name: "defer_if_reject of relay", settings: map[string]string{"smtpd_relay_restrictions": "defer_if_reject", "smtpd_recipient_restrictions": "reject"}},
	{name: "both wait", settings: map[string]string{"smtpd_recipient_restrictions": "defer_if_reject, defer_if_permit, reject"}},
	{name: "warned defer_if_permit", settings: map[string]string{"smtpd_recipient_restrictions": "warn_if_reject defer_if_permit, permit"}},
	{name: "soft bounce", settings: map[string]string{"soft_bounce": "yes", "smtpd_recipient_restrictions": "reject"}},
	{name: "relay", settings: map[string]string{"smtpd_relay_restrictions": "reject_unauth_destination"}, rcpt: "user@else.example"},
	{name: "relay later", settings: map[string]string{"smtpd_relay_restrictions": "defer_unauth_destination"}, rcpt: "user@else.example"},
	{name: "relay domain", settings: map[string]string{"relay_domains": "relay.example", "smtpd_relay_restrictions": "reject_unauth_destination"}, rcpt: "user@a.relay.example"},
	{name: "route", settings: map[string]string{"smtpd_relay_restrictions": "reject_unauth_destination"}, rcpt: "user%else.example@here.example"},
	{name: "quoted route", settings: map[string]string{"smtpd_relay_restrictions": "reject_unauth_destination"}, rcpt: `"user@else.example"@here.example`},
	{name: "own literal", settings: map[string]string{"smtpd_relay_restrictions": "reject_unauth_destination"}, rcpt: "user@[127.0.0.1]"},
	{name: "other literal", settings: map[string]string{"smtpd_relay_restrictions": "reject_unauth_destination"}, rcpt: "user@[198.18.0.9]"},
	{name: "mynetworks", settings: map[string]string{"mynetworks": "198.18.0.0/24", "smtpd_relay_restrictions": "permit_mynetworks, reject"}},
	{name: "mynetworks excludes", settings: map[string]string{"mynetworks": "!198.18.0.1, 198.18.0.0/24", "smtpd_relay_restrictions": "permit_mynetworks, reject"}},
	{name: "logged in", settings: map[string]string{"smtpd_relay_restrictions": "permit_sasl_authenticated, reject"}, login: "bob"},
	{name: "no name", settings: map[string]string{"smtpd_client_restrictions": "reject_unknown_client_hostname"}},
	{name: "no name for good", settings: map[string]string{"smtpd_client_restrictions": "reject_unknown_client_hostname", "unknown_client_reject_code": "550"}},
	{name: "name", settings: map[string]string{"smtpd_client_restrictions": "reject_unknown_client_hostname"}, client: client("a.example", "a.example")},
	{name: "forged name", settings: map[string]string{"smtpd_client_restrictions": "reject_unknown_reverse_client_hostname, reject_unknown_client_hostname"}, client: client("", "a.example")},
	{name: "no reverse name", settings: map[string]string{"smtpd_client_restrictions": "reject_unknown_reverse_client_hostname"}},
	{name: "HELO invalid", settings: map[string]string{"smtpd_helo_restrictions": "reject_invalid_helo_hostname"}, helo: "-a.example"},
	{name: "HELO dots", settings: map[string]string{"smtpd_helo_restrictions": "reject_invalid_helo_hostname"}, helo: "a.example.."},
	{name: "HELO dot", settings: map[string]string{"smtpd_helo_restrictions": "reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname"}, helo: "a.example."},
	{name: "HELO address", settings: map[string]string{"smtpd_helo_restrictions": "reject_invalid_helo_hostname"}, helo: "198.18.0.1"},
	{name: "HELO address not full", settings: map[string]string{"smtpd_helo_restrictions": "reject_non_fqdn_helo_hostname"}, helo: "198.18.0.1"},
	{name: "HELO literal", settings: map[string]string{"smtpd_helo_restrictions": "reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname"}, helo: "[198.18.0.1]"},
	{name: "HELO bad literal", settings: map[string]string{"smtpd_helo_restrictions": "reject_invalid_helo_hostname"}, helo: "[198.18.0.1000]"},
	{name: "HELO IPv6 literal", settings: map[string]string{"smtpd_helo_restrictions": "reject_invalid_helo_hostname"}, helo: "[IPv6:2001:db8::1]"},
	{name: "HELO bare IPv6", settings: map[string]string{"smtpd_helo_restrictions": "reject_invalid_helo_hostname"}, helo: "2001:db8::1"},
	{name: "HELO single", settings: map[string]string{"smtpd_helo_restrictions": "reject_non_fqdn_helo_hostname"}, helo: "single"},
	{name: "HELO underscore", settings: map[string]string{"smtpd_helo_restrictions": "reject_invalid_helo_hostname"}, helo: "a_b.example"},
	{name: "HELO table", settings: map[string]string{"smtpd_helo_restrictions": "check_helo_access " + listed}, helo: "A.B.Example"},
	{name: "naked address", settings: map[string]string{"smtpd_helo_restrictions": "permit_naked_ip_address, reject"}, helo: "198.18.0.1"},
	{name: "client table name", settings: map[string]string{"smtpd_client_restrictions": "check_client_access " + listed}, client: client("b.example", "b.example")},
	{name: "client table dunno", settings: map[string]string{"smtpd_client_restrictions": "check_client_access " + listed}, client: client("client.example", "client.example")},
	{name: "client table address", settings: map[string]string{"smtpd_client_restrictions": "check_client_access " + listed}},
	{name: "client table bare", settings: map[string]string{"smtpd_client_restrictions": listed}},
	{name: "reverse table", settings: map[string]string{"smtpd_client_restrictions": "check_reverse_client_hostname_access " + listed}, client: client("", "x.example")},
	{name: "reverse table permits", settings: map[string]string{"smtpd_client_restrictions": "check_reverse_client_hostname_access static:OK"}},
	{name: "sender table", settings: map[string]string{"smtpd_sender_restrictions": "check_sender_access " + listed}},
	{name: "null sender table", settings: map[string]string{"smtpd_sender_restrictions": "check_sender_access inline:{ {<>=550 5.7.1 no bounces} }"}, sender: "<>"},
	{name: "sender codes", settings: map[string]string{"smtpd_sender_restrictions": "check_sender_access inline:{ {there.example=reject 5.1.1 text} }"}},
	{name: "recipient table", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access " + listed}},
	{name: "extension", settings: map[string]string{"recipient_delimiter": "+", "smtpd_recipient_restrictions": "check_recipient_access " + listed}, rcpt: "User+x@Here.example"},
	{name: "quoted", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access static:reject"}, rcpt: `"a b"@here.example`},
	{name: "OK for a route", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access static:OK, reject"}, rcpt: "a%b@here.example"},
	{name: "code alone", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access static:551, permit"}},
	{name: "code and text", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access inline:{ {here.example=421 4.3.2 bye} }"}},
	{name: "wrong code", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access inline:{ {here.example=251 fine} }"}},
	{name: "codes disagree", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access inline:{ {here.example=550 4.1.1 mixed} }"}},
	{name: "2xx status", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access inline:{ {here.example=reject 2.1.1 mixed} }"}},
	{name: "short status", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access inline:{ {here.example=reject 5.1 short} }"}},
	{name: "long status", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access inline:{ {here.example=reject 5.1234.1 long} }"}},
	{name: "digits", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access static:1234567890, reject"}},
	{name: "relay word", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access inline:{ {here.example=RELAY now} }, reject"}},
	{name: "dunno with text", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access inline:{ {here.example=DUNNO now} }, reject"}},
	{name: "list in a table", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access inline:{ {here.example=permit_mynetworks, reject_plaintext_session} }, reject"}},
	{name: "table in a table", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access inline:{ {here.example=check_sender_access hash:x} }, reject"}},
	{name: "nonsense in a table", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access static:nonsense, permit"}},
	{name: "hold", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access static:hold, reject"}},
	{name: "discard", settings: map[string]string{"smtpd_client_restrictions": "check_client_access static:discard", "smtpd_recipient_restrictions": "reject"}},
	{name: "table fails", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access fail:x, permit"}},
	{name: "table fails, warned", settings: map[string]string{"smtpd_recipient_restrictions": "warn_if_reject check_recipient_access fail:x, permit"}},
	{name: "not full sender", settings: map[string]string{"smtpd_sender_restrictions": "reject_non_fqdn_sender"}, sender: "a@single"},
	{name: "bare sender", settings: map[string]string{"smtpd_sender_restrictions": "reject_non_fqdn_sender"}, sender: "single"},
	{name: "not full recipient", settings: map[string]string{"smtpd_recipient_restrictions": "reject_non_fqdn_recipient"}, rcpt: "user"},
	{name: "unknown local user", settings: map[string]string{"local_recipient_maps": "inline:{user=1}"}, rcpt: "none@here.example"},
	{name: "known local user", settings: map[string]string{"local_recipient_maps": "inline:{user=1}"}},
	{name: "unknown alias", settings: map[string]string{"virtual_alias_domains": "alias.example", "virtual_alias_maps": "inline:{u@alias.example=user@here.example}"}, rcpt: "none@alias.example"},
	{name: "unknown mailbox", settings: map[string]string{"virtual_mailbox_domains": "box.example", "virtual_mailbox_maps": "inline:{u@box.example=1}"}, rcpt: "none@box.example"},
	{name: "unknown relay user", settings: map[string]string{"relay_domains": "relay.example", "relay_recipient_maps": "inline:{u@relay.example=1}"}, rcpt: "none@relay.example"},
	{name: "no table name", settings: map[string]string{"local_recipient_maps": "inline:{user=1}", "show_user_unknown_table_name": "no"}, rcpt: "none@here.example"},
	{name: "unlisted sender", settings: map[string]string{"local_recipient_maps": "inline:{user=1}", "smtpd_reject_unlisted_sender": "yes"}, sender: "none@here.example"},
	{name: "not checked", settings: map[string]string{"local_recipient_maps": "inline:{user=1}", "smtpd_reject_unlisted_recipient": "no"}, rcpt: "none@here.example"},
	{name: "not logged in", settings: map[string]string{"smtpd_sender_login_maps": "inline:{sender@there.example=bob}", "smtpd_sender_restrictions": "reject_sender_login_mismatch"}},
	{name: "multi-recipient bounce is single", settings: map[string]string{"smtpd_recipient_restrictions": "reject_multi_recipient_bounce"}, sender: "<>"},
	{name: "relay domains of old, ours", settings: map[string]string{"smtpd_recipient_restrictions": "check_relay_domains, reject"}},
	{name: "redirect and reject", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access inline:{ {here.example=redirect a@b.example} }, reject"}},
	{name: "filter and reject", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access inline:{ {here.example=filter smtp:x} }, reject"}},
	{name: "prepend and reject", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access inline:{ {here.example=prepend X-A: b} }, reject"}},
	{name: "defer_if_reject action", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access inline:{ {here.example=defer_if_reject 4.2.2 wait} }, reject"}},
	{name: "defer_if_permit action", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access inline:{ {here.example=DEFER_IF_PERMIT} }, permit"}},
	{name: "defer action", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access static:defer"}},
	{name: "x.1.5 for a sender", settings: map[string]string{"smtpd_sender_restrictions": "check_sender_access inline:{ {there.example=reject 5.1.5 a} }"}},
	{name: "x.1.10 for a recipient", settings: map[string]string{"smtpd_recipient_restrictions": "check_recipient_access inline:{ {here.example=reject 5.1.10 a} }"}},
	{name: "x.1.2 for HELO", settings: map[string]string{"smtpd_helo_restrictions": "check_helo_access inline:{ {client.example=reject 5.1.2 a} }"}},
	{name: "status with a tab", settings: map[string]string{"smtpd_helo_restrictions": "check_helo_access inline:{ {client.example=reject 5.7.2  two blanks} }"}},
	{name: "dot in HELO table", settings: map[string]string{"smtpd_helo_restrictions": "check_helo_access inline:{ {.example=reject dotted} }"}},
	{name: "dot and no parents", settings: map[string]string{"parent_domain_matches_subdomains": "relay_domains", "smtpd_helo_restrictions": "check_helo_access inline:{ {.example=reject dotted} }"}},
	{name: "helo with a final dot", settings: map[string]string{"smtpd_helo_restrictions": "check_helo_access inline:{ {client.example=reject} }"}, helo: "client.example."},
	{name: "address in HELO", settings: map[string]string{"smtpd_helo_restrictions": "check_helo_access inline:{ {198.18.0.1=reject all}, {1=reject part} }"}, helo: "198.18.0.1"},
	{name: "cidr", settings: map[string]string{"smtpd_client_restrictions": "check_client_access cidr:{ {198.18.0.0/16 reject net} }"}},
	{name: "regexp", settings: map[string]string{"smtpd_sender_restrictions": "check_sender_access regexp:{ {/^s.*@there/ reject no pattern} }"}},
	{name: "mx of a literal", settings: map[string]string{"smtpd_sender_restrictions": "check_sender_mx_access inline:{ {198.18=reject literal} }"}, sender: "a@[198.18.0.7]"},
	{name: "a of a literal in HELO", settings: map[string]string{"smtpd_helo_restrictions": "check_helo_a_access inline:{ {198.18=reject literal} }"}, helo: "[198.18.0.7]"},
	{name: "mx permits", settings: map[string]string{"smtpd_sender_restrictions": "check_sender_mx_access static:OK"}, sender: "a@[198.18.0.7]"},
	{name: "ns of a literal", settings: map[string]string{"smtpd_sender_restrictions": "check_sender_ns_access static:reject"}, sender: "a@[198.18.0.7]"},
	{name: "discard is no permission", settings: map[string]string{"smtpd_client_restrictions": "check_reverse_client_hostname_access static:discard", "smtpd_recipient_restrictions": "reject"}},
	{name: "old names", settings: map[string]string{"smtpd_helo_restrictions": "reject_invalid_hostname, reject_non_fqdn_hostname"}, helo: "single"},
	{name: "upper case", settings: map[string]string{"smtpd_helo_restrictions": "Reject_Non_FQDN_Helo_Hostname"}, helo: "single"},
	{name: "unknown address domain is ours", settings: map[string]string{"smtpd_recipient_restrictions": "reject_unknown_recipient_domain, reject"}},
	{name: "relay before", settings: map[string]string{"smtpd_relay_restrictions": "defer_unauth_destination", "smtpd_recipient_restrictions": "reject"}, rcpt: "user@else.example"},
	{name: "recipient before", settings: map[string]string{"smtpd_relay_before_recipient_restrictions": "no", "smtpd_relay_restrictions": "defer_unauth_destination", "smtpd_recipient_restrictions": "reject"}, rcpt: "user@else.example"},
	{name: "long text", settings: map[string]string{"smtpd_helo_restrictions": "check_helo_access inline:{ {client.example=reject " + strings.Repeat("long ", 120) + "} }"}},
	{name: "relay domains of old", settings: map[string]string{"smtpd_recipient_restrictions": "check_relay_domains"}, rcpt: "user@else.example"},
}

// oracleExceptions are cases that come out differently on purpose.
var oracleExceptions = map[string]string{
	"logged in":     "Postfix believes XCLIENT LOGIN only where SASL is configured, which this one has not",
	"not logged in": "the same",
	"long text":     "this Postfix gives replies longer than RFC 5321 section 4.5.3.1.5 allows",
	"extension":     "a session keeps domains in lower case, so that replies have them so",
}

// TestAgainstPostfix asks a private Postfix on loopback and compares reply by
// reply.
func TestAgainstPostfix(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a Postfix")
	}
	addresses := startOracle(t)
	for i, c := range oracleCases {
		if t.Failed() && i > 0 && i < 3 {
			break // it does not answer at all
		}
		t.Run(c.name, func(t *testing.T) {
			c = c.complete()
			want := c.askPostfix(t, addresses[i])
			got := c.ask(t)
			if why := oracleExceptions[c.name]; (why == "") != (got == want) {
				t.Errorf("\n got %s\nwant %s\n%s", got, want, why)
			}
		})
	}
}

func (c oracleCase) complete() oracleCase {
	c.client.IP, c.client.NameKnown = netip.MustParseAddr("198.18.0.1"), true
	c.helo = orElse(c.helo, "client.example")
	c.sender = orElse(c.sender, "sender@there.example")
	c.rcpt = orElse(c.rcpt, "user@here.example")
	return c
}

// ask gives our reply, "OK" for none.
func (c oracleCase) ask(t *testing.T) string {
	p := newPlayer(t, "testdata", newDNS())
	p.opt.DelayReject = true
	p.opt.Hosts.Hostname = "mx.here.example"
	p.opt.Hosts.MyAddresses = []string{"127.0.0.1"}
	p.opt.Addresses.Mydestination = []string{"here.example"}
	p.opt.Addresses.Myorigin = "here.example"
	p.opt.Relay = []string{"permit_auth_destination, reject"} // Postfix does not start without
	if classes := c.settings["smtpd_restriction_classes"]; classes != "" {
		p.opt.Classes = map[string][]string{classes: {c.settings[classes]}}
	}
	w := &script{player: p}
	for name, value := range c.settings {
		name = strings.TrimPrefix(name, "smtpd_")
		name = strings.Replace(name, "sender_login_maps", "login_maps", 1)
		switch name {
		case "unknown_client_reject_code":
			name = "unknown_client_code"
		case "relay_before_recipient_restrictions":
			name = "relay_first"
		case "parent_domain_matches_subdomains":
			name = "parents"
		case "show_user_unknown_table_name":
			name = "show_table"
		case "reject_unlisted_recipient":
			p.opt.RejectUnlistedRecipient = value == "yes"
			continue
		}
		if name != "restriction_classes" && c.settings["smtpd_restriction_classes"] != name && !w.option(name, value) && !p.set(name, value) {
			t.Fatalf("no setting %s", name)
		}
	}
	e, err := New(p.opt, p.needs)
	if err != nil {
		t.Fatal(err)
	}
	s := session.Session{Client: c.client, HELO: c.helo, Protocol: "ESMTP", User: c.login, HasSender: true, Sender: address(c.sender)}
	d := e.Decide(context.Background(), new(State), &s, Rcpt, &session.Recipient{Address: address(c.rcpt)})
	if d.Action.Refuses() {
		return d.Reply.String()
	}
	return "OK"
}

// askPostfix gives Postfix's reply to RCPT.
func (c oracleCase) askPostfix(t *testing.T, where string) string {
	conn, err := net.Dial("tcp", where)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	say := func(command string) string {
		if command != "" {
			fmt.Fprintf(conn, "%s\r\n", command)
		}
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				t.Fatalf("%s: %v", command, err)
			}
			if len(line) < 4 || line[3] != '-' {
				return strings.TrimRight(line, "\r\n")
			}
		}
	}
	say("")
	say("EHLO before.example")
	xclient := "XCLIENT ADDR=198.18.0.1 NAME=" + orElse(c.client.Name, "[UNAVAILABLE]") + " REVERSE_NAME=" + orElse(c.client.ReverseName, "[UNAVAILABLE]")
	if c.login != "" {
		xclient += " LOGIN=" + c.login
	}
	say(xclient)
	say("EHLO " + c.helo)
	say("MAIL FROM:<" + strings.Trim(c.sender, "<>") + ">")
	reply := say("RCPT TO:<" + c.rcpt + ">")
	if strings.HasPrefix(reply, "2") {
		return "OK"
	}
	return reply
}

const oracleMain = `compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.here.example
myorigin = here.example
mydestination = here.example
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
smtpd_relay_restrictions = permit_auth_destination, reject
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_client_connection_count_limit = 0
smtpd_peername_lookup = no
maillog_file_prefixes = %[1]s
maillog_file = %[1]s/mail.log
`

const oracleServices = `pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`

// startOracle starts a private Postfix with one port for each case.
func startOracle(t *testing.T) (addresses []string) {
	if _, err := os.Stat("/usr/lib/postfix/sbin/master"); err != nil {
		t.Skip("Postfix is not installed")
	}
	if os.Getuid() != 0 {
		t.Skip("Postfix can only be started as root")
	}
	dir, err := os.MkdirTemp("/tmp", "pf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Chmod(dir, 0o755))
	for _, d := range []string{"queue", "data", "conf"} {
		must(os.Mkdir(filepath.Join(dir, d), 0o755))
	}
	owner, err := user.Lookup("postfix")
	must(err)
	uid, err := strconv.Atoi(owner.Uid)
	must(err)
	must(os.Chown(filepath.Join(dir, "data"), uid, -1))
	master, ports := oracleServices, []net.Listener(nil)
	for _, c := range oracleCases {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(err)
		ports = append(ports, l)
		addresses = append(addresses, l.Addr().String())
		master += l.Addr().String() + " inet n - n - 5 smtpd\n"
		for name, value := range c.settings {
			master += fmt.Sprintf("  -o { %s = %s }\n", name, value)
		}
	}
	for _, l := range ports {
		l.Close() // only now, so that no port is given twice
	}
	settings := fmt.Sprintf(oracleMain, dir)
	// trivial-rewrite decides for all ports together.
	settings += "relay_domains = relay.example\nvirtual_alias_domains = alias.example\nvirtual_mailbox_domains = box.example\n" +
		"virtual_alias_maps = inline:{u@alias.example=user@here.example}\nvirtual_mailbox_maps = inline:{u@box.example=1}\n"
	must(os.WriteFile(filepath.Join(dir, "conf", "main.cf"), []byte(settings), 0o644))
	must(os.WriteFile(filepath.Join(dir, "conf", "master.cf"), []byte(master), 0o644))
	run := func(verb string) {
		if out, err := exec.Command("postfix", "-c", filepath.Join(dir, "conf"), verb).CombinedOutput(); err != nil {
			t.Errorf("postfix %s: %v\n%s", verb, err, out)
		}
	}
	run("start")
	t.Cleanup(func() {
		run("stop")
		if log, err := os.ReadFile(filepath.Join(dir, "mail.log")); err == nil && t.Failed() && testing.Verbose() {
			t.Logf("%s", log)
		}
	})
	for range 500 {
		if c, err := net.Dial("tcp", addresses[len(addresses)-1]); err == nil {
			c.Close()
			return addresses
		}
		time.Sleep(20 * time.Millisecond) // there is no event to wait for
	}
	t.Fatal("Postfix does not listen")
	return nil
}
