package restrict

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postern/internal/addr"
	"postern/internal/session"
	"postern/test/suites"
)

// transcriptLine is one line of a transcript: a command and what Postfix's
// test program answered and logged.
type transcriptLine struct {
	Cmd, Arg, Reply string
	Log             []string
}

// exceptions are the lines of the transcripts that come out differently, with
// the reason.
var exceptions = map[string]string{
	"smtpd_error.ref mynetworks 168.100.3.1/27": "a network with bits behind its prefix is an error of the configuration here, found when it is read",
	"smtpd_error.ref rewrite ":                  "local_header_rewrite_clients is about rewriting headers, which is the mail server's",
}

func TestTranscripts(t *testing.T) {
	folder := suites.Path(t, "suites", "postfix", "smtpd")
	data, err := os.ReadFile(filepath.Join(folder, "transcripts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var scripts map[string][]transcriptLine
	if err := json.Unmarshal(data, &scripts); err != nil {
		t.Fatal(err)
	}
	zone := porcupine(t, filepath.Join(folder, "..", "zone-porcupine.json"))
	for name, lines := range scripts {
		t.Run(name, func(t *testing.T) {
			p := newPlayer(t, folder, zone)
			for i, line := range lines {
				if line.Cmd == "" {
					continue
				}
				p.play(fmt.Sprintf("%s line %d", name, i), name, line)
			}
			t.Logf("%d replies agree", p.agreed)
		})
	}
}

// porcupine reads the zone of the transcripts.
func porcupine(t *testing.T, path string) *fakeDNS {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var zone struct {
		A, AAAA, TXT, NS map[string][]string
		MX               map[string][][]any
	}
	if err := json.Unmarshal(data, &zone); err != nil {
		t.Fatal(err)
	}
	f := newDNS()
	for kind, names := range map[string]map[string][]string{"A": zone.A, "AAAA": zone.AAAA, "TXT": zone.TXT, "NS": zone.NS} {
		for name, values := range names {
			f.records[name+" "+kind] = values
		}
	}
	for name, records := range zone.MX {
		for _, r := range records {
			f.records[name+" MX"] = append(f.records[name+" MX"], fmt.Sprintf("%v %v", r[0], r[1]))
		}
	}
	return f
}

// player plays transcripts as Postfix's test program does.
type player struct {
	t      *testing.T
	opt    Options
	needs  Needs
	engine *Engine
	stale  bool
	s      session.Session
	st     State
	agreed int
}

func newPlayer(t *testing.T, folder string, zone *fakeDNS) *player {
	p := &player{t: t, opt: DefaultOptions(), needs: Needs{DNS: zone, Tables: newTables(t, folder), Lists: newLists(t, zone)}, stale: true}
	p.opt.OnFailure, p.opt.TempfailAction = "defer", "defer_if_permit"
	p.opt.Hosts.Hostname = "mail.example"
	p.s = session.Session{Protocol: "SMTP", Client: session.Client{
		Name: "localhost", ReverseName: "localhost", IP: netip.MustParseAddr("127.0.0.1"), NameKnown: true}}
	return p
}

// settings gives what a command of the test program sets; nil for commands
// that do something else.
func (p *player) settings(cmd string) *[]string {
	o := &p.opt
	return map[string]*[]string{
		"mynetworks": &o.Hosts.Mynetworks, "relay_clientcerts": &o.Hosts.RelayClientcerts,
		"relay_domains": &o.Addresses.RelayDomains, "mydestination": &o.Addresses.Mydestination,
		"virtual_alias_domains": &o.Addresses.VirtualAliasDomains, "virtual_alias_maps": &o.Addresses.VirtualAliasMaps,
		"virtual_mailbox_domains": &o.Addresses.VirtualMailboxDomains, "virtual_mailbox_maps": &o.Addresses.VirtualMailboxMaps,
		"local_recipient_maps": &o.Addresses.LocalRecipientMaps, "relay_recipient_maps": &o.Addresses.RelayRecipientMaps,
		"canonical_maps": &o.Addresses.CanonicalMaps, "sender_canonical_maps": &o.Addresses.SenderCanonicalMaps,
		"recipient_canonical_maps": &o.Addresses.RecipientCanonicalMaps,
		"maps_rbl_domains":         &o.DNSLists.MapsRBLDomains, "rbl_reply_maps": &o.DNSLists.RBLReplyMaps,
		"smtpd_dns_reply_filter":    &o.DNSLists.ReplyFilter,
		"permit_mx_backup_networks": &o.Hosts.PermitMXBackupNetworks,
		"client_restrictions":       &o.Client, "helo_restrictions": &o.Helo, "sender_restrictions": &o.Sender,
		"relay_restrictions": &o.Relay, "recipient_restrictions": &o.Recipient, "data_restrictions": &o.Data,
	}[cmd]
}

// set changes a setting; false where the command is none.
func (p *player) set(cmd, arg string) bool {
	if into := p.settings(cmd); into != nil {
		*into = []string{arg}
		p.stale = true
		return true
	}
	switch cmd {
	case "smtpd_delay_reject":
		p.opt.DelayReject = arg != "0"
	case "smtpd_null_access_lookup_key":
		p.opt.Addresses.NullAccessLookupKey = arg
	case "recipient_delimiter":
		p.opt.Addresses.RecipientDelimiter = arg
	case "myorigin":
		p.opt.Addresses.Myorigin = arg
	case "fingerprint":
		p.s.TLS = &session.TLS{CertFingerprint: arg, KeyFingerprint: arg}
	case "local_header_rewrite_clients":
	default:
		return false
	}
	p.stale = true
	return true
}

func (p *player) play(where, script string, line transcriptLine) {
	p.t.Helper()
	why, except := exceptions[script+" "+line.Cmd+" "+line.Arg]
	before := p.opt
	if strings.TrimSpace(line.Cmd) == "" || p.set(line.Cmd, strings.TrimSpace(line.Arg)) {
		if except {
			if _, err := New(p.opt, p.needs); err == nil {
				p.t.Errorf("%s: %s %s is taken, though %s", where, line.Cmd, line.Arg, why)
			}
			p.opt = before
		}
		return
	}
	if except {
		return
	}
	if p.stale {
		e, err := New(p.opt, p.needs)
		if err != nil {
			p.t.Fatalf("%s: %v", where, err)
		}
		p.engine, p.stale = e, false
	}
	d := p.run(where, line)
	reply := "OK"
	if d.Action.Refuses() {
		reply = d.Reply.String()
	}
	if reply != line.Reply {
		p.t.Errorf("%s: %s %s\n got %s\nwant %s\nnotes %q", where, line.Cmd, line.Arg, reply, line.Reply, d.Notes)
		return
	}
	p.agreed++
	p.compareLog(where, line, d)
}

// compareLog compares the lines about refusals.
func (p *player) compareLog(where string, line transcriptLine, d Decision) {
	p.t.Helper()
	var want, got []string
	for _, l := range line.Log {
		if _, text, ok := strings.Cut(l, ": reject: "); ok && p.s.Client.IP.IsValid() {
			want = append(want, text)
		}
	}
	for _, n := range d.Notes {
		if n.Kind == "reject" && p.s.Client.IP.IsValid() {
			got = append(got, n.Text)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		p.t.Errorf("%s: logs\n got %q\nwant %q", where, got, want)
	}
}

// run does the commands of the dialogue.
func (p *player) run(where string, line transcriptLine) Decision {
	ctx, arg := context.Background(), strings.TrimSpace(line.Arg)
	switch line.Cmd {
	case "client":
		words := strings.Fields(arg)
		ip, _ := netip.ParseAddr(words[1])
		p.s.Client = session.Client{IP: ip, NameKnown: true}
		if words[0] != "unknown" {
			p.s.Client.Name, p.s.Client.ReverseName = words[0], words[0]
		}
		if len(words) > 2 && words[2] == "4" {
			p.s.Client.Name, p.s.Client.NameFailed = "", true
		}
		return p.engine.Decide(ctx, &p.st, &p.s, Connect, nil)
	case "helo":
		p.s.HELO = arg
		return p.engine.Decide(ctx, &p.st, &p.s, Helo, nil)
	case "mail":
		p.st.ResetMessage()
		p.s.HasSender, p.s.Sender = true, address(arg)
		return p.engine.Decide(ctx, &p.st, &p.s, Mail, nil)
	case "rcpt":
		return p.engine.Decide(ctx, &p.st, &p.s, Rcpt, &session.Recipient{Address: address(arg)})
	case "data":
		return p.engine.Decide(ctx, &p.st, &p.s, Data, nil)
	}
	p.t.Fatalf("%s: unknown command %q", where, line.Cmd)
	return Decision{}
}

// address reads an address as the test program does.
func address(path string) addr.Address {
	a, _ := addr.ParsePath(path)
	return a
}
