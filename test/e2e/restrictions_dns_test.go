package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"postern/internal/dns/dnstest"
)

// Clients of the comparison with DNS; DNS lists are only asked about
// addresses of the open internet, which are never connected to here.
const (
	onList    = "NAME=mail.example.com ADDR=9.9.9.10 REVERSE_NAME=mail.example.com"
	notOnList = "NAME=mail.example.com ADDR=9.9.9.11 REVERSE_NAME=mail.example.com"
	badName   = "NAME=mail.bad.test ADDR=192.0.2.1 REVERSE_NAME=mail.bad.test"
	badUnsure = "NAME=[UNAVAILABLE] ADDR=192.0.2.1 REVERSE_NAME=mail.bad.test"
	goodName  = "NAME=mail.good.test ADDR=192.0.2.1 REVERSE_NAME=mail.good.test"
	loggedIn  = onList + " LOGIN="
	noName    = "NAME=[UNAVAILABLE] ADDR=192.0.2.1 REVERSE_NAME=[UNAVAILABLE]"
)

// restrictionsZone is what the name server of the comparison knows. Names of
// which it knows nothing do not exist; broken.test cannot be looked up.
const restrictionsZone = `
mail.example.com A 192.0.2.1
example.com MX 10 mail.example.com
onlya.test A 192.0.2.1
onlyaaaa.test AAAA 2001:db8::1
onlymx.test MX 10 gone.test
onlytext.test TXT "nothing else"
nullmx.test MX 0 .
oddmx.test MX 10 -odd-.test
alias.test CNAME onlya.test
dangling.test CNAME gone.test
backed.test MX 10 mx.good.test
backed.test MX 20 mx.ours.test
oursfirst.test MX 10 mx.ours.test
oursfirst.test MX 20 mx.good.test
mx.ours.test A 192.0.2.250

good.test MX 10 mx.good.test
good.test NS ns.good.test
good.test A 192.0.2.10
mail.good.test A 192.0.2.10
mx.good.test A 192.0.2.10
ns.good.test A 192.0.2.10
bad.test MX 10 mx.good.test
bad.test MX 20 mx.rogue.test
bad.test NS ns.rogue.test
bad.test A 198.51.100.7
mail.bad.test MX 10 mx.rogue.test
mail.bad.test A 198.51.100.7
mx.rogue.test A 198.51.100.8
halfmx.test MX 10 broken.test
halfmx.test MX 20 mx.rogue.test
addressmx.test MX 10 198.51.100.8
aliasmx.test CNAME bad.test
ns.rogue.test A 198.51.100.9

2.0.0.127.bl.test A 127.0.0.2
10.9.9.9.bl.test A 127.0.0.2
10.9.9.9.bl.test A 127.0.0.10
10.9.9.9.bl.test TXT "seen sending spam"
1.2.0.192.bl.test A 127.0.0.2
10.9.9.9.alias.bl.test CNAME 10.9.9.9.bl.test
2.0.0.127.alias.bl.test A 127.0.0.2
2.0.0.127.texts.test A 127.0.0.2
10.9.9.9.texts.test A 127.0.0.2
10.9.9.9.texts.test TXT "one"
10.9.9.9.texts.test TXT "two"
2.0.0.127.badtext.test A 127.0.0.2
10.9.9.9.badtext.test A 127.0.0.2
10.9.9.9.badtext.test TXT "see $sender é there"
2.0.0.127.quiet.test A 127.0.0.2
10.9.9.9.quiet.test A 127.0.0.4
2.0.0.127.odd.test A 127.0.0.2
10.9.9.9.odd.test A 10.0.0.1
2.0.0.127.tpl.test A 127.0.0.2
10.9.9.9.tpl.test A 127.0.0.2
10.9.9.9.tpl.test TXT "seen sending spam"
2.0.0.127.all.test A 127.0.0.2
1.0.0.127.all.test A 127.0.0.2
*.all.test A 127.0.0.2
2.0.0.127.refusing.test A 127.0.0.2
10.9.9.9.refusing.test A 127.255.255.254
2.0.0.127.wl.test A 127.0.0.2
10.9.9.9.wl.test A 127.0.10.1
test.dbl.test A 127.0.0.2
bad.test.dbl.test A 127.0.1.2
bad.test.dbl.test TXT "spam domain"
mail.bad.test.dbl.test A 127.0.1.2
mail.bad.test.dbl.test TXT "spam host"
bad.example.dbl.test A 127.0.1.2
`

// blocked is the usual text about a client on a list.
const blocked = "Service unavailable; Client host [9.9.9.10] blocked using "

// dnsRestrictions are cases that need DNS.
var dnsRestrictions = []restriction{
	{name: "helogone", list: "reject_unknown_helo_hostname", helo: "gone.test", fires: "450 4.7.1", text: "<gone.test>: Helo command rejected: Host not found"},
	{name: "helobroken", list: "reject_unknown_helo_hostname", helo: "broken.test", fires: "450 4.7.1", text: "<broken.test>: Helo command rejected: Host not found"},
	{name: "helobrokenreject", list: "reject_unknown_helo_hostname, reject", helo: "broken.test", fires: "554 5.7.1", passes: &said{}},
	{name: "helotext", list: "reject_unknown_helo_hostname", helo: "onlytext.test", fires: "450 4.7.1", passes: &said{helo: "onlymx.test"}},
	{name: "heloalias", list: "reject_unknown_helo_hostname", helo: "dangling.test", fires: "450 4.7.1", passes: &said{helo: "alias.test"}},
	{name: "helonullmx", list: "reject_unknown_helo_hostname", helo: "nullmx.test"},
	{name: "heloaaaa", list: "reject_unknown_helo_hostname", helo: "onlyaaaa.test"},
	{name: "heloliteral", list: "reject_unknown_helo_hostname", helo: "[192.0.2.300]", fires: "501 5.5.2", passes: &said{helo: "[192.0.2.1]"}},
	{name: "heloaddress", list: "reject_unknown_helo_hostname", helo: "192.0.2.1", fires: "450 4.7.1"},
	{name: "helodot", list: "reject_unknown_helo_hostname", helo: "onlya.test.", fires: "450 4.7.1", differs: taken},

	{name: "sendergone", list: "reject_unknown_sender_domain", sender: "a@gone.test", fires: "450 4.1.8", byPolicy: "450 4.1.2",
		text: "<a@gone.test>: Sender address rejected: Domain not found"},
	{name: "sendertext", list: "reject_unknown_sender_domain", sender: "a@onlytext.test", fires: "450 4.1.8", byPolicy: "450 4.1.2"},
	{name: "sendernullmx", list: "reject_unknown_sender_domain", sender: "a@nullmx.test", fires: "550 5.7.27",
		text: "<a@nullmx.test>: Sender address rejected: Domain nullmx.test does not accept mail (nullMX)"},
	{name: "senderbroken", list: "reject_unknown_sender_domain", sender: "a@broken.test", fires: "450 4.1.8", byPolicy: "450 4.1.2",
		text: "<a@broken.test>: Sender address rejected: Domain not found"},
	{name: "senderbrokenreject", list: "reject_unknown_sender_domain, reject", sender: "a@broken.test", fires: "554 5.7.1", passes: &said{}},
	{name: "sendergonereject", list: "reject_unknown_sender_domain, reject", sender: "a@gone.test", fires: "450 4.1.8", byPolicy: "450 4.1.2", passes: &said{}},
	{name: "senderoddmx", list: "reject_unknown_sender_domain", sender: "a@oddmx.test", fires: "450 4.1.8", byPolicy: "450 4.1.2", text: "Malformed DNS server reply"},
	{name: "sendera", list: "reject_unknown_sender_domain", sender: "a@onlya.test"},
	{name: "senderaaaa", list: "reject_unknown_sender_domain", sender: "a@onlyaaaa.test"},
	{name: "sendermx", list: "reject_unknown_sender_domain", sender: "a@onlymx.test"},
	{name: "senderalias", list: "reject_unknown_sender_domain", sender: "a@dangling.test", fires: "450 4.1.8", byPolicy: "450 4.1.2", passes: &said{sender: "a@alias.test"}},
	{name: "senderrelay", list: "reject_unknown_sender_domain", sender: "a@example.org", fires: "450 4.1.8", byPolicy: "450 4.1.2"},
	{name: "senderliteral", list: "reject_unknown_sender_domain", sender: "a@[192.0.2.1]"},
	{name: "sendernull", list: "reject_unknown_sender_domain", sender: "<>"},

	{name: "rcptgone", list: "reject_unknown_recipient_domain", to: "b@gone.test", passesTo: "b@onlya.test", fires: "450 4.1.2"},
	{name: "rcptbroken", list: "reject_unknown_recipient_domain", to: "b@broken.test", fires: "450 4.1.2", passes: &said{}},
	{name: "rcptnullmx", list: "reject_unknown_recipient_domain", to: "b@nullmx.test", passesTo: "b@onlymx.test", fires: "556 5.1.10", byPolicy: "556 5.1.0"},

	{name: "rbl", list: "reject_rbl_client bl.test", client: onList, fires: "554 5.7.1", text: blocked + "bl.test; seen sending spam", passes: &said{client: notOnList}},
	{name: "rblquiet", list: "reject_rbl_client quiet.test", client: onList, fires: "554 5.7.1", text: blocked + "quiet.test", passes: &said{client: notOnList}},
	{name: "rblfilter", list: "reject_rbl_client bl.test=127.0.0.2", client: onList, fires: "554 5.7.1", text: blocked + "bl.test; seen sending spam", passes: &said{client: notOnList}},
	{name: "rblrange", list: "reject_rbl_client bl.test=127.0.0.[3;9..11]", client: onList, fires: "554 5.7.1", passes: &said{client: notOnList}},
	{name: "rblother", list: "reject_rbl_client bl.test=127.0.0.[3..9]", client: onList},
	{name: "rblwarn", list: "warn_if_reject reject_rbl_client bl.test", client: onList},
	{name: "rblsecond", list: "reject_rbl_client quiet.test=127.0.0.9, reject_rbl_client bl.test", client: onList, fires: "554 5.7.1", text: "using bl.test;", passes: &said{client: notOnList}},
	{name: "rblbroken", list: "reject_rbl_client broken.test, reject_rbl_client bl.test", client: onList, fires: "554 5.7.1", text: "using bl.test;", passes: &said{client: notOnList}},
	{name: "rbltemplate", list: "reject_rbl_client tpl.test", client: onList, fires: "550 5.7.9",
		text: "9.9.9.10 Client host tpl.test mail.example.com mail.example.com alice@example.com example.net (seen sending spam)", passes: &said{client: notOnList}},
	{name: "rbltexts", list: "reject_rbl_client texts.test", client: onList, fires: "554 5.7.1", text: blocked + "texts.test; one / two", passes: &said{client: notOnList}},
	{name: "rbltextbad", list: "reject_rbl_client badtext.test", client: onList, fires: "554 5.7.1", text: blocked + "badtext.test; see $sender    there", passes: &said{client: notOnList}},
	{name: "rblalias", list: "reject_rbl_client alias.bl.test", client: onList, fires: "554 5.7.1", text: blocked + "alias.bl.test; seen sending spam", passes: &said{client: notOnList}},
	{name: "rblcase", list: "reject_rbl_client BL.test", client: onList, fires: "554 5.7.1", passes: &said{client: notOnList}},
	{name: "rblodd", list: "reject_rbl_client odd.test", client: onList, fires: "554 5.7.1", differs: taken, passes: &said{client: notOnList}},
	{name: "rblall", list: "reject_rbl_client all.test", client: onList, fires: "554 5.7.1", differs: taken, passes: &said{}},
	{name: "rblrefusing", list: "reject_rbl_client refusing.test", client: onList, fires: "554 5.7.1", differs: taken, passes: &said{client: notOnList}},
	{name: "rblreserved", list: "reject_rbl_client bl.test", fires: "554 5.7.1", differs: taken, passes: &said{client: notOnList}},

	{name: "rhsblhelodot", list: "reject_rhsbl_helo dbl.test", helo: "mail.bad.test.", differs: "554 5.7.1"},
	{name: "rhsblheloaddress", list: "reject_rhsbl_helo all.test", helo: "[192.0.2.1]"},
	{name: "rhsblsendercase", list: "reject_rhsbl_sender dbl.test", sender: "A@Bad.Test", fires: "554 5.7.1"},
	{name: "rhsblsendersub", list: "reject_rhsbl_sender dbl.test", sender: "a@sub.bad.test"},
	{name: "rhsblclient", list: "reject_rhsbl_client dbl.test", client: badName, fires: "554 5.7.1",
		text: "Service unavailable; Client host [mail.bad.test] blocked using dbl.test; spam host", passes: &said{client: badUnsure}},
	{name: "rhsblreverse", list: "reject_rhsbl_reverse_client dbl.test", client: badUnsure, fires: "554 5.7.1",
		text: "Service unavailable; Unverified Client host [mail.bad.test] blocked using dbl.test; spam host", passes: &said{client: noName}},
	{name: "rhsblhelo", list: "reject_rhsbl_helo dbl.test", helo: "mail.bad.test", fires: "554 5.7.1",
		text: "Service unavailable; Helo command [mail.bad.test] blocked using dbl.test; spam host"},
	{name: "rhsblsender", list: "reject_rhsbl_sender dbl.test", sender: "a@bad.test", fires: "554 5.7.1",
		text: "Service unavailable; Sender address [a@bad.test] blocked using dbl.test; spam domain"},
	{name: "rhsblsendernull", list: "reject_rhsbl_sender dbl.test", sender: "<>"},
	{name: "rhsblsenderfilter", list: "reject_rhsbl_sender dbl.test=127.0.1.[2..3]", sender: "a@bad.test", fires: "554 5.7.1", passes: &said{sender: "a@good.test"}},
	{name: "rhsblsenderother", list: "reject_rhsbl_sender dbl.test=127.0.2.[2..3]", sender: "a@bad.test"},
	{name: "rhsblrcpt", list: "reject_rhsbl_recipient dbl.test", to: "rhsblrcpt@bad.example", passesTo: "rhsblrcpt@example.net", fires: "554 5.7.1",
		text: "Service unavailable; Recipient address [rhsblrcpt@bad.example] blocked using dbl.test"},

	{name: "dnswl", list: "permit_dnswl_client wl.test, reject", client: notOnList, fires: "554 5.7.1", passes: &said{client: onList}},
	{name: "dnswlfilter", list: "permit_dnswl_client wl.test=127.0.[1..9].[0..255], reject", client: onList, fires: "554 5.7.1", passes: &said{}},
	{name: "dnswlrelay", list: "permit_dnswl_client wl.test, reject", client: onList, to: "w@elsewhere.test", fires: "554 5.7.1", passes: &said{}},
	{name: "dnswlbroken", list: "permit_dnswl_client broken.test, reject", client: onList, fires: "450 4.7.1", differs: "554 5.7.1", passes: &said{}},
	{name: "rhswl", list: "permit_rhswl_client dbl.test, reject", client: badUnsure, fires: "554 5.7.1", passes: &said{client: badName}},

	{name: "sendermxhost", list: "check_sender_mx_access inline:{mx.rogue.test=REJECT}", sender: "a@bad.test", fires: "554 5.7.1", passes: &said{sender: "a@good.test"}},
	{name: "sendermxparent", list: "check_sender_mx_access inline:{{rogue.test = 553 5.1.8 rogue}}", sender: "a@bad.test", fires: "553 5.1.8", byPolicy: "553 5.1.2", text: "Sender address rejected: rogue"},
	{name: "sendermxnet", list: "check_sender_mx_access cidr:{{198.51.100.8/31 REJECT}}", sender: "a@bad.test", fires: "554 5.7.1", passes: &said{sender: "a@nullmx.test"}},
	{name: "sendermxnone", list: "check_sender_mx_access inline:{onlya.test=REJECT}", sender: "a@onlya.test", fires: "554 5.7.1", passes: &said{sender: "a@broken.test"}},
	{name: "sendermxgone", list: "check_sender_mx_access inline:{gone.test=REJECT}", sender: "a@gone.test", fires: "554 5.7.1"},
	{name: "sendermxok", list: "check_sender_mx_access inline:{mx.rogue.test=OK}", sender: "a@bad.test", fires: "451 4.3.5"},
	{name: "sendermxdunno", list: "check_sender_mx_access inline:{{mx.rogue.test = DUNNO}, {rogue.test = REJECT}}", sender: "a@bad.test"},
	{name: "sendermxliteral", list: "check_sender_mx_access cidr:{{198.51.100.0/24 REJECT}}", sender: "a@[198.51.100.8]", fires: "554 5.7.1", passes: &said{sender: "a@[192.0.2.1]"}},
	{name: "sendermxmany", list: "check_sender_mx_access cidr:{{198.51.100.8 REJECT}}", sender: "a@halfmx.test", fires: "554 5.7.1", passes: &said{sender: "a@onlymx.test"}},
	{name: "sendermxaddress", list: "check_sender_mx_access cidr:{{198.51.100.8 REJECT}}", sender: "a@addressmx.test", fires: "554 5.7.1"},
	{name: "sendermxalias", list: "check_sender_mx_access inline:{mx.rogue.test=REJECT}", sender: "a@aliasmx.test", fires: "554 5.7.1"},
	{name: "sendermx6", list: "check_sender_mx_access cidr:{{2001:db8::/64 REJECT}}", sender: "a@onlyaaaa.test", differs: "554 5.7.1"},
	{name: "senderns", list: "check_sender_ns_access inline:{ns.rogue.test=REJECT}", sender: "a@bad.test", fires: "554 5.7.1", passes: &said{sender: "a@good.test"}},
	{name: "sendernsbelow", list: "check_sender_ns_access inline:{ns.rogue.test=REJECT}", sender: "a@not.there.bad.test", fires: "554 5.7.1", passes: &said{sender: "a@broken.test"}},
	{name: "sendernsnet", list: "check_sender_ns_access cidr:{{198.51.100.9 DEFER}}", sender: "a@bad.test", fires: "450 4.7.1", passes: &said{sender: "a@[198.51.100.9]"}},
	{name: "sendera4", list: "check_sender_a_access cidr:{{198.51.100.7 REJECT}}", sender: "a@bad.test", fires: "554 5.7.1", passes: &said{sender: "a@good.test"}},
	{name: "senderaname", list: "check_sender_a_access inline:{bad.test=REJECT}", sender: "a@bad.test"},
	{name: "helomx", list: "check_helo_mx_access inline:{mx.rogue.test=REJECT}", helo: "mail.bad.test", fires: "554 5.7.1", passes: &said{helo: "mail.good.test"}},
	{name: "helons", list: "check_helo_ns_access inline:{rogue.test=REJECT}", helo: "mail.bad.test", fires: "554 5.7.1", passes: &said{helo: "[198.51.100.9]"}},
	{name: "heloa", list: "check_helo_a_access cidr:{{198.51.100.0/24 REJECT}}", helo: "mail.bad.test", fires: "554 5.7.1", passes: &said{helo: "gone.test"}},
	{name: "heloabare", list: "check_helo_a_access cidr:{{198.51.100.0/24 REJECT}}", helo: "198.51.100.7", fires: "554 5.7.1", passes: &said{helo: "192.0.2.1"}},
	{name: "clientmx", list: "check_client_mx_access inline:{mx.rogue.test=REJECT}", client: badName, fires: "554 5.7.1", passes: &said{client: badUnsure}},
	{name: "clientns", list: "check_client_ns_access inline:{ns.rogue.test=REJECT}", client: badName, fires: "554 5.7.1", passes: &said{client: goodName}},
	{name: "clienta", list: "check_client_a_access cidr:{{198.51.100.7 REJECT}}", client: badName, fires: "554 5.7.1", passes: &said{client: goodName}},
	{name: "reversemx", list: "check_reverse_client_hostname_mx_access inline:{mx.rogue.test=REJECT}", client: badUnsure, fires: "554 5.7.1", passes: &said{client: noName}},
	{name: "reversens", list: "check_reverse_client_hostname_ns_access inline:{ns.rogue.test=REJECT}", client: badUnsure, fires: "554 5.7.1", passes: &said{client: goodName}},
	{name: "reversea", list: "check_reverse_client_hostname_a_access cidr:{{198.51.100.7 REJECT}}", client: badUnsure, fires: "554 5.7.1", passes: &said{client: goodName}},
	{name: "rcptmx", list: "check_recipient_mx_access inline:{mx.rogue.test=REJECT}", to: "mx@bad.test", passesTo: "mx@good.test", fires: "554 5.7.1"},
	{name: "rcptns", list: "check_recipient_ns_access inline:{ns.rogue.test=REJECT}", to: "ns@bad.test", passesTo: "ns@good.test", fires: "554 5.7.1"},
	{name: "rcpta", list: "check_recipient_a_access cidr:{{198.51.100.7 REJECT}}", to: "a@bad.test", passesTo: "a@good.test", fires: "554 5.7.1"},

	{name: "mxbackup", list: "permit_mx_backup, reject", to: "m@good.test", passesTo: "m@backed.test", fires: "554 5.7.1"},
	{name: "mxprimary", list: "permit_mx_backup, reject", to: "m@oursfirst.test", passesTo: "m@example.net", fires: "554 5.7.1"},
	{name: "mxbroken", list: "permit_mx_backup, reject", to: "m@broken.test", fires: "450 4.4.4", passes: &said{}},
	{name: "clientfailed", list: "reject_unknown_client_hostname", client: "NAME=[TEMPUNAVAIL] ADDR=192.0.2.1 REVERSE_NAME=[TEMPUNAVAIL]", fires: "450 4.7.25"},
	{name: "unauth", list: "reject_unauth_destination", to: "u@elsewhere.test", passesTo: "unauth@sub.example.org", fires: "554 5.7.1", text: "<u@elsewhere.test>: Relay access denied"},
	{name: "unauthroute", list: "reject_unauth_destination", to: "u%elsewhere.test@example.net", fires: "554 5.7.1", passes: &said{}},
	{name: "unauthdefer", list: "defer_unauth_destination", to: "d@elsewhere.test", passesTo: "d@example.net", fires: "454 4.7.1"},
	{name: "auth", list: "permit_auth_destination, reject", to: "p@elsewhere.test", passesTo: "p@example.net", fires: "554 5.7.1"},
	{name: "unlisted", list: "reject_unlisted_recipient, permit", to: "nobody@users.example", passesTo: "known@users.example", fires: "550 5.1.1",
		text: "<nobody@users.example>: Recipient address rejected: User unknown in relay recipient table"},
	{name: "unlistedlast", list: "permit", to: "nobodyelse@users.example", fires: "550 5.1.1", passes: &said{}},
	{name: "unlistedsender", list: "reject_unlisted_sender", sender: "nobody@users.example", fires: "550 5.1.0", byPolicy: "550 5.1.0", passes: &said{sender: "known@users.example"}},
	{name: "login", list: "reject_sender_login_mismatch", sender: "owned@example.com", fires: "553 5.7.1", text: "not logged in"},
	{name: "loginunauth", list: "reject_unauthenticated_sender_login_mismatch", sender: "owned@example.com", fires: "553 5.7.1"},
	{name: "loginauth", list: "reject_authenticated_sender_login_mismatch", sender: "owned@example.com"},
	{name: "loginother", list: "reject_sender_login_mismatch", client: loggedIn + "bob", sender: "owned@example.com", fires: "553 5.7.1",
		text: "Sender address rejected: not owned by user bob", passes: &said{client: loggedIn + "alice", sender: "owned@example.com"}},
	{name: "loginnobodys", list: "reject_sender_login_mismatch", client: loggedIn + "alice", sender: "free@example.com", fires: "553 5.7.1"},
	{name: "loginknown", list: "reject_known_sender_login_mismatch", client: loggedIn + "bob", sender: "owned@example.com", fires: "553 5.7.1",
		passes: &said{client: loggedIn + "bob", sender: "free@example.com"}},
}

// The tables of the comparison, as TOML and main.cf both take them.
const (
	usersTable = "regexp:{{/^known@users\\.example$/ OK}, {/@(.*\\.)?(example\\.net|example\\.org|bad\\.example)$/ OK}}"
	loginTable = "inline:{owned@example.com=alice}"
	// The dollars of the template are doubled for main.cf.
	templates = "inline:{{tpl.test = 550 5.7.9 %[1]srbl_what %[1]srbl_class %[1]srbl_domain %[1]sclient_name %[1]shelo_name %[1]ssender %[1]srecipient_domain%[1]s{rbl_reason? (%[1]srbl_reason)}}}"
)

// TestDNSRestrictionsByEveryWay is TestRestrictionsByEveryWay for what asks
// the DNS.
func TestDNSRestrictionsByEveryWay(t *testing.T) {
	within, server := ownResolver(t, restrictionsZone)
	server.Fail("broken.test", dnstest.ServFail)
	for _, name := range []string{"10.9.9.9.broken.test", "11.9.9.9.broken.test", "1.0.0.127.broken.test", "2.0.0.127.broken.test"} {
		server.Fail(name, dnstest.ServFail)
	}
	const domains = "example.net, example.org, bad.example, users.example"
	b := byEveryWay(t, dnsRestrictions, apart{
		within: within,
		// Whom mail is relayed for is not to be judged before the cases.
		// With smtpd_tls_auth_only no session without TLS asks the server of
		// logins, which is not there: XCLIENT says who logged in.
		whicheverMore: []string{
			"smtpd_relay_restrictions = check_client_access static:OK, reject", "smtpd_recipient_restrictions =",
			"smtpd_sasl_auth_enable = yes", "smtpd_sasl_type = dovecot", "smtpd_sasl_path = private/auth", "smtpd_tls_auth_only = yes",
		},
		restrictions: "on_failure = \"defer\"\nreject_tempfail_action = \"defer_if_permit\"\n",
		lines: []string{
			"relay_domains = " + domains, "proxy_interfaces = 192.0.2.250", "relay_recipient_maps = " + doubled(usersTable), "smtpd_sender_login_maps = " + loginTable,
			"rbl_reply_maps = " + fmt.Sprintf(templates, "$$"),
		},
		addresses: fmt.Sprintf("relay_domains = [%q, %q, %q, %q]\nrelay_recipient_maps = [%s]\nsender_login_maps = [%q]\n",
			"example.net", "example.org", "bad.example", "users.example", quoted(usersTable), loginTable),
		dnsLists: "rbl_reply_maps = [" + quoted(fmt.Sprintf(templates, "$")) + "]\n",
		postern:  "[restrictions.hosts]\nmy_addresses = [\"192.0.2.250\"]\n" + fmt.Sprintf("[dns]\nservers = [%q]\n", server.Addr()),
	})
	for i := range dnsRestrictions {
		t.Run(dnsRestrictions[i].name, func(t *testing.T) { b.compare(t, &dnsRestrictions[i]) })
	}
}

// doubled writes a value for main.cf, where a dollar stands for a parameter.
func doubled(s string) string { return strings.ReplaceAll(s, "$", "$$") }

// ownResolver starts a name server at port 53 of a loopback address, and
// gives the words before a command by which that command asks it and nobody
// else: programs that use the system's resolver know no other port.
func ownResolver(t *testing.T, zone string) (within []string, s *dnstest.Server) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("a name server at port 53 can only be started as root")
	}
	address := ""
	var err error
	for n := 77; n < 97; n++ { // another test may have one
		address = fmt.Sprintf("127.0.0.%d", n)
		if s, err = dnstest.StartAt(address+":53", zone); err == nil {
			break
		}
	}
	if err != nil {
		t.Skipf("no port 53 on loopback for the name server: %v", err)
	}
	t.Cleanup(s.Close)
	conf := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(conf, []byte("nameserver "+address+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	const script = `mount --make-rprivate / && mount --bind "$0" /etc/resolv.conf && exec "$@"`
	within = []string{"unshare", "-m", "sh", "-c", script, conf}
	if out, err := exec.Command(within[0], append(within[1:], "grep", "-qx", "nameserver "+address, "/etc/resolv.conf")...).CombinedOutput(); err != nil {
		t.Skipf("Postfix cannot be given a resolver of its own: %v\n%s", err, out)
	}
	return within, s
}
