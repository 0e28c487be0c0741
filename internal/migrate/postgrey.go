package migrate

import (
	"os"
	"strconv"
	"strings"
	"time"

	"postern/internal/greylist"
)

// readPostgreyDefaults reads the shell variables that postgrey is started
// with: POSTGREY_OPTS and POSTGREY_TEXT.
func readPostgreyDefaults(file, data string, odd *notes) *greyOptions {
	g := &greyOptions{from: file}
	lines := strings.Split(data, "\n")
	for i := 0; i < len(lines); i++ {
		line, at := strings.Trim(lines[i], blanks), Place{file, i + 1}
		for strings.HasSuffix(line, "\\") && i+1 < len(lines) {
			i++
			line = line[:len(line)-1] + " " + strings.Trim(lines[i], blanks)
		}
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, found := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		switch {
		case !found:
			odd.add(at, "is not NAME=\"value\": %s", clip(line))
		case name == "POSTGREY_OPTS" || name == "OPTIONS":
			words, ok := shellWords(value)
			if !ok {
				odd.add(at, "a quote is not closed in %s", name)
			}
			g.list = append(g.list, postgreyWords(strings.Join(words, " "), at, odd)...)
		case name == "POSTGREY_TEXT":
			words, _ := shellWords(value)
			if text := strings.Join(words, " "); text != "" {
				g.list = append(g.list, greyOption{"greylist-text", text, at})
			}
		default:
			odd.add(at, "%s is not known here", clip(name))
		}
	}
	return g
}

// shellWords splits a line as a shell does, without replacing anything; ok is
// false where a quote is not closed.
func shellWords(s string) (words []string, ok bool) {
	var b strings.Builder
	quoted, inWord := byte(0), false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && quoted != '\'' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
			inWord = true
		case quoted != 0 && c == quoted:
			quoted = 0
		case quoted == 0 && (c == '"' || c == '\''):
			quoted, inWord = c, true
		case quoted == 0 && isBlank(c):
			if inWord {
				words = append(words, b.String())
			}
			b.Reset()
			inWord = false
		case quoted == 0 && c == '#' && !inWord:
			return words, true
		default:
			b.WriteByte(c)
			inWord = true
		}
	}
	if inWord {
		words = append(words, b.String())
	}
	return words, quoted == 0
}

// postgreyWords reads postgrey's command line: --name=value, --name value,
// --name.
func postgreyWords(line string, at Place, odd *notes) []greyOption {
	words, ok := shellWords(line)
	if !ok {
		odd.add(at, "a quote is not closed in postgrey's options")
	}
	var list []greyOption
	for i := 0; i < len(words); i++ {
		name, dashed := strings.CutPrefix(words[i], "-")
		if !dashed {
			odd.add(at, "%s in postgrey's options is no option", clip(words[i]))
			continue
		}
		name, value, given := strings.Cut(strings.TrimPrefix(name, "-"), "=")
		name = longName(name)
		if !given && !strings.Contains(postgreySwitches, " "+name+" ") && i+1 < len(words) && !strings.HasPrefix(words[i+1], "-") {
			i++
			value = words[i]
		}
		list = append(list, greyOption{name, value, at})
	}
	return list
}

// longName gives the long name of an option that has a short one.
func longName(name string) string {
	if long := map[string]string{"i": "inet", "u": "unix", "d": "daemonize", "v": "verbose", "q": "quiet", "h": "help"}[name]; long != "" {
		return long
	}
	return name
}

const (
	// postgreySwitches are options without a value.
	postgreySwitches = " daemonize verbose quiet help man version lookup-by-subnet lookup-by-host privacy exim "
	// postgreyDaemon are options that are about the daemon.
	postgreyDaemon = " inet unix socketmode daemonize verbose quiet pidfile user group dbdir syslog-facility syslogfacility listen-queue-size hostname exim "
)

// postgrey writes what postgrey's options say.
func (w *greyWriter) postgrey(g *greyOptions) {
	for _, o := range g.list {
		switch o.name {
		case "delay":
			w.convert(o, "delay", duration(o.value, time.Second), wantSeconds)
		case "max-age":
			w.convert(o, "max_age", duration(o.value, 24*time.Hour), "a number of days")
		case "retry-window":
			w.convert(o, "retry_window", retryWindow(o.value), "a number of days, or of hours with an \"h\"")
		case "greylist-text":
			w.took(o, "text", quote(o.value))
		case "greylist-action":
			w.action(o)
		case "lookup-by-subnet":
			w.took(o, "source", quote("subnet"))
		case "lookup-by-host":
			w.took(o, "source", quote("host"))
		case "ipv4cidr":
			w.convert(o, "ipv4_prefix", number(o.value), wantNumber)
		case "ipv6cidr":
			w.convert(o, "ipv6_prefix", number(o.value), wantNumber)
		case "auto-whitelist-clients":
			if o.value == "" {
				o.value = "5"
			}
			w.convert(o, "auto_whitelist_clients", number(o.value), wantNumber)
		case "whitelist-clients":
			w.file(o, "client_files")
		case "whitelist-recipients":
			w.file(o, "recipient_files")
		case "x-greylist-header":
			w.took(o, "header", quote(strings.ReplaceAll(o.value, "postgrey-%v", "postern")))
		case "privacy":
			w.t.greyFate(o, Translated, "Postern never stores addresses, only hashes of them")
		default:
			w.daemon(o, postgreyDaemon)
		}
	}
	w.standardLists(g)
}

// retryWindow reads days, or hours with an "h".
func retryWindow(s string) string {
	if hours, ok := strings.CutSuffix(s, "h"); ok {
		return duration(hours, time.Hour)
	}
	return duration(s, 24*time.Hour)
}

// action writes what postgrey answers.
func (w *greyWriter) action(o greyOption) {
	value := strings.ToLower(o.value)
	if value != "defer_if_permit" && value != "defer" && (len(number(value)) != 3 || value[0] != '4') {
		w.t.odd.add(o.at, "greylist-action=%s: Postern's greylist defers; it can answer defer_if_permit, defer or a code from 400 to 499", clip(o.value))
		w.t.greyFate(o, NoCounterpart, "Postern's greylist only defers")
		return
	}
	w.took(o, "action", quote(value))
}

// file adds a whitelist.
func (w *greyWriter) file(o greyOption, key string) {
	w.add(key, o.value, w.t.show(o.at))
	w.t.greyFate(o, Translated, "[greylist] "+key)
	real, found := w.t.files.find(o.value)
	if found {
		w.check(key, real)
	} else if !strings.HasSuffix(o.value, ".local") {
		w.t.odd.add(o.at, "%s is not here; it could not be looked at", o.value)
	}
}

// check reports the entries of a whitelist that make no sense.
func (w *greyWriter) check(key, real string) {
	f, err := os.Open(real)
	if err != nil {
		w.t.odd.add(Place{File: real}, "cannot be read: %v", err)
		return
	}
	defer f.Close()
	if key == "client_files" {
		_, err = greylist.ReadClients(real, f)
	} else {
		_, err = greylist.ReadAddresses(real, f)
	}
	for _, fault := range faults(err) {
		place, reason := cutPlace(fault.Error(), real)
		w.t.odd.add(place, "%s", reason)
	}
}

// cutPlace takes "file:line:" off the front of an error.
func cutPlace(message, file string) (Place, string) {
	rest, found := strings.CutPrefix(message, file+":")
	number, reason, colon := strings.Cut(rest, ":")
	line, err := strconv.Atoi(number)
	if !found || !colon || err != nil {
		return Place{File: file}, message
	}
	return Place{file, line}, strings.TrimSpace(reason)
}

// standardFiles are where postgrey looks for its lists when it is not told.
var standardFiles = []struct{ key, path string }{
	{"client_files", "/etc/postfix/postgrey_whitelist_clients"},
	{"client_files", "/etc/postfix/postgrey_whitelist_clients.local"},
	{"recipient_files", "/etc/postfix/postgrey_whitelist_recipients"},
	{"recipient_files", "/etc/postfix/postgrey_whitelist_recipients.local"},
	{"client_files", "/etc/postgrey/whitelist_clients"},
	{"client_files", "/etc/postgrey/whitelist_clients.local"},
	{"recipient_files", "/etc/postgrey/whitelist_recipients"},
	{"recipient_files", "/etc/postgrey/whitelist_recipients.local"},
}

// standardLists adds the lists that postgrey reads without being told to.
func (w *greyWriter) standardLists(g *greyOptions) {
	given := map[string]bool{}
	_, given["client_files"] = g.get("whitelist-clients")
	_, given["recipient_files"] = g.get("whitelist-recipients")
	found := map[string]bool{}
	for _, f := range standardFiles {
		if given[f.key] {
			continue
		}
		if real, ok := w.t.files.find(f.path); ok {
			found[f.key] = true
			comment := "postgrey reads it without being told to"
			if real != f.path {
				comment += "; it is here as " + w.t.show(Place{File: real})
			}
			w.add(f.key, f.path, comment)
			w.check(f.key, real)
		}
	}
	if !found["client_files"] && !given["client_files"] {
		w.t.odd.add(w.t.grey.at, "postgrey's whitelist_clients is not here: copy it beside main.cf and translate again, or put its path into client_files of [greylist]")
	}
}
