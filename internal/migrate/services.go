package migrate

import (
	"net"
	"path"
	"strings"
)

// spawned tells which policy service a service of master.cf runs: "" for none
// that is known.
func spawned(s *service) string {
	if s.command != "spawn" {
		return ""
	}
	for _, arg := range s.args {
		name := strings.ToLower(path.Base(strings.TrimPrefix(arg, "argv=")))
		if kind := kindByName(name); kind != "" {
			return kind
		}
	}
	return ""
}

// kindByName tells what a program, or a socket that bears its name, is.
func kindByName(name string) string {
	switch {
	case strings.Contains(name, "policyd-spf"), strings.Contains(name, "policy-spf"), strings.Contains(name, "spf-policy"):
		return SPF
	case strings.Contains(name, "postgrey"):
		return Postgrey
	case strings.Contains(name, "sqlgrey"):
		return Sqlgrey
	case name == "gld" || strings.HasPrefix(name, "gld."):
		return Gld
	}
	return ""
}

// kindByPort gives the service that listens at a port by default.
func kindByPort(port string) string {
	switch port {
	case "10023":
		return Postgrey
	case "2525":
		return Gld
	case "2501":
		return Sqlgrey
	}
	return ""
}

// recognise tells what a policy service is and how that is known; sure is
// false where only its name or port says so.
func (t *translation) recognise(argument string) (kind, how string, sure bool) {
	spec := endpoint(argument)
	for _, written := range []string{argument, spec} {
		if kind := t.o.Policies[written]; kind != "" {
			return kind, "as was said", true
		}
	}
	if kind, how := t.grey.listens(spec); kind != "" {
		return kind, how, true
	}
	scheme, rest, _ := strings.Cut(spec, ":")
	switch scheme {
	case "unix":
		return t.recogniseSocket(rest)
	case "inet":
		_, port, _ := net.SplitHostPort("h:" + rest[strings.LastIndexByte(rest, ':')+1:])
		if kind := kindByPort(port); kind != "" {
			return kind, "whose default port it is", false
		}
	}
	return Keep, "", true
}

// recogniseSocket tells what listens at a Unix socket.
func (t *translation) recogniseSocket(socket string) (kind, how string, sure bool) {
	name := path.Base(socket)
	for _, s := range t.services {
		if s.kind != "unix" || s.name != name || s.command != "spawn" {
			continue
		}
		if kind := spawned(s); kind != "" {
			return kind, "as " + t.show(s.place) + " runs it", true
		}
		return Keep, "", true
	}
	for _, part := range strings.Split(socket, "/") {
		if kind := kindByName(strings.ToLower(part)); kind != "" {
			return kind, "whose name the socket bears", false
		}
	}
	if strings.Contains(strings.ToLower(name), "spf") {
		return SPF, "which the socket is named after", false
	}
	return Keep, "", true
}

// endpoint gives where a policy service listens, without its options.
func endpoint(argument string) string {
	inner, braced := unbrace(argument)
	if !braced {
		return argument
	}
	first, _, _ := strings.Cut(inner, ",")
	return strings.Trim(first, blanks)
}
