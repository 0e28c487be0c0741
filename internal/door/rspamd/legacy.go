package rspamd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"postern/internal/verdict"
)

// oldReply is the answer to /check and its like, the shape that rspamd gave
// before version 1.6: score and symbols within "default", the header changes
// under "rmilter".
type oldReply struct {
	Default   oldMetric      `json:"default"`
	Messages  object[string] `json:"messages"`
	Subject   string         `json:"subject,omitempty"`
	Reject    string         `json:"reject,omitempty"`
	URLs      []any          `json:"urls,omitzero"`
	Emails    []string       `json:"emails,omitzero"`
	MessageID string         `json:"message-id"`
	Time      float64        `json:"time_real"`
	Milter    *headerChanges `json:"rmilter,omitempty"`
	Postern   extra          `json:"postern"`
}

// oldMetric is the block in which symbols stand among the other members.
type oldMetric struct {
	facts   oldFacts
	symbols object[symbol]
}

type oldFacts struct {
	Spam       bool            `json:"is_spam"`
	Skipped    bool            `json:"is_skipped"`
	Score      float64         `json:"score"`
	Required   float64         `json:"required_score"`
	Action     verdict.Action  `json:"action"`
	Thresholds object[float64] `json:"thresholds"`
	Subject    string          `json:"subject,omitempty"`
}

// MarshalJSON writes the facts and, beside them, the symbols.
func (m oldMetric) MarshalJSON() ([]byte, error) {
	facts, err := json.Marshal(m.facts)
	if err != nil {
		return nil, fmt.Errorf("encoding metric: %w", err)
	}
	syms, err := m.symbols.MarshalJSON()
	if err != nil || len(m.symbols) == 0 {
		return facts, err
	}
	return append(append(bytes.TrimSuffix(facts, []byte("}")), ','), syms[1:]...), nil
}

// newOldReply puts a reply into the old shape. There a soft reject counts as
// spam.
func newOldReply(r *reply) *oldReply {
	return &oldReply{
		Default: oldMetric{
			facts: oldFacts{
				Spam:    r.Action.Spam() || r.Action == verdict.SoftReject,
				Skipped: r.Skipped, Score: r.Score, Required: r.Required, Action: r.Action,
				Thresholds: r.Thresholds, Subject: r.Subject,
			},
			symbols: r.Symbols,
		},
		Messages: r.Messages, Subject: r.Subject, Reject: r.Reject, URLs: r.URLs, Emails: r.Emails,
		MessageID: r.MessageID, Time: r.Time, Milter: r.Milter, Postern: r.Postern,
	}
}

// maxTextReply bounds a text reply: Exim reads it into 32,600 bytes and gives
// up on a longer one.
const maxTextReply = 30_000

// text gives the reply of the RSPAMC text protocol, which Exim's spam
// condition with variant=rspamd reads.
func (r *reply) text() []byte {
	var b bytes.Buffer
	spam := "False"
	if r.Action.Spam() {
		spam = "True"
	}
	fmt.Fprintf(&b, "RSPAMD/1.3 0 EX_OK\r\nMetric: default; %s; %.2f / %.2f / 0.0\r\n", spam, r.Score, r.Required)
	fmt.Fprintf(&b, "Action: %s\r\n", r.Action)
	line := func(name, value string) {
		if value = oneLine(value); value != "" && b.Len()+len(name)+len(value) < maxTextReply {
			fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		}
	}
	line("Subject", r.Subject)
	for _, s := range r.Symbols {
		line("Symbol", fmt.Sprintf("%s(%.2f)", s.name, s.value.Score))
	}
	for _, m := range r.Messages {
		line("Message", m.value)
	}
	line("Message-ID", r.MessageID)
	if len(r.URLs) > 0 {
		line("Urls", joinAny(r.URLs))
	}
	return b.Bytes()
}

// joinAny joins the texts of a list.
func joinAny(list []any) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = fmt.Sprint(v)
	}
	return strings.Join(words, ", ")
}
