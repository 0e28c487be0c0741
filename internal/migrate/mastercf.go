package migrate

import (
	"strings"
)

// service is one of master.cf(5).
type service struct {
	name, kind, command string
	// args are the command's, without "-o".
	args  []string
	place Place
	last  int
	// line is the service without its "-o".
	line string
	// settings are those of its "-o".
	settings []*entry
}

// title names a service as master.cf does.
func (s *service) title() string { return s.name + " " + s.kind }

// fixedFields stand before the command.
const fixedFields = 7

// readMaster reads master.cf.
func readMaster(file string, data []byte, odd *notes) ([]*service, error) {
	lines, err := logicalLines(file, data, odd)
	if err != nil {
		return nil, err
	}
	var services []*service
	for _, l := range lines {
		words, ok := l.words(blanks)
		s := &service{place: Place{file, l.first}, last: l.last, line: l.plain()}
		if !ok {
			odd.add(s.place, "braces do not match; Postfix does not start with such a line: %s", clip(s.line))
		}
		if len(words) <= fixedFields {
			odd.add(s.place, "a service has at least eight fields; Postfix does not start with such a line: %s", clip(s.line))
			services = append(services, s)
			continue
		}
		s.name, s.kind, s.command = words[0].s, words[1].s, words[fixedFields].s
		s.line = joined(words[:fixedFields+1])
		s.readArgs(words[fixedFields+1:], odd)
		services = append(services, s)
	}
	return services, nil
}

// readArgs tells "-o" from the command's other arguments.
func (s *service) readArgs(words []text, odd *notes) {
	for i := 0; i < len(words); i++ {
		option, found := strings.CutPrefix(words[i].s, "-o")
		if !found || s.command == "spawn" || s.command == "pipe" {
			s.args = append(s.args, words[i].s)
			continue
		}
		w := words[i]
		if option != "" {
			w = w.slice(2, len(w.s))
		} else if i++; i < len(words) {
			w = words[i]
		} else {
			odd.add(w.at(0), "nothing follows the last -o of service %s", s.title())
			return
		}
		s.set(w, odd)
	}
	s.line += withBlank(strings.Join(s.args, " "))
}

// set takes one "name=value" or "{ name = value }".
func (s *service) set(w text, odd *notes) {
	if _, braced := unbrace(w.s); braced {
		w = w.slice(1, len(w.s)-1)
	}
	name, value, fault := splitSetting(w)
	e := &entry{name: name, value: value, place: w.at(0), last: w.at(max(0, len(w.s)-1)).Line, service: s}
	if fault != "" {
		odd.add(e.place, "-o %s: %s", clip(w.s), fault)
		e.name, e.value = "", w
	}
	for _, before := range s.settings {
		if before.name == e.name && before.by == nil && e.name != "" {
			before.by = e
			odd.add(e.place, "%s is set again for service %s; the last one wins", e.name, s.title())
		}
	}
	s.settings = append(s.settings, e)
}

func joined(words []text) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = w.s
	}
	return strings.Join(list, " ")
}

func withBlank(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}

// isSMTPServer tells whether a service is one that clients talk to.
func (s *service) isSMTPServer() bool { return s.command == "smtpd" }

// incoming finds the service that mail from outside comes in by: the one with
// the given name, else the SMTP server on port 25, directly or behind
// postscreen.
func incoming(services []*service, name string) *service {
	for _, s := range services {
		if !s.isSMTPServer() {
			continue
		}
		if name != "" && s.name == name {
			return s
		}
		if name == "" && (s.kind == "inet" && isPort25(s.name) || s.kind == "pass") {
			return s
		}
	}
	return nil
}

// isPort25 tells whether a service's name is port 25 of any address.
func isPort25(name string) bool {
	port := name[strings.LastIndexByte(name, ':')+1:]
	return port == "smtp" || port == "25"
}
