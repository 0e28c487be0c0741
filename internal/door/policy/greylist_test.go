package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"postern/internal/greylist"
	"postern/internal/store"
	"postern/internal/store/sqlite"
	"postern/internal/store/storetest"
	"postern/test/suites"
)

func greylisting(t testing.TB, o greylist.Options, s store.Records) Greylisting {
	t.Helper()
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	lists, err := o.LoadWhitelists()
	if err != nil {
		t.Fatal(err)
	}
	g, err := greylist.New(o, s, lists, greylist.Identity{Host: "mx.example.org", Version: "1"}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return Greylisting{g}
}

// TestPostgreySuite replays the steps of postgrey's own tests.
func TestPostgreySuite(t *testing.T) {
	raw, err := os.ReadFile(suites.Path(t, "suites", "postgrey", "postgrey-tests.json"))
	if err != nil {
		t.Fatal(err)
	}
	var steps []struct {
		Advance int
		Request map[string]string
		Expect  struct{ Equals, Regex string }
	}
	if err := json.Unmarshal(raw, &steps); err != nil {
		t.Fatal(err)
	}
	o := greylist.DefaultOptions()
	o.Text = "Greylisted, see http://postgrey.schweikert.ch/help/%r.html"
	o.ClientFiles = []string{suites.Path(t, "suites", "postgrey", "postgrey_whitelist_clients")}
	o.RecipientFiles = []string{suites.Path(t, "suites", "postgrey", "postgrey_whitelist_recipients")}
	d := open(t, greylisting(t, o, storetest.NewMemory()), nil)
	c := d.dial(t)
	now := 1795250000
	for i, step := range steps {
		now += step.Advance
		if step.Request == nil {
			continue
		}
		pairs := []string{"policy_test_time", fmt.Sprint(now)}
		for name, value := range step.Request {
			pairs = append(pairs, name, value)
		}
		send(t, c, request(pairs...))
		got := strings.TrimPrefix(answer(t, c), "action=")
		want := regexp.MustCompile("^" + regexp.QuoteMeta(step.Expect.Equals) + "$")
		if step.Expect.Regex != "" {
			want = regexp.MustCompile(step.Expect.Regex)
		}
		if !want.MatchString(got) {
			t.Errorf("step %d: got %q, want %s", i, got, want)
		}
	}
}

// TestGreylisting: what is said to the mail server.
func TestGreylisting(t *testing.T) {
	d := open(t, greylisting(t, greylist.DefaultOptions(), storetest.NewMemory()), nil)
	c := d.dial(t)
	who := []string{"client_address", "192.0.2.1", "client_name", "unknown", "sender", "a@example.com", "recipient", "b@example.org"}
	for i, step := range []struct {
		at    int
		pairs []string
		want  string
	}{
		{0, nil, "DEFER_IF_PERMIT Greylisted, please come back in 300 seconds"},
		{10, []string{"etrn_domain", ""}, "DEFER_IF_PERMIT 4.2.0 Greylisted, please come back in 290 seconds"},
		{300, []string{"instance", "1"}, "PREPEND X-Greylist: delayed 300 seconds by postern at mx.example.org; Fri, 20 Nov 2026 07:31:40 UTC"},
		{300, []string{"instance", "1"}, "DUNNO"},
		{300, []string{"sasl_username", "me"}, "DUNNO"},
	} {
		pairs := append([]string{"policy_test_time", fmt.Sprint(1795159600 + step.at)}, step.pairs...)
		send(t, c, request(append(pairs, who...)...))
		if got := answer(t, c); got != "action="+step.want {
			t.Errorf("step %d: got %q, want %q", i, got, step.want)
		}
	}
	// Where no recipient is asked about there is nothing to say.
	for _, state := range []State{StateConnect, StateEHLO, StateHELO, StateMail, StateData, StateEnd, StateVrfy, StateETRN} {
		text := "request=smtpd_access_policy\nprotocol_state=" + string(state) + "\nclient_address=198.51.100.1\n"
		if state == StateVrfy {
			text += "recipient=b@example.org\n"
		}
		send(t, c, text+"\n")
		if got := answer(t, c); got != "action=DUNNO" {
			t.Errorf("%s: got %q", state, got)
		}
	}
}

// TestGreylistingWithoutStore: mail passes, or the mail server gets no answer.
func TestGreylistingWithoutStore(t *testing.T) {
	for _, open1 := range []bool{true, false} {
		o := greylist.DefaultOptions()
		o.FailOpen = open1
		m := storetest.NewMemory()
		m.Fail(errors.New("the shop is shut"))
		d := open(t, greylisting(t, o, m), nil)
		c := d.dial(t)
		send(t, c, request("client_address", "192.0.2.1", "recipient", "b@example.org"))
		want := map[bool]string{true: "action=DUNNO\n\n", false: ""}[open1]
		if open1 {
			if got := answer(t, c); got+"\n\n" != want {
				t.Errorf("got %q", got)
			}
			continue
		}
		if got := closed(t, c); got != want {
			t.Errorf("got %q", got)
		}
		d.stop()
		if !strings.Contains(d.log.String(), "the shop is shut") {
			t.Errorf("log %s", d.log)
		}
	}
}

// BenchmarkGreylisting asks about new triplets over loopback, eight mail
// server processes at a time, with storage on disk.
func BenchmarkGreylisting(b *testing.B) {
	records, err := sqlite.OpenRecords(b.Context(), filepath.Join(b.TempDir(), "records.db"), sqlite.RecordsOptions{})
	if err != nil {
		b.Fatal(err)
	}
	d := open(b, greylisting(b, greylist.DefaultOptions(), records), nil)
	var number atomic.Int64
	b.SetParallelism(4)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		c := d.dial(b)
		buf := make([]byte, 512)
		for pb.Next() {
			n := number.Add(1)
			_, err := fmt.Fprintf(c, "request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=ESMTP\nclient_address=%d.%d.%d.1\n"+
				"client_name=unknown\nhelo_name=x\nsender=s%d@example.com\nrecipient=u%d@example.org\ninstance=%d\netrn_domain=\n\n",
				11+n>>16&63, n>>8&255, n&255, n, n%1009, n)
			if err != nil {
				b.Error(err)
				return
			}
			if _, err := c.Read(buf); err != nil && err != io.EOF {
				b.Error(err)
				return
			}
		}
	})
	b.StopTimer()
	d.stop()
	if err := records.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
}
