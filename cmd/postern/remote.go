package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"time"

	"postern/internal/session"
	"postern/internal/verdict"
)

// The bounds of asking a daemon for a verdict.
const (
	remoteTimeout = 2 * time.Minute
	maxReply      = 16 << 20
)

// remote lets a daemon examine mails, by the protocol of rspamd's clients.
type remote struct {
	server, url string
	client      *http.Client
	header      http.Header
}

// newRemote gives the function that asks the daemon at server.
func newRemote(server string, envelope session.Session) (examine, error) {
	client, base, err := dial(server)
	if err != nil {
		return nil, err
	}
	client.Timeout = remoteTimeout
	return (&remote{server: server, url: base + "/checkv2", client: client, header: remoteHeader(envelope)}).examine, nil
}

// remoteHeader says in rspamd's request headers what is known of the delivery.
func remoteHeader(e session.Session) http.Header {
	h := http.Header{}
	set := func(name, value string) {
		if value != "" {
			h.Set(name, value)
		}
	}
	if e.Client.IP.IsValid() {
		h.Set("IP", e.Client.IP.String())
	}
	set("Hostname", e.Client.Name)
	set("Helo", e.HELO)
	set("User", e.User)
	if e.HasSender {
		h.Set("From", "<"+e.Sender.String()+">")
	}
	for _, r := range e.Recipients {
		h.Add("Rcpt", r.Address.String())
	}
	return h
}

// remoteReply is the part of a reply to /checkv2 that is shown; what is in
// postern is there only if the daemon is one.
type remoteReply struct {
	Skipped  bool                    `json:"is_skipped"`
	Score    float64                 `json:"score"`
	Required float64                 `json:"required_score"`
	Action   verdict.Action          `json:"action"`
	Symbols  map[string]remoteSymbol `json:"symbols"`
	Time     float64                 `json:"time_real"`
	Postern  struct {
		Case       string            `json:"case"`
		Profile    string            `json:"profile"`
		Reason     string            `json:"reason"`
		Forced     string            `json:"forced"`
		Reply      string            `json:"reply"`
		WouldBe    string            `json:"observed_action"`
		Observed   []string          `json:"observed_symbols"`
		Incomplete bool              `json:"incomplete"`
		Failed     map[string]string `json:"failed"`
	} `json:"postern"`
}

type remoteSymbol struct {
	Score       float64  `json:"score"`
	MetricScore float64  `json:"metric_score"`
	Description string   `json:"description"`
	Options     []string `json:"options"`
}

// examine sends one mail.
func (r *remote) examine(ctx context.Context, raw []byte) (*judged, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	request.Header = r.header.Clone()
	response, err := r.client.Do(request)
	if err != nil {
		return nil, away(r.server, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReply))
	if err != nil {
		return nil, away(r.server, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s: %s", r.server, response.Status, printable(firstLine(body)))
	}
	var reply remoteReply
	if err := json.Unmarshal(body, &reply); err != nil {
		return nil, fmt.Errorf("reading the answer of %s: %w", r.server, err)
	}
	return reply.judged(), nil
}

// judged puts a reply into our own words.
func (r *remoteReply) judged() *judged {
	j := &judged{Case: r.Postern.Case, Took: r.Time * 1000, opinion: opinion{
		Profile: r.Postern.Profile, Action: r.Action, WouldBe: r.Postern.WouldBe, Score: r.Score, Required: r.Required,
		Reason: r.Postern.Reason, Forced: r.Postern.Forced, Reply: r.Postern.Reply,
		Incomplete: r.Postern.Incomplete, Skipped: r.Skipped, Symbols: []verdict.Finding{},
	}}
	for _, name := range slices.Sorted(maps.Keys(r.Symbols)) {
		s := r.Symbols[name]
		j.Symbols = append(j.Symbols, verdict.Finding{
			Symbol: name, Description: s.Description, Evidence: s.Options, Weight: 1, Score: s.Score, FullScore: s.MetricScore,
			Observed: slices.Contains(r.Postern.Observed, name), Failed: r.Postern.Failed[name],
		})
	}
	slices.SortStableFunc(j.Symbols, func(a, b verdict.Finding) int {
		return cmp.Compare(math.Abs(b.Score), math.Abs(a.Score))
	})
	return j
}
