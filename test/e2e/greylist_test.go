package e2e

import (
	"strings"
	"testing"
	"time"
)

// TestGreylisting wants new mail deferred and let through once it comes back,
// by a restriction behind the milter and by score at the end of data.
func TestGreylisting(t *testing.T) {
	for name, tt := range map[string]struct {
		config, first string
		header        bool
	}{
		"restriction": {"[greylist]\ndelay = \"1s\"\n[restrictions]\nrecipient = [\"greylist\"]\n", "450 4.2.0", true},
		"score":       {"[greylist]\ndelay = \"1s\"\nmode = \"score\"\n[symbols.FROM_HAS_DN]\nscore = 5.0\n", "450 4.2.0", false},
	} {
		t.Run(name, func(t *testing.T) {
			d, p := behind(t, tt.config)
			deadline := time.Now().Add(30 * time.Second)
			for attempt := 0; ; attempt++ {
				rcpts, final, err := smtpSend(p.address, outsideClient, "alice@example.com", []string{"bob@example.net"}, clean("Minutes"))
				if err != nil {
					t.Fatal(err)
				}
				reply := final
				if len(rcpts) == 1 && !strings.HasPrefix(rcpts[0], "250") {
					reply = rcpts[0]
				}
				if attempt == 0 && !strings.HasPrefix(reply, tt.first) {
					t.Fatalf("the first attempt was answered %q, want %s", reply, tt.first)
				}
				if strings.HasPrefix(reply, "250") {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("mail that came back is still answered %q", reply)
				}
			}
			got := p.sink.wait(t, 1)[0].header(t)
			if has := strings.HasPrefix(got.Get("X-Greylist"), "delayed"); has != tt.header {
				t.Errorf("X-Greylist is %q", got.Get("X-Greylist"))
			}
			d.log.wait(t, "GREYLIST")
		})
	}
}
