package greylist

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"postern/internal/addr"
)

// Decision is what greylisting says of one recipient of one mail.
type Decision uint8

// The decisions.
const (
	// Pass: nothing stands against it.
	Pass Decision = iota
	// Wait: the client shall come back later.
	Wait
	// FirstPass: the client came back after the delay, for the first time.
	FirstPass
	// Unknown: what is remembered could not be read, and mail is not to pass
	// then. The mail server gets no answer.
	Unknown
)

var decisionNames = []string{"pass", "greylist", "first-pass-after-delay", "unknown"}

// String gives the decision's name.
func (d Decision) String() string { return decisionNames[d] }

// Reason is why a decision was made.
type Reason uint8

// The reasons.
const (
	ReasonOff Reason = iota
	ReasonIncomplete
	ReasonAuthenticated
	ReasonOtherMode
	ReasonScore
	ReasonWhitelistedClient
	ReasonWhitelistedRecipient
	ReasonWhitelistedSender
	ReasonDNSWhitelisted
	ReasonOptedOut
	ReasonKnownClient
	ReasonKnownDomain
	ReasonKnownSender
	ReasonSPFDomain
	ReasonMXGrey
	ReasonNew
	ReasonEarly
	ReasonThrottled
	ReasonWaited
	ReasonPassedBefore
	ReasonUnavailable

	reasonCount
)

var reasonNames = [reasonCount]string{
	"greylisting is off", "client or recipient is not known", "client is authenticated",
	"asked at another stage", "score is outside the grey zone",
	"client is whitelisted", "recipient is whitelisted", "sender is whitelisted",
	"client is on a list of good senders", "recipient did not choose greylisting",
	"client came back often", "domain came back from here", "sender came back from here",
	"SPF allows a domain that came back", "senders from here came back",
	"new", "early retry", "too many new senders from here", "came back after the delay",
	"came back before", "storage is unavailable",
}

// String gives the reason in words.
func (r Reason) String() string { return reasonNames[r] }

// Answer is a decision with what led to it.
type Answer struct {
	Decision Decision
	Reason   Reason
	// Training tells that the mail would have had to wait.
	Training bool
	// Wait is how long the client must wait still; Waited how long it did.
	Wait, Waited time.Duration
	// Action and Text answer mail that has to wait, such as "DEFER_IF_PERMIT"
	// and "Greylisted, please come back in 300 seconds"; "" otherwise.
	Action, Text string
	// Header is the field to add, name and value; "" for none.
	Header string
	// Entry of a list, or the domain, that let it pass.
	Entry string
	// Source is what counted as the client; invalid where it did not matter.
	Source netip.Prefix
	// Err is why storage is unavailable.
	Err error
}

// Evidence says in a few words what an administrator needs to follow the
// decision.
func (a Answer) Evidence() string {
	var b strings.Builder
	b.WriteString(a.Reason.String())
	if a.Entry != "" {
		b.WriteString(": " + a.Entry)
	}
	if a.Source.IsValid() {
		b.WriteString(", source " + a.Source.String())
	}
	if a.Wait > 0 {
		fmt.Fprintf(&b, ", %d s to wait", int(a.Wait.Seconds()))
	}
	if a.Waited > 0 {
		fmt.Fprintf(&b, ", waited %d s", int(a.Waited.Seconds()))
	}
	if a.Training {
		b.WriteString(", let through in training")
	}
	if a.Err != nil {
		b.WriteString(": " + a.Err.Error())
	}
	return b.String()
}

// waitText is what the client is told.
func (g *Greylist) waitText(wait uint32, recipient addr.Address) string {
	return g.text.fill(func(verb byte) string {
		switch verb {
		case 's':
			return strconv.Itoa(int(wait))
		case 'm':
			return strconv.Itoa(int(wait+59) / 60)
		}
		return recipient.Domain
	})
}

// passHeader is the header field of mail that passes; "" for none.
func (g *Greylist) passHeader(a *Answer, now time.Time, instance string) string {
	if g.s.header == "" || !g.instances.first(instance) {
		return ""
	}
	if a.Decision == FirstPass {
		return g.header.fill(func(verb byte) string {
			switch verb {
			case 't':
				return strconv.Itoa(int(a.Waited.Seconds()))
			case 'h':
				return g.identity.Host
			case 'v':
				return g.identity.Version
			}
			return now.UTC().Format("Mon, 02 Jan 2006 15:04:05 UTC")
		})
	}
	name, _, _ := strings.Cut(g.s.header, ":")
	return name + ": " + a.Reason.String() + ", by postern at " + g.identity.Host
}
