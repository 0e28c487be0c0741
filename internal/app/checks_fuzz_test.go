package app

import (
	"net/netip"
	"testing"
	"time"

	"postern/internal/check"
	"postern/internal/check/checktest"
	"postern/internal/config"
	"postern/internal/message"
)

// FuzzChecks lets every check that only computes look at arbitrary bytes: none
// may panic or report a symbol that it does not declare.
func FuzzChecks(f *testing.F) {
	var checks []check.Check
	declared := map[string]bool{}
	for _, c := range Checks(config.Default()) {
		if c.Info().Waits {
			continue
		}
		checks = append(checks, c)
		for _, s := range c.Info().Symbols {
			declared[s.Name] = true
		}
	}
	f.Add([]byte(checktest.Clean), "mail.example.com", "192.0.2.1")
	f.Add([]byte("Content-Type: multipart/digest; boundary=\"----=_NextPart_000_0012_0102FFA4.6BD8E8F0\"\r\nX-Mailer: iPhone Mail (\r\nMessage-ID: <$$$@yahoo.com>\r\nReceived: from [1.2.3.4] by 1.2.3.4; +0000\r\n\r\n"), "[1.2.3", "::1")
	f.Add([]byte("Content-Type: text/html\r\n\r\n<a href=\"http://a@[::1]:1/\">www.</a><img width=9999999 src=data:text/html;base64,><form><input type=password>"), "-.", "")
	f.Fuzz(func(t *testing.T, raw []byte, helo, ip string) {
		s := checktest.Session()
		s.HELO, s.Client.Name = helo, helo
		s.Client.IP, _ = netip.ParseAddr(ip)
		tx := &check.Transaction{Session: s, Message: message.Parse(raw, message.DefaultLimits()), Now: time.Unix(1.7e9, 0)}
		for _, c := range checks {
			var r check.Report
			if err := c.Run(t.Context(), tx, &r); err != nil {
				t.Fatalf("check %s: %v", c.Info().Name, err)
			}
			for _, found := range r.Found() {
				if !declared[found.Symbol] {
					t.Fatalf("check %s reports %s, which it does not declare", c.Info().Name, found.Symbol)
				}
			}
		}
	})
}
