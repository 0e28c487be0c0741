package e2e

import (
	"fmt"
	"strings"
	"testing"

	"postern/internal/dns/dnstest"
)

// listed is a client that the lists of the test know. The address only
// stands in questions to the test's own server.
const listed = "NAME=mail.example.com ADDR=9.9.9.10 HELO=mail.example.com"

// asking is a configuration that asks only the test's server, and only one
// list.
func asking(s *dnstest.Server) string {
	return fmt.Sprintf(`
[dns]
servers = [%q]
timeout = "200ms"
attempts = 1
deadline = "500ms"
[dns_lists.test]
zone = "bl.example.org"
ask = ["client"]
codes = ["127.0.0.2 RBL_TEST 3.5 Client is listed in the test's list"]
`, s.Addr())
}

// zone is what the test's server knows.
const zone = `
2.0.0.127.bl.example.org A 127.0.0.2
10.9.9.9.bl.example.org A 127.0.0.2
10.9.9.9.bl.example.org TXT "seen sending spam"
example.com TXT "v=spf1 ip4:192.0.2.1 -all"
_dmarc.example.com TXT "v=DMARC1; p=reject"
`

// TestDNSChecks wants what the DNS says of a client on the mail.
func TestDNSChecks(t *testing.T) {
	d, p := behind(t, asking(dnstest.New(t, zone)))
	_, final, err := smtpSend(p.address, listed, "alice@example.com", []string{"bob@example.net"}, clean("Minutes"))
	if err != nil || !strings.HasPrefix(final, "250") {
		t.Fatalf("the mail was answered %q, %v", final, err)
	}
	header := p.sink.wait(t, 1)[0].header(t)
	proved := strings.Join(strings.Fields(header.Get("Authentication-Results")), " ")
	if want := "arc=none; dkim=none; dmarc=fail header.from=example.com; spf=fail smtp.mailfrom=example.com"; !strings.HasSuffix(proved, want) {
		t.Errorf("Authentication-Results is %q, want it to end in %q", proved, want)
	}
	result := header.Get("X-Spamd-Result")
	for _, want := range []string{"RBL_TEST(3.50)", "R_SPF_FAIL(1.00)", "R_DKIM_NA(0.00)", "ARC_NA(0.00)", "DMARC_POLICY_REJECT(2.00)"} {
		if !strings.Contains(result, want) {
			t.Errorf("X-Spamd-Result lacks %s: %s", want, result)
		}
	}
	out := postern(t, "", "status", "--server", "http://"+d.control)
	if !strings.Contains(out, "bl.example.org") {
		t.Errorf("status does not tell of the list:\n%s", out)
	}
}

// TestDNSAway wants mail to flow though no name can be looked up, and the
// verdict to say so.
func TestDNSAway(t *testing.T) {
	s := dnstest.New(t)
	s.Lose("", 1<<20)
	_, p := behind(t, asking(s))
	_, final, err := smtpSend(p.address, listed, "alice@example.com", []string{"bob@example.net"}, clean("Minutes"))
	if err != nil || !strings.HasPrefix(final, "250") {
		t.Fatalf("the mail was answered %q, %v", final, err)
	}
	result := p.sink.wait(t, 1)[0].header(t).Get("X-Spamd-Result")
	if !strings.Contains(result, "R_SPF_DNSFAIL") {
		t.Errorf("X-Spamd-Result does not tell that SPF was not checked: %s", result)
	}
	if strings.Contains(result, "RBL_") {
		t.Errorf("a list that does not answer found something: %s", result)
	}
}
