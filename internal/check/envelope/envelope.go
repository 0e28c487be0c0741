// Package envelope holds the checks on the envelope of a message (who sends
// it, to whom, RFC 5321) and on how it agrees with the addresses that the
// message itself shows in From, To and Cc.
package envelope

import (
	"postern/internal/message"
	"postern/internal/verdict"
)

// symbol makes a symbol of a group.
func symbol(group, name string, score float64, description string) verdict.Symbol {
	return verdict.Symbol{Name: name, Group: group, Score: score, Description: description}
}

// author gives the first mailbox in From that has a domain, or failing that
// the first one; nil when there is none. Fraud often begins the field with
// words and a comma that no quotes protect, which makes them a mailbox.
func author(m *message.Message) *message.Mailbox {
	from := m.From()
	for i := range from {
		if from[i].Address.Domain != "" {
			return &from[i]
		}
	}
	return firstOf(from)
}

// firstOf gives the first mailbox, nil when there is none.
func firstOf(boxes []message.Mailbox) *message.Mailbox {
	if len(boxes) == 0 {
		return nil
	}
	return &boxes[0]
}
