package restrict

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"postern/internal/unit"
)

// PolicyOptions say how policy services are asked (SMTPD_POLICY_README).
// A service in braces can set its own.
type PolicyOptions struct {
	// Timeout of one request.
	Timeout unit.Duration `toml:"timeout"`
	// TryLimit is how often a request is tried, RetryDelay the pause between.
	TryLimit   int           `toml:"try_limit"`
	RetryDelay unit.Duration `toml:"retry_delay"`
	// MaxIdle and MaxTTL bound how long a connection is kept without a
	// request, and in all.
	MaxIdle unit.Duration `toml:"max_idle"`
	MaxTTL  unit.Duration `toml:"max_ttl"`
	// RequestLimit is how many requests one connection serves; 0 means any.
	RequestLimit int `toml:"request_limit"`
	// DefaultAction is done when the service does not answer, in the words of
	// access(5). Empty means what on_failure says.
	DefaultAction string `toml:"default_action"`
	// Context is passed to the service as policy_context.
	Context string `toml:"policy_context"`
	// QueueDirectory is where the paths of Unix sockets begin that do not
	// begin with "/".
	QueueDirectory string `toml:"queue_directory"`
}

// DefaultPolicyOptions are Postfix's defaults, except that a service that
// does not answer is passed over.
func DefaultPolicyOptions() PolicyOptions {
	return PolicyOptions{
		Timeout: unit.Duration(100 * time.Second), TryLimit: 2, RetryDelay: unit.Duration(time.Second),
		MaxIdle: unit.Duration(300 * time.Second), MaxTTL: unit.Duration(1000 * time.Second),
		QueueDirectory: "/var/spool/postfix",
	}
}

// validate judges the options.
func (o *PolicyOptions) validate() error {
	var faults []error
	if o.Timeout <= 0 {
		faults = append(faults, unit.BadKey("policy.timeout", "must be more than nothing"))
	}
	if o.TryLimit < 1 || o.TryLimit > 100 {
		faults = append(faults, unit.BadKey("policy.try_limit", "must be from 1 to 100"))
	}
	if o.RequestLimit < 0 {
		faults = append(faults, unit.BadKey("policy.request_limit", "must not be negative"))
	}
	return errors.Join(faults...)
}

// policyService is one policy service and the connections to it.
type policyService struct {
	spec             string
	network, address string
	opt              PolicyOptions
	now              func() time.Time

	mu     sync.Mutex
	idle   []*policyConn
	closed bool
}

// parsePolicyService reads "inet:host:port", "unix:path" or one of these with
// options in braces.
func parsePolicyService(spec string, opt PolicyOptions) (*policyService, error) {
	s := &policyService{spec: spec, opt: opt, now: time.Now}
	text, braced := inner(spec)
	words := []token{{text: text}}
	if braced {
		var err error
		if words, err = tokenize("policy", []string{text}); err != nil {
			return nil, err
		}
		if len(words) == 0 {
			return nil, errors.New("the braces are empty, want a service such as inet:127.0.0.1:10023")
		}
	}
	for _, w := range words[1:] {
		if err := s.set(w.text); err != nil {
			return nil, err
		}
	}
	return s, s.locate(words[0].text)
}

// locate reads where the service is.
func (s *policyService) locate(where string) error {
	kind, rest, _ := strings.Cut(where, ":")
	switch kind {
	case "inet":
		host, port, err := net.SplitHostPort(rest)
		if err != nil && !strings.Contains(rest, ":") {
			host, port, err = "127.0.0.1", rest, nil
		}
		if err != nil || port == "" {
			return fmt.Errorf("policy service %s lacks its port, want inet:host:port", quoteClip(where))
		}
		if host == "" || host == "localhost" {
			host = "127.0.0.1"
		}
		s.network, s.address = "tcp", net.JoinHostPort(host, port)
	case "unix", "local":
		if rest == "" {
			return fmt.Errorf("policy service %s lacks its path", quoteClip(where))
		}
		if !filepath.IsAbs(rest) {
			rest = filepath.Join(s.opt.QueueDirectory, rest)
		}
		s.network, s.address = "unix", rest
	default:
		return fmt.Errorf("policy service %s: want inet:host:port or unix:path", quoteClip(where))
	}
	return nil
}

// set reads one option, "name=value" or "{name = value}".
func (s *policyService) set(text string) (err error) {
	text, _ = inner(text)
	name, value, ok := strings.Cut(text, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if !ok {
		return fmt.Errorf("policy service: %s is not name=value", quoteClip(text))
	}
	duration := func(into *unit.Duration) {
		var d time.Duration
		d, err = parseSeconds(value)
		*into = unit.Duration(d)
	}
	number := func(into *int) { *into, err = strconv.Atoi(value) }
	switch name {
	case "timeout":
		duration(&s.opt.Timeout)
	case "retry_delay":
		duration(&s.opt.RetryDelay)
	case "max_idle":
		duration(&s.opt.MaxIdle)
	case "max_ttl":
		duration(&s.opt.MaxTTL)
	case "try_limit":
		number(&s.opt.TryLimit)
	case "request_limit":
		number(&s.opt.RequestLimit)
	case "default_action":
		s.opt.DefaultAction = value
	case "policy_context":
		s.opt.Context = value
	default:
		return fmt.Errorf("policy service: unknown option %s; known are default_action, max_idle, max_ttl, policy_context, request_limit, retry_delay, timeout and try_limit", quoteClip(name))
	}
	if err == nil {
		err = s.opt.validate()
	}
	if err != nil {
		return fmt.Errorf("policy service: %s: %w", quoteClip(text), err)
	}
	return nil
}
