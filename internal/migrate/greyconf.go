package migrate

import (
	"strconv"
	"strings"
	"time"

	"postern/internal/unit"
)

// mostSeconds bounds times so that they fit a duration.
const mostSeconds = 100 * 365 * 24 * 3600

// duration writes a number of some unit as a duration; "" when it makes no
// sense.
func duration(number string, each time.Duration) string {
	n, err := strconv.ParseUint(number, 10, 63)
	if err != nil || n > uint64(mostSeconds*time.Second/each) {
		return ""
	}
	return quote(unit.Duration(time.Duration(n) * each).String())
}

// number writes a whole number; "" when it is none.
func number(s string) string {
	if n, err := strconv.ParseUint(s, 10, 31); err == nil {
		return strconv.FormatUint(n, 10)
	}
	return ""
}

// flag writes 0 and 1.
func flag(s string) string { return map[string]string{"0": "false", "1": "true"}[s] }

// convert writes a value, or reports it.
func (w *greyWriter) convert(o greyOption, key, value, want string) {
	if value == "" {
		w.bad(o, want)
		return
	}
	w.took(o, key, value)
}

const (
	wantSeconds = "a number of seconds"
	wantNumber  = "a number"
	wantFlag    = "0 or 1"
	daemonOnly  = "how the daemon itself ran, whose place Postern takes"
)

// gld writes what gld.conf says.
func (w *greyWriter) gld(g *greyOptions) {
	lists := false
	for _, o := range g.list {
		switch o.name {
		case "MINTIME":
			w.convert(o, "delay", duration(o.value, time.Second), wantSeconds)
		case "LIGHTGREY":
			source := map[string]string{"0": quote("host"), "1": quote("subnet")}[o.value]
			w.convert(o, "source", source, wantFlag)
		case "MXGREY", "LIGHTGREYDOMAIN":
			w.convert(o, "mx_grey", number(o.value), wantNumber)
		case "ERRACCEPT":
			w.convert(o, "fail_open", flag(o.value), wantFlag)
		case "TRAINING":
			w.convert(o, "training", flag(o.value), wantFlag)
		case "MESSAGE":
			w.message(o)
		case "WHITELIST":
			lists = o.value == "1"
			w.gldWhitelist(o)
		case "DNSWL":
			w.t.greyFate(o, NoCounterpart, "a DNS list that only greylisting asks; to the same end put \"permit_dnswl_client "+o.value+
				"\" before greylist, which passes over what follows in the list too, or set pass_dns_whitelisted")
		default:
			w.daemon(o, gldDaemon)
		}
	}
	if lists || len(g.list) == 0 {
		w.t.odd.add(w.t.grey.at, "gld's table \"whitelist\" is in its database: write its rows into whitelist_clients, whitelist_senders of [greylist]")
	}
	w.key("whitelist_recipients").comment = []string{"gld makes no exception for recipients."}
}

// gldDaemon are options of gld that are about the daemon.
const gldDaemon = " PORT LOOPBACKONLY CLIENTS USER GROUP MAXCON SYSLOG FACILITY KEEPDBOPEN UPDATE SQLHOST SQLUSER SQLPASSWD SQLDB BINDADDR "

func (w *greyWriter) gldWhitelist(o greyOption) {
	if flag(o.value) == "" {
		w.bad(o, wantFlag)
		return
	}
	if o.value == "0" {
		w.t.greyFate(o, Translated, "no whitelist: [greylist] has none that is not written there")
		return
	}
	w.t.greyFate(o, NoCounterpart, "its rows are in gld's database: write them into whitelist_clients and whitelist_senders")
}

// message writes the text that clients are told. In Postern's a "%s" stands
// for something.
func (w *greyWriter) message(o greyOption) {
	if strings.Contains(o.value, "%") {
		w.t.odd.add(o.at, "%s: %%s, %%m and %%r stand for something in Postern's text", o.name)
	}
	code, rest, _ := strings.Cut(o.value, " ")
	if n, err := strconv.Atoi(code); err == nil && n >= 400 && n < 500 {
		w.set("action", quote(code))
		o2 := o
		o2.value = rest
		w.set("text", quote(rest), w.t.show(o.at)+": "+o.name+"="+o.value)
		w.t.greyFate(o, Translated, "[greylist] action, text")
		return
	}
	w.took(o, "text", quote(o.value))
}

// daemon gives an option that is not about greylisting its fate.
func (w *greyWriter) daemon(o greyOption, known string) {
	if !strings.Contains(known, " "+o.name+" ") {
		w.t.odd.add(o.at, "%s is no option of %s that is known here", o.name, w.t.grey.kind)
		w.t.greyFate(o, NoCounterpart, "it is not known what it does")
		return
	}
	if strings.Contains(strings.ToLower(o.name), "pass") {
		o.value = "…" // never print secrets
	}
	w.t.greyFate(o, NotOurs, daemonOnly)
}

// sqlgreyDaemon are options of sqlgrey that are about the daemon.
const sqlgreyDaemon = " user group confdir loglevel log_override log_ident inet pidfile unix db_type db_name db_host db_port db_user db_pass" +
	" db_cleandelay clean_method db_cluster read_hosts admin_mail discrimination_add_rulenr clients_fqdn_whitelist_db max_connect_rate conf_dir "

// sqlgrey writes what sqlgrey.conf says.
func (w *greyWriter) sqlgrey(g *greyOptions) {
	for _, o := range g.list {
		switch o.name {
		case "reconnect_delay":
			w.convert(o, "delay", duration(o.value, time.Minute), "a number of minutes")
		case "max_connect_age":
			w.convert(o, "retry_window", duration(o.value, time.Hour), "a number of hours")
		case "awl_age":
			w.convert(o, "max_age", duration(o.value, 24*time.Hour), "a number of days")
		case "group_domain_level":
			w.convert(o, "group_domain_level", number(o.value), wantNumber)
		case "connect_src_throttle":
			w.convert(o, "throttle", number(o.value), wantNumber)
		case "greymethod":
			source := map[string]string{"full": quote("host"), "classc": quote("subnet"), "smart": quote("smart")}[o.value]
			w.convert(o, "source", source, "full, classc or smart")
		case "optmethod":
			method := map[string]string{"none": quote("none"), "optin": quote("optin"), "optout": quote("optout")}[o.value]
			w.convert(o, "opt_method", method, "none, optin or optout")
		case "prepend":
			w.prepend(o)
		case "reject_first_attempt", "reject_early_reconnect":
			w.sqlgreyReject(o, g)
		case "reject_code":
			w.t.greyFate(o, Translated, "goes into [greylist] action where clients are refused at once")
		case "discrimination":
			w.t.greyFate(o, NoCounterpart, "Postern greylists whoever comes to the restriction: put restrictions before it")
		default:
			w.daemon(o, sqlgreyDaemon)
		}
	}
	w.key("whitelist_recipients").comment = []string{"sqlgrey makes no exception for recipients."}
	w.t.odd.add(w.t.grey.at, "sqlgrey's files clients_ip_whitelist and clients_fqdn_whitelist, with .local, go into client_files of [greylist]; \"*.domain\" is written \"domain\" there")
}

func (w *greyWriter) prepend(o greyOption) {
	switch o.value {
	case "0":
		w.took(o, "header", quote(""))
	case "1":
		w.t.greyFate(o, Translated, "Postern adds such a header by default")
	default:
		w.bad(o, wantFlag)
	}
}

// sqlgreyReject writes whether clients are refused at once or after the rest
// of the list.
func (w *greyWriter) sqlgreyReject(o greyOption, g *greyOptions) {
	code, ok := g.get("reject_code")
	if !ok {
		code = "450"
	}
	action := map[string]string{"delay": quote("defer_if_permit"), "immed": quote(code)}[o.value]
	if other, set := g.get("reject_first_attempt"); o.name == "reject_early_reconnect" && set && other != o.value {
		w.t.greyFate(o, NoCounterpart, "Postern has one action for the first attempt and early ones")
		return
	}
	w.convert(o, "action", action, "delay or immed")
}
