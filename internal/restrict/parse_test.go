package restrict

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"postern/internal/unit"
	"postern/test/suites"
)

func TestListFaults(t *testing.T) {
	for _, tt := range []struct {
		name string
		set  func(*Options)
		want string
	}{
		{"misspelt", func(o *Options) { o.Recipient = []string{"permit_mynetworks,", "  reject_unkown_sender_domain"} },
			`recipient[1]: column 3: unknown restriction "reject_unkown_sender_domain"; did you mean "reject_unknown_sender_domain"?`},
		{"nothing like it", func(o *Options) { o.Data = []string{"zzzzzzzzzzzzzzzzzzzzzzz"} },
			`data[0]: column 1: unknown restriction "zzzzzzzzzzzzzzzzzzzzzzz"`},
		{"misspelt class", func(o *Options) { o.Classes = map[string][]string{"friends": nil}; o.Client = []string{"frends"} },
			`client[0]: column 1: unknown restriction "frends"; did you mean "friends"?`},
		{"no table", func(o *Options) { o.Helo = []string{"check_helo_access"} },
			`helo[0]: column 1: check_helo_access lacks a table such as hash:/etc/postfix/access`},
		{"not a table", func(o *Options) { o.Helo = []string{"check_helo_access permit"} },
			`helo[0]: column 19: check_helo_access: "permit" is not a table, want type:name`},
		{"no list", func(o *Options) { o.Client = []string{"permit, reject_rbl_client"} },
			`client[0]: column 9: reject_rbl_client lacks a list's domain such as zen.example.org`},
		{"bad filter", func(o *Options) { o.Client = []string{"reject_rbl_client a.example=127.0.0"} },
			`client[0]: column 19: reject_rbl_client: `},
		{"braces", func(o *Options) { o.Client = []string{"check_policy_service { inet:1:2"} },
			`client[0]: column 22: braces do not match in "{ inet:1:2"`},
		{"policy option", func(o *Options) { o.Client = []string{"check_policy_service { inet:1:2, tmeout=3 }"} },
			`client[0]: column 22: check_policy_service: policy service: unknown option "tmeout"`},
		{"policy where", func(o *Options) { o.Client = []string{"check_policy_service tcp:1:2"} },
			`client[0]: column 22: check_policy_service: policy service "tcp:1:2": want inet:host:port or unix:path`},
		{"bare table at data", func(o *Options) { o.Data = []string{"hash:/x"} },
			`data[0]: column 1: a table needs the name of a restriction here, such as check_sender_access`},
		{"circle", func(o *Options) { o.Classes = map[string][]string{"a": {"b"}, "b": {"permit, a"}} },
			`classes.a: leads back to itself`},
		{"class hides a restriction", func(o *Options) { o.Classes = map[string][]string{"permit": {"reject"}} },
			`classes.permit: is the name of a restriction`},
		{"score", func(o *Options) { o.Recipient = []string{"score big much"} },
			`recipient[0]: column 7: score: "much" is not a score such as 2.5`},
		{"code", func(o *Options) { o.Codes.Reject = 250 }, `codes.reject_code: must be from 400 to 599, not 250`},
		{"failure", func(o *Options) { o.OnFailure = "panic" }, `on_failure: must be "pass" or "defer", not "panic"`},
		{"tempfail", func(o *Options) { o.TempfailAction = "" }, `reject_tempfail_action: must be`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := DefaultOptions()
			tt.set(&o)
			err := o.Validate()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v\nwant %s", err, tt.want)
			}
			var key *unit.KeyError
			if !errors.As(err, &key) {
				t.Errorf("%T is no key error", err)
			}
		})
	}
}

func TestListNotes(t *testing.T) {
	o := DefaultOptions()
	o.Helo = []string{"permit_naked_ip_address, reject_invalid_hostname, permit, reject_unknown_hostname", "warn_if_reject"}
	e, err := New(o, Needs{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"helo[0]: permit_naked_ip_address is obsolete: write permit_mynetworks or permit_sasl_authenticated",
		"helo[0]: reject_invalid_hostname is an old name of reject_invalid_helo_hostname",
		"helo[0]: reject_unknown_hostname is an old name of reject_unknown_helo_hostname",
		"helo: nothing follows the last warn_if_reject",
		"helo: reject_unknown_helo_hostname is never reached, it stands behind permit",
	}
	if !slices.Equal(e.Notes(), want) {
		t.Errorf("got %q", e.Notes())
	}
}

// TestExampleLists reads the lists of administrators' set-ups.
func TestExampleLists(t *testing.T) {
	for _, list := range []string{
		"permit_mynetworks, permit_sasl_authenticated, check_sender_access hash:/etc/postfix/access",
		"reject_rbl_client hostkarma.junkemailfilter.com=127.0.0.2,\n permit_dnswl_client list.dnswl.org=127.0.[0..255].[2..3]",
		"permit_dnswl_client iadb.isipp.com=127.0.2.[1;2], permit_dnswl_client hostkarma.junkemailfilter.com=127.0.0.[1;3;5]",
		"check_policy_service unix:/var/spool/postfix/postgrey/socket, reject_unauth_pipelining,",
		"check_policy_service { inet:127.0.0.1:10023, timeout=10s, default_action=DUNNO, {policy_context = a b} }",
		"check_client_access cidr:{ {10.0.0.0/8 reject}, {!192.0.2.0/24 dunno} }, hash:/usr/local/etc/postfix/smtpd_sender_restrictions",
		"reject_rhsbl_reverse_client dbl.spamhaus.org, WARN_IF_REJECT Reject_RBL_Client psbl.surriel.com",
	} {
		o := DefaultOptions()
		o.Recipient = []string{list}
		if err := o.Validate(); err != nil {
			t.Errorf("%s: %v", list, err)
		}
	}
}

func TestHostnameSuite(t *testing.T) {
	data, err := os.ReadFile(suites.Path(t, "suites", "postfix", "util", "valid_hostname.ref"))
	if err != nil {
		t.Fatal(err)
	}
	names, bad := []string(nil), map[string]bool{}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if _, quoted, ok := strings.Cut(line, `testing: "`); ok {
			names = append(names, strings.TrimSuffix(quoted, `"`))
		} else if strings.Contains(line, "warning: valid_hostname:") {
			bad[names[len(names)-1]] = true
		}
	}
	if len(names) < 50 {
		t.Fatalf("only %d names", len(names))
	}
	for _, name := range names {
		if got := validHostname(name); got == bad[name] {
			t.Errorf("%q: valid %v, want %v", name, got, !bad[name])
		}
	}
}

func FuzzList(f *testing.F) {
	f.Add("permit_mynetworks, reject_rbl_client a.b=127.0.0.[1;3..5], check_policy_service { inet:1:2, timeout=1 }")
	f.Add("warn_if_reject warn_if_reject sleep 5 score A 1 tag b")
	f.Fuzz(func(t *testing.T, text string) {
		o := DefaultOptions()
		o.Recipient = []string{text}
		o.Classes = map[string][]string{"c": {text}}
		if err := o.Validate(); err != nil && err.Error() == "" {
			t.Error("error without a text")
		}
	})
}

func FuzzZone(f *testing.F) {
	f.Add("dnsbl.example=[[1;2].3.4.5]")
	f.Add("a=[1..2].[].3.4")
	f.Fuzz(func(t *testing.T, spec string) {
		if z, err := parseZone(spec); err == nil && z.domain == "" {
			t.Error("zone without a domain")
		}
	})
}
