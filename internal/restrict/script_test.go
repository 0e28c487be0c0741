package restrict

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/addr"
	"postern/internal/dns"
	"postern/internal/dnslist"
	"postern/internal/session"
)

// TestScripts plays the dialogues of testdata: one file for each kind of
// restriction. A line is a setting ("client_restrictions reject"), a command
// ("> rcpt a@b.example") or what the command before it must give: the reply
// or OK, "+ SYMBOL" for a finding, "! text" for an effect or something that
// could not be found out. An empty line begins anew.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			w := &script{t: t, path: path}
			w.fresh()
			for scan := bufio.NewScanner(f); scan.Scan(); {
				w.number++
				w.line(strings.TrimSpace(scan.Text()))
			}
			w.settle()
		})
	}
}

// script plays one file.
type script struct {
	*player
	t      *testing.T
	path   string
	number int

	at      int // the line of the last command
	last    Decision
	want    []string
	pending bool
	verify  map[string]Verification
	spf     SPFResult
	grey    Greylisted
	greyErr error
	zone    *fakeDNS
}

func (w *script) fresh() {
	w.zone = newDNS()
	w.player = newPlayer(w.t, "testdata", w.zone)
	w.opt.Addresses.Mydestination = []string{"here.example"}
	w.verify = map[string]Verification{}
	w.needs.Verifier, w.needs.SPF, w.needs.Greylist = w, w, w
	w.s.Client = session.Client{Name: "client.example", ReverseName: "client.example",
		IP: netip.MustParseAddr("198.18.0.1"), NameKnown: true}
	w.s.HELO, w.s.Protocol = "client.example", "ESMTP"
	w.s.HasSender, w.s.Sender = true, address("sender@there.example")
	w.spf, w.grey, w.greyErr = SPFResult{Result: "none"}, Greylisted{Pass: true}, nil
}

func (w *script) Verify(_ context.Context, _ *session.Session, a addr.Address, _ bool) Verification {
	return w.verify[a.String()]
}

func (w *script) SPF(context.Context, *session.Session) SPFResult { return w.spf }

func (w *script) Greylist(context.Context, *session.Session, addr.Address) (Greylisted, error) {
	return w.grey, w.greyErr
}

func (w *script) fail(format string, args ...any) {
	w.t.Helper()
	w.t.Errorf("%s:%d: %s", w.path, w.at, fmt.Sprintf(format, args...))
}

// line does one line.
func (w *script) line(line string) {
	w.t.Helper()
	switch {
	case line == "":
		w.settle()
		w.fresh()
	case line[0] == '#':
	case line[0] == '>':
		w.settle()
		w.command(strings.TrimSpace(line[1:]))
	case w.pending && (line[0] == '+' || line[0] == '!' || line == "OK" || line == "DISCARD" || line == "HANGUP" || '4' <= line[0] && line[0] <= '5'):
		w.want = append(w.want, line)
	default:
		w.settle()
		w.setting(line)
	}
}

// settle compares what the last command gave with what it must give.
func (w *script) settle() {
	w.t.Helper()
	if !w.pending {
		return
	}
	w.pending = false
	d := &w.last
	got := []string{"OK"}
	switch {
	case d.Hangup:
		got[0] = "HANGUP"
	case d.Action.Refuses():
		got[0] = d.Reply.String()
	case d.Action == Discard:
		got[0] = "DISCARD"
	}
	for _, f := range d.Findings {
		text := "+ " + f.Symbol
		if f.Weight != 1 {
			text += " " + strconv.FormatFloat(f.Weight, 'g', -1, 64)
		}
		got = append(got, text)
	}
	for _, u := range d.Unknown {
		got = append(got, "! unknown "+u)
	}
	got = append(got, effects(&d.Effects)...)
	if !slices.Equal(got, w.want) {
		w.fail("\n got %q\nwant %q\nnotes %q", got, w.want, d.Notes)
	}
	w.want = nil
}

func effects(e *Effects) (all []string) {
	for _, h := range e.Prepend {
		all = append(all, "! prepend "+h)
	}
	for _, b := range e.Bcc {
		all = append(all, "! bcc "+b)
	}
	for _, t := range e.Tags {
		all = append(all, "! tag "+t)
	}
	if e.Hold != "" {
		all = append(all, "! hold "+e.Hold)
	}
	if e.Redirect != "" {
		all = append(all, "! redirect "+e.Redirect)
	}
	return all
}

// command evaluates one stage.
func (w *script) command(line string) {
	cmd, arg, _ := strings.Cut(line, " ")
	w.at, w.pending = w.number, true
	if w.stale {
		e, err := New(w.opt, w.needs)
		if err != nil {
			w.t.Fatalf("%s:%d: %v", w.path, w.number, err)
		}
		w.engine, w.stale = e, false
	}
	stage, ok := map[string]Stage{"connect": Connect, "ehlo": Helo, "from": Mail, "vrfy": Vrfy, "data": Data, "eod": EndOfData}[cmd]
	if !ok {
		w.last = w.run(fmt.Sprintf("%s:%d", w.path, w.number), transcriptLine{Cmd: cmd, Arg: arg})
		return
	}
	var rcpt *session.Recipient
	if stage == Vrfy {
		rcpt = &session.Recipient{Address: address(arg)}
	}
	w.last = w.engine.Decide(context.Background(), &w.st, &w.s, stage, rcpt)
}

// setting changes the session, what others answer, or the options.
func (w *script) setting(line string) {
	w.t.Helper()
	cmd, arg, _ := strings.Cut(line, " ")
	arg = strings.TrimSpace(arg)
	if cmd == "zone" {
		fields := strings.SplitN(arg, " ", 3)
		w.zone.add(fields[0], fields[1], fields[2])
		return
	}
	if w.sessionSetting(cmd, arg) || w.option(cmd, arg) || w.set(cmd, arg) {
		return
	}
	w.t.Fatalf("%s:%d: unknown setting %q", w.path, w.number, cmd)
}

func (w *script) sessionSetting(cmd, arg string) bool {
	s := &w.s
	switch cmd {
	case "ip":
		s.Client.IP = netip.MustParseAddr(arg)
	case "name":
		s.Client.Name = arg
	case "reverse":
		s.Client.ReverseName = arg
	case "unasked":
		s.Client = session.Client{IP: s.Client.IP}
	case "namefailed":
		s.Client.Name, s.Client.ReverseName, s.Client.NameFailed = "", "", true
	case "login":
		s.User = arg
	case "tls":
		s.TLS = &session.TLS{Version: "TLSv1.3"}
	case "cert":
		s.TLS = &session.TLS{CertFingerprint: arg, KeyFingerprint: "k" + arg}
	case "verified":
		s.TLS = &session.TLS{CertVerified: true}
	case "pipelined":
		s.Pipelined = true
	case "sayhelo":
		s.HELO = arg
	case "sender":
		s.HasSender, s.Sender = true, address(arg)
	case "nosender":
		s.HasSender, s.Sender = false, addr.Address{}
	case "accepted":
		s.Recipients = append(s.Recipients, session.Recipient{Address: address(arg)})
	case "verify":
		words := strings.SplitN(arg, " ", 3)
		status := map[string]VerifyStatus{"ok": VerifyOK, "pending": VerifyPending, "deferred": VerifyDeferred, "bounced": VerifyBounced, "failed": VerifyFailed}
		w.verify[words[0]] = Verification{Status: status[words[1]], Why: strings.Join(words[2:], "")}
	case "spf":
		w.spf.Result, w.spf.Text, _ = strings.Cut(arg, " ")
		w.spf.Header = "Received-SPF: " + w.spf.Result
	case "greylist":
		w.grey = Greylisted{Pass: arg == "pass", Header: "X-Greylist: waited"}
		if arg == "fail" {
			w.greyErr = context.DeadlineExceeded
		}
	default:
		return false
	}
	return true
}

// option changes an option that the transcripts do not have.
func (w *script) option(cmd, arg string) bool {
	o := &w.opt
	yes := arg == "yes"
	switch cmd {
	case "score":
		o.Score = []string{arg}
	case "eod_restrictions":
		o.EndOfData = []string{arg}
	case "class":
		name, list, _ := strings.Cut(arg, " ")
		if o.Classes == nil {
			o.Classes = map[string][]string{}
		}
		o.Classes[name] = []string{list}
	case "delay_reject":
		o.DelayReject = yes
	case "helo_required":
		o.HeloRequired = yes
	case "relay_first":
		o.RelayBeforeRecipient = yes
	case "reject_unlisted_sender":
		o.RejectUnlistedSender = yes
	case "soft_bounce":
		o.SoftBounce = yes
	case "on_failure":
		o.OnFailure = arg
	case "tempfail":
		o.TempfailAction = arg
	case "hostname":
		o.Hosts.Hostname = arg
	case "my_addresses":
		o.Hosts.MyAddresses = []string{arg}
	case "login_maps":
		o.Addresses.SenderLoginMaps = []string{arg}
	case "untrusted_routing":
		o.Addresses.AllowUntrustedRouting = yes
	case "show_table":
		o.Addresses.ShowUserUnknownTableName = yes
	case "rbl_reply":
		o.DNSLists.DefaultRBLReply = arg
	case "unverified_code":
		o.Codes.UnverifiedSender, _ = strconv.Atoi(arg)
		o.Codes.UnverifiedRecipient = o.Codes.UnverifiedSender
	case "unknown_client_code":
		o.Codes.UnknownClient, _ = strconv.Atoi(arg)
	case "parents":
		o.Hosts.ParentDomainMatchesSubdomains = strings.Fields(arg)
	default:
		return false
	}
	w.stale = true
	return true
}

// waitingLists answers only when as many questions are under way as there are
// lists: asked one after the other they would never answer.
type waitingLists struct {
	lists int
	mu    sync.Mutex
	under map[string]bool
	all   chan struct{}
}

func (w *waitingLists) Listed(ctx context.Context, zone string, _ *dnslist.Filter, _ dnslist.Item) (dnslist.Result, error) {
	w.mu.Lock()
	w.under[zone] = true
	if len(w.under) == w.lists {
		select {
		case <-w.all:
		default:
			close(w.all)
		}
	}
	w.mu.Unlock()
	select {
	case <-w.all:
		return dnslist.Result{Zone: zone, Asked: true}, nil
	case <-ctx.Done():
		return dnslist.Result{}, dns.ErrTemporary
	}
}

func (w *waitingLists) Reason(context.Context, string, dnslist.Item) string { return "" }

func TestListsAreAskedAtTheSameTime(t *testing.T) {
	o := DefaultOptions()
	o.Recipient = []string{"reject_rbl_client a.example, permit_dnswl_client b.example, reject_rhsbl_sender c.example, reject_rhsbl_helo d.example"}
	w := &waitingLists{lists: 4, under: map[string]bool{}, all: make(chan struct{})}
	e, err := New(o, Needs{Lists: w})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	d := e.Decide(ctx, new(State), policySession(), Rcpt, &session.Recipient{Address: address("user@here.example")})
	if len(d.Unknown) > 0 || ctx.Err() != nil {
		t.Errorf("%+v", d)
	}
}
