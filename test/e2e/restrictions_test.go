package e2e

import (
	"bufio"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// restriction is one case of the comparison: a list in Postfix's words, what a
// client says, and the reply to its RCPT.
type restriction struct {
	name, list           string
	client, helo, sender string
	fires                string // reply code and enhanced code where it refuses
	passes               *said  // what is said where it must not refuse; nil for the usual
	to, passesTo         string // recipients, where they are not of example.net
	text                 string // a part of the reply
	// byPolicy is what Postfix makes of the answer of a policy service, where
	// that differs: it fits x.1.N codes to the recipient it asked about.
	byPolicy string
	// differs is what Postern replies by design: docs/postfix.md says why.
	differs string
}

// said is what a client says of itself.
type said struct{ client, helo, sender string }

// usual is a client in which nothing is wrong.
var usual = said{"NAME=mail.example.com ADDR=192.0.2.1 REVERSE_NAME=mail.example.com", "mail.example.com", "alice@example.com"}

// restrictions are cases that need no DNS. Each is run by Postfix itself, by
// Postern through the milter door and by Postern through the policy door.
var restrictions = []restriction{
	{name: "reject", list: "reject", fires: "554 5.7.1"},
	{name: "defer", list: "defer", fires: "450 4.3.2"},
	{name: "deferifpermit", list: "defer_if_permit", fires: "450 4.7.0"},
	{name: "warn", list: "warn_if_reject reject"},
	{name: "permitfirst", list: "permit, reject"},
	{name: "invalidhelo", list: "reject_invalid_helo_hostname", helo: "-bad-.example.com", fires: "501 5.5.2"},
	{name: "invalidheloold", list: "reject_invalid_hostname", helo: "a..b", fires: "501 5.5.2"},
	{name: "nonfqdnhelo", list: "reject_non_fqdn_helo_hostname", helo: "localhost", fires: "504 5.5.2"},
	{name: "nonfqdnheloold", list: "reject_non_fqdn_hostname", helo: "pc", fires: "504 5.5.2"},
	{name: "nonfqdnsender", list: "reject_non_fqdn_sender", sender: "alice@localhost", fires: "504 5.5.2"},
	{name: "unknownclient", list: "reject_unknown_client_hostname", client: "NAME=[UNAVAILABLE] ADDR=192.0.2.1 REVERSE_NAME=[UNAVAILABLE]", fires: "450 4.7.25"},
	{name: "unknownreverse", list: "reject_unknown_reverse_client_hostname", client: "NAME=[UNAVAILABLE] ADDR=192.0.2.1 REVERSE_NAME=[UNAVAILABLE]", fires: "450 4.7.1"},
	{name: "unverifiedname", list: "reject_unknown_client_hostname", client: "NAME=[UNAVAILABLE] ADDR=192.0.2.1 REVERSE_NAME=forged.example.com", fires: "450 4.7.25"},
	{name: "clientcidr", list: "check_client_access cidr:{{192.0.2.0/28 REJECT out of here}}", client: "NAME=x.example.com ADDR=192.0.2.9 REVERSE_NAME=x.example.com",
		passes: &said{client: "NAME=x.example.com ADDR=192.0.2.99 REVERSE_NAME=x.example.com"}, fires: "554 5.7.1"},
	{name: "clientname", list: "check_client_access inline:{bad.example=REJECT}", client: "NAME=host.bad.example ADDR=192.0.2.1 REVERSE_NAME=host.bad.example", fires: "554 5.7.1"},
	{name: "clientnet", list: "check_client_access inline:{192.0.3=REJECT}", client: "NAME=a.example.com ADDR=192.0.3.7 REVERSE_NAME=a.example.com", fires: "554 5.7.1"},
	{name: "reverseaccess", list: "check_reverse_client_hostname_access inline:{dyn.example=REJECT}", client: "NAME=[UNAVAILABLE] ADDR=192.0.2.1 REVERSE_NAME=p1.dyn.example", fires: "554 5.7.1"},
	{name: "heloaccess", list: "check_helo_access inline:{ours.example=REJECT}", helo: "ours.example", fires: "554 5.7.1"},
	{name: "senderaccess", list: "check_sender_access inline:{spam.example=REJECT}", sender: "x@sub.spam.example", fires: "554 5.7.1"},
	{name: "senderuser", list: "check_sender_access inline:{spammer@=REJECT}", sender: "spammer@example.com", fires: "554 5.7.1"},
	{name: "nullsender", list: "check_sender_access inline:{<>=REJECT}", sender: "<>", fires: "554 5.7.1"},
	{name: "sendercode", list: "check_sender_access inline:{{spam.example = 553 5.1.8 go away}}", sender: "x@spam.example", fires: "553 5.1.8", byPolicy: "553 5.1.2"},
	{name: "senderdefer", list: "check_sender_access inline:{{spam.example = 421 4.7.1 come back}}", sender: "x@spam.example", fires: "421 4.7.1"},
	{name: "senderdunno", list: "check_sender_access inline:{{x@spam.example = DUNNO}, {spam.example = REJECT}}", sender: "y@spam.example",
		passes: &said{sender: "x@spam.example"}, fires: "554 5.7.1"},
	{name: "senderregexp", list: "check_sender_access regexp:{{/^[0-9]+@/ REJECT digits}}", sender: "12345@example.com", fires: "554 5.7.1"},
	{name: "senderclass", list: "check_sender_access inline:{spam.example=strictclass}", sender: "x@spam.example", helo: "localhost",
		passes: &said{sender: "x@spam.example"}, fires: "504 5.5.2"},
	{name: "plaintext", list: "reject_plaintext_session", fires: "450 4.7.1", passes: &said{}},
}

// byPostfix are three ways to apply the same restrictions.
type byPostfix struct{ itself, milter, policy *postfix }

// apart is what the three ways do not share.
type apart struct {
	within        []string // see startPostfixWithin, for Postfix itself
	lines         []string // of main.cf, for Postfix itself
	postern       string   // sections of Postern's configuration
	restrictions  string   // keys of [restrictions]
	addresses     string   // keys of [restrictions.addresses]
	dnsLists      string   // keys of [restrictions.dns_lists]
	whicheverMore []string // lines of main.cf for all three
}

// byEveryWay starts Postfix with the cases' lists, and Postern behind a
// milter and a policy door. The recipient of a case leads to a class with its
// list.
func byEveryWay(t *testing.T, cases []restriction, a apart) byPostfix {
	t.Helper()
	classes := map[string]string{"strictclass": "reject_non_fqdn_helo_hostname"}
	var items []string
	for _, c := range cases {
		classes["case"+c.name] = c.list
		for _, to := range c.recipients() {
			items = append(items, fmt.Sprintf("{%s = case%s}", to, c.name))
		}
	}
	table := "inline:{" + strings.Join(items, ", ") + "}"
	names := slices.Sorted(maps.Keys(classes))
	lists := append(slices.Clone(a.whicheverMore), "smtpd_restriction_classes = "+strings.Join(names, ", "))
	config := "[restrictions]\nrecipient = [" + quoted("check_recipient_access "+table) + "]\n" + a.restrictions + "\n[restrictions.addresses]\n" + a.addresses +
		"\n[restrictions.dns_lists]\n" + a.dnsLists + "\n[restrictions.classes]\n"
	for _, name := range names {
		lists = append(lists, name+" = "+classes[name])
		config += name + " = [" + quoted(classes[name]) + "]\n"
	}
	lists = append(append(lists, a.lines...), "smtpd_recipient_restrictions = check_recipient_access "+table)
	policyListen := freePort(t)
	d := startPostern(t, config+fmt.Sprintf("[policy]\nlisten = %q\n[greylist]\nmode = \"off\"\n", policyListen)+a.postern)
	return byPostfix{
		itself: startPostfixWithin(t, a.within, lists...),
		milter: startPostfix(t, append(slices.Clone(a.whicheverMore), "smtpd_milters = inet:"+d.milter)...),
		policy: startPostfix(t, append(slices.Clone(a.whicheverMore), "smtpd_recipient_restrictions = check_policy_service inet:"+policyListen)...),
	}
}

// compare runs a case each way.
func (b byPostfix) compare(t *testing.T, c *restriction) {
	to := c.recipients()
	for _, way := range []struct {
		name string
		*postfix
		want string
	}{
		{"Postfix itself", b.itself, c.fires}, {"the milter", b.milter, orElse(c.differs, c.fires)},
		{"the policy", b.policy, orElse(c.byPolicy, orElse(c.differs, c.fires))},
	} {
		want := orElse(way.want, taken)
		got := rcptReply(t, way.address, usual.with(said{c.client, c.helo, c.sender}), to[0])
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s replies %q, want %s", way.name, got, want)
		} else if text := c.textBy(way.postfix == b.policy); want != taken && !strings.Contains(got, text) {
			t.Errorf("%s replies %q without %q", way.name, got, text)
		}
		if c.fires == "" || c.passes != nil && *c.passes == (said{}) || unconditional(c.list) {
			continue
		}
		s := usual
		if c.passes != nil {
			s = usual.with(*c.passes)
		}
		if got := rcptReply(t, way.address, s, to[len(to)-1]); !strings.HasPrefix(got, taken) {
			t.Errorf("%s replies %q to a client in which nothing is wrong", way.name, got)
		}
	}
}

// textBy gives the part of the reply that a way must show. Postfix puts words
// of its own before the text of a policy service, and the service leaves the
// same words out.
func (c *restriction) textBy(policy bool) string {
	if _, text, ok := strings.Cut(c.text, " rejected: "); ok && policy {
		return text
	}
	return c.text
}

// taken is the reply to a recipient that is accepted.
const taken = "250 2.1.5"

// recipients gives the recipient of a case, and another that must pass where
// it has one.
func (c *restriction) recipients() []string {
	list := []string{orElse(c.to, c.name+"@example.net")}
	if c.passesTo != "" {
		list = append(list, c.passesTo)
	}
	return list
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// TestRestrictionsByEveryWay runs every case three times and wants the same
// reply code and enhanced code from Postfix, the milter door and the policy
// door.
func TestRestrictionsByEveryWay(t *testing.T) {
	b := byEveryWay(t, restrictions, apart{})
	for i := range restrictions {
		t.Run(restrictions[i].name, func(t *testing.T) { b.compare(t, &restrictions[i]) })
	}
}

// unconditional tells whether a list refuses everybody.
func unconditional(list string) bool {
	return list == "reject" || list == "defer" || list == "defer_if_permit"
}

// with replaces what is given.
func (s said) with(o said) said {
	if o.client != "" {
		s.client = o.client
	}
	if o.helo != "" {
		s.helo = o.helo
	}
	if o.sender != "" {
		s.sender = strings.Trim(o.sender, "<>")
	}
	return s
}

// quoted writes a literal string of TOML.
func quoted(s string) string { return "'" + s + "'" }

// rcptReply gives the reply to RCPT of a client.
func rcptReply(t *testing.T, address string, s said, recipient string) string {
	t.Helper()
	c, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(60 * time.Second)); err != nil {
		t.Fatal(err)
	}
	d := &dialogue{r: bufio.NewReader(c), c: c}
	d.expect("")
	d.expect("EHLO front.example.net")
	d.expect("XCLIENT " + s.client)
	d.expect("EHLO " + s.helo)
	d.expect("MAIL FROM:<" + s.sender + ">")
	reply := d.expect("RCPT TO:<" + recipient + ">")
	d.expect("QUIT")
	if d.err != nil && reply == "" {
		t.Fatal(d.err)
	}
	return reply
}

// TestTableActions wants what access tables ask for done by the milter door:
// header fields, other recipients, dropped mail.
func TestTableActions(t *testing.T) {
	table := filepath.Join(t.TempDir(), "access")
	if err := os.WriteFile(table, []byte("prepend@example.com PREPEND X-Table: seen\n"+
		"redirect@example.com REDIRECT trap@example.net\nbcc@example.com BCC copy@example.net\ndiscard@example.com DISCARD gone\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, p := behind(t, "[restrictions]\nsender = ["+quoted("check_sender_access hash:"+table)+"]\n")
	send := func(sender string) {
		t.Helper()
		_, final, err := smtpSend(p.address, outsideClient, sender, []string{"bob@example.net"}, clean("from "+sender))
		if err != nil || !strings.HasPrefix(final, "250") {
			t.Fatalf("mail from %s was answered %q, %v", sender, final, err)
		}
	}
	send("discard@example.com")
	send("prepend@example.com")
	if m := p.sink.wait(t, 1)[0]; m.header(t).Get("X-Table") != "seen" || m.header(t).Get("Subject") != "from prepend@example.com" {
		t.Errorf("the field was not added, or dropped mail arrived:\n%s", m.data)
	}
	send("redirect@example.com")
	if m := p.sink.wait(t, 2)[1]; len(m.recipients) != 1 || !strings.Contains(m.recipients[0], "trap@example.net") {
		t.Errorf("redirected mail went to %v", m.recipients)
	}
	send("bcc@example.com")
	all := ""
	for _, m := range p.sink.wait(t, 3)[2:] {
		all += strings.Join(m.recipients, " ")
	}
	if !regexp.MustCompile(`bob@example.net|copy@example.net`).MatchString(all) {
		t.Errorf("mail with a copy went to %s", all)
	}
}
