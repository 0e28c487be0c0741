package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// postfix is a private Postfix with its own configuration and queue, that
// hands everything on to a sink.
type postfix struct {
	t       testing.TB
	dir     string
	address string
	sink    *sink
	// within are the words before its commands, such as unshare(1).
	within []string
}

// mainCF is the private instance's main.cf; the tests add their lines.
const mainCF = `compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.example.net
mydestination =
local_recipient_maps =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relay_domains = example.net, example.org
relayhost = [127.0.0.1]:%[2]s
smtp_host_lookup = native
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_peername_lookup = no
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_relay_restrictions = permit_mynetworks, permit_auth_destination, reject
default_destination_concurrency_limit = 20
bounce_queue_lifetime = 0
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
maillog_file_prefixes = %[1]s
maillog_file = %[1]s/mail.log
smtpd_banner = $myhostname ESMTP
`

// masterCF is the private instance's master.cf: nothing is chrooted, and
// only the SMTP port is open.
const masterCF = `%s inet n - n - 200 smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`

// startPostfix runs a private Postfix with further lines for its main.cf.
func startPostfix(t testing.TB, lines ...string) *postfix {
	t.Helper()
	return startPostfixWithin(t, nil, lines...)
}

// startPostfixWithin runs it by a command that takes one as its arguments.
func startPostfixWithin(t testing.TB, within []string, lines ...string) *postfix {
	t.Helper()
	if _, err := os.Stat("/usr/lib/postfix/sbin/master"); err != nil {
		t.Skip("Postfix is not installed")
	}
	if os.Getuid() != 0 {
		t.Skip("Postfix can only be started as root")
	}
	p := &postfix{t: t, dir: shortDir(t), address: freePort(t), sink: startSink(t), within: within}
	for _, d := range []string{"queue", "data", "conf"} {
		if err := os.Mkdir(filepath.Join(p.dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p.chown("data")
	_, sinkPort, _ := net.SplitHostPort(p.sink.address)
	p.write("conf/main.cf", replacing(fmt.Sprintf(mainCF, p.dir, sinkPort), lines))
	p.write("conf/master.cf", fmt.Sprintf(masterCF, p.address))
	p.command("start")
	t.Cleanup(func() { p.command("stop") })
	waitForPort(t, p.address)
	return p
}

// replacing adds lines to a main.cf, in the place of earlier ones of the same
// parameter. Each process of Postfix would warn of those that are overridden,
// and so many warnings while it starts, before anybody reads them, bring
// master to a standstill.
func replacing(conf string, lines []string) string {
	order, values := []string{}, map[string]string{}
	for _, line := range append(strings.Split(strings.TrimSpace(conf), "\n"), lines...) {
		name, value, _ := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		if _, old := values[name]; !old {
			order = append(order, name)
		}
		values[name] = strings.TrimSpace(value)
	}
	var b strings.Builder
	for _, name := range order {
		fmt.Fprintf(&b, "%s = %s\n", name, values[name])
	}
	return b.String()
}

// shortDir makes a folder whose path is short enough for Unix sockets within.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "pf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// chown gives a folder to Postfix's user.
func (p *postfix) chown(name string) {
	p.t.Helper()
	u, err := user.Lookup("postfix")
	if err != nil {
		p.t.Fatal(err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.Chown(filepath.Join(p.dir, name), uid, -1); err != nil {
		p.t.Fatal(err)
	}
}

func (p *postfix) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// command runs postfix(1) on the instance.
func (p *postfix) command(verb string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	words := append(slices.Clone(p.within), "/usr/sbin/postfix", "-c", filepath.Join(p.dir, "conf"), verb)
	out, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput()
	if err != nil {
		p.t.Errorf("postfix %s: %v\n%s\n%s", verb, err, out, p.log())
	}
}

// log is the instance's mail log.
func (p *postfix) log() string {
	data, err := os.ReadFile(filepath.Join(p.dir, "mail.log"))
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// waitForPort waits until somebody listens.
func waitForPort(t testing.TB, address string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
			return
		}
	}
	t.Fatalf("nobody listens at %s", address)
}

// eventually waits until a condition holds that only another process brings
// about, and that cannot be waited for otherwise.
func eventually(t testing.TB, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within %s: %s", limit, what)
}
