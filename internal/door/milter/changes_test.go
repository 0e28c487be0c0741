package milter

import (
	"io"
	"net"
	"testing"
	"time"

	"postern/internal/verdict"
)

// The envelope, and what tables ask for.
func TestEnvelopeChanges(t *testing.T) {
	tests := []struct {
		name    string
		actions uint32
		change  func(d *dialogue) bool
		want    string // "" where the mail server does not let us
	}{
		{"sender", actChangeFrom, func(d *dialogue) bool { return d.changeSender("a@b", "") }, "e<a@b>\x00"},
		{"sender with arguments", actChangeFrom, func(d *dialogue) bool { return d.changeSender("<a@b>", "SIZE=1") }, "e<a@b>\x00SIZE=1\x00"},
		{"null sender", actChangeFrom, func(d *dialogue) bool { return d.changeSender("", "") }, "e<>\x00"},
		{"sender not offered", ^uint32(actChangeFrom), func(d *dialogue) bool { return d.changeSender("a@b", "") }, ""},
		{"recipient", actAddRcpt, func(d *dialogue) bool { return d.addRecipient("a@b", "") }, "+<a@b>\x00"},
		{"recipient with arguments", actAddRcptArgs, func(d *dialogue) bool { return d.addRecipient("a@b", "NOTIFY=NEVER") }, "2<a@b>\x00NOTIFY=NEVER\x00"},
		{"recipient whose arguments are not offered", actAddRcpt, func(d *dialogue) bool { return d.addRecipient("a@b", "X") }, "+<a@b>\x00"},
		{"recipient not offered", 0, func(d *dialogue) bool { return d.addRecipient("a@b", "X") }, ""},
		{"recipient gone", actDeleteRcpt, func(d *dialogue) bool { return d.deleteRecipient("<a@b>") }, "-<a@b>\x00"},
		{"recipient gone not offered", ^uint32(actDeleteRcpt), func(d *dialogue) bool { return d.deleteRecipient("<a@b>") }, ""},
		{"prepend", actAddHeaders, func(d *dialogue) bool {
			return d.changeOne(verdict.Change{Op: verdict.Prepend, Name: "X-Greylist", Value: "delayed 301 seconds"})
		}, "i\x00\x00\x00\x00X-Greylist\x00delayed 301 seconds\x00"},
		{"prepend not offered", 0, func(d *dialogue) bool {
			return d.changeOne(verdict.Change{Op: verdict.Prepend, Name: "X-Greylist", Value: "delayed"})
		}, ""},
		{"BCC", actAddRcpt, func(d *dialogue) bool {
			return d.changeOne(verdict.Change{Op: verdict.AddRecipient, Value: "copy@example.net"})
		}, "+<copy@example.net>\x00"},
		{"redirect", actAddRcpt | actDeleteRcpt, func(d *dialogue) bool {
			d.given = []string{"<bob@example.net>"}
			return d.changeOne(verdict.Change{Op: verdict.Redirect, Value: "trap@example.net"})
		}, "+<trap@example.net>\x00\x00\x00\x00\x13-<bob@example.net>\x00"},
		{"redirect not offered", actAddRcpt, func(d *dialogue) bool {
			return d.changeOne(verdict.Change{Op: verdict.Redirect, Value: "trap@example.net"})
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ours, theirs := net.Pipe()
			d := &dialogue{stream: newStream(ours, DefaultOptions(), newBuffers()), agreed: agreement{actions: tt.actions}}
			if done := tt.change(d); done != (tt.want != "") {
				t.Errorf("done: %v", done)
			}
			go func() {
				_ = d.stream.flush()
				_ = ours.Close()
			}()
			_ = theirs.SetDeadline(time.Now().Add(time.Second))
			got, err := io.ReadAll(theirs)
			if err != nil {
				t.Fatal(err)
			}
			if tt.want == "" && len(got) == 0 {
				return
			}
			if len(got) < 5 || string(got[4:]) != tt.want || int(got[3]) > len(tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
