package rspamd

import (
	"bytes"
	"fmt"
	"strings"
)

// maxTextReply bounds a text reply: Exim reads it into 32,600 bytes and gives
// up on a longer one.
const maxTextReply = 30_000

// text gives the reply of the RSPAMC text protocol, which Exim's spam
// condition with variant=rspamd reads.
func (r *reply) text() []byte {
	var b bytes.Buffer
	spam := "False"
	if r.action.Spam() {
		spam = "True"
	}
	fmt.Fprintf(&b, "RSPAMD/1.3 0 EX_OK\r\nMetric: default; %s; %.2f / %.2f / 0.0\r\n", spam, r.score, r.required)
	fmt.Fprintf(&b, "Action: %s\r\n", r.action)
	line := func(name, value string) {
		if value = oneLine(value); value != "" && b.Len()+len(name)+len(value) < maxTextReply {
			fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		}
	}
	line("Subject", r.subject)
	for _, s := range r.symbols {
		line("Symbol", fmt.Sprintf("%s(%.2f)", s.name, s.value.score))
	}
	for _, m := range r.messages {
		line("Message", m.value)
	}
	line("Message-ID", r.messageID)
	if len(r.urls) > 0 {
		hosts := make([]string, len(r.urls))
		for i := range r.urls {
			hosts[i] = r.urls[i].host
		}
		line("Urls", strings.Join(hosts, ", "))
	}
	return b.Bytes()
}
