package e2e

import (
	"os/exec"
	"strings"
	"testing"
)

// TestSwaks sends what the documentation tells people to send.
func TestSwaks(t *testing.T) {
	if _, err := exec.LookPath("swaks"); err != nil {
		t.Skip("swaks is not installed")
	}
	_, p := behind(t, "")
	out, err := exec.Command("swaks", "--server", p.address, "--to", "you@example.net",
		"--from", "me@example.com", "--body", gtube).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "<** 554 5.7.1 Gtube pattern (case ") {
		t.Errorf("%v\n%s", err, out)
	}
}
