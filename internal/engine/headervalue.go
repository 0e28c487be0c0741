package engine

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"postern/internal/session"
	"postern/internal/verdict"
)

// maxHeaderSymbols bounds the symbols listed in one header, and
// maxHeaderEvidence the bytes of evidence beside each.
const (
	maxHeaderSymbols  = 60
	maxHeaderEvidence = 120
)

// spamStatus is the value of X-Spam-Status in SpamAssassin's shape.
func spamStatus(v *verdict.Verdict) string {
	var b strings.Builder
	required := v.Thresholds.Junk()
	if math.IsNaN(required) {
		required = v.Thresholds.Required()
	}
	word := map[bool]string{true: "Yes", false: "No"}[v.Action.Spam()]
	fmt.Fprintf(&b, "%s, score=%.1f required=%.1f", word, v.Score, required)
	line := len("X-Spam-Status: ") + b.Len()
	sep := "\n\ttests="
	for i, f := range v.Findings {
		if i == maxHeaderSymbols {
			break
		}
		if i > 0 {
			sep = ","
			if line+len(f.Symbol) > 70 {
				sep, line = ",\n\t", 0
			}
		} else {
			line = len("tests=")
		}
		b.WriteString(sep)
		b.WriteString(f.Symbol)
		line += len(f.Symbol) + 1
	}
	if len(v.Findings) == 0 {
		b.WriteString("\n\ttests=none")
	}
	return b.String()
}

// spamdResult is the value of X-Spamd-Result in rspamd's shape.
func spamdResult(v *verdict.Verdict) string {
	var b strings.Builder
	word := map[bool]string{true: "True", false: "False"}[v.Action == verdict.Reject]
	b.Grow(64 + 48*len(v.Findings))
	b.WriteString("default: " + word + " [")
	writeScore(&b, v.Score)
	b.WriteString(" / ")
	writeScore(&b, v.Thresholds.Required())
	b.WriteByte(']')
	for i := range v.Findings {
		if i == maxHeaderSymbols {
			break
		}
		f := &v.Findings[i]
		b.WriteString(";\n\t")
		b.WriteString(f.Symbol)
		b.WriteByte('(')
		writeScore(&b, f.Score)
		b.WriteString(")[")
		if len(f.Evidence) > 0 {
			b.WriteString(headerEvidence(f.Evidence))
		}
		b.WriteByte(']')
	}
	return b.String()
}

// writeScore writes a score with two decimals.
func writeScore(b *strings.Builder, score float64) {
	var digits [24]byte
	b.Write(strconv.AppendFloat(digits[:0], score, 'f', 2, 64))
}

// headerEvidence makes evidence fit for a header: printable ASCII, without
// the characters that end an item, and bounded.
func headerEvidence(evidence []string) string {
	s := strings.Join(evidence, ",")
	if len(s) > maxHeaderEvidence {
		s = s[:maxHeaderEvidence]
	}
	return strings.Map(func(c rune) rune {
		switch {
		case c < ' ' || c > '~':
			return '?'
		case c == ';' || c == '[' || c == ']':
			return '_'
		}
		return c
	}, s)
}

// spamdBar draws the score with one sign for each whole point.
func spamdBar(score float64) string {
	switch {
	case score >= 1:
		return strings.Repeat("+", min(int(score), 50))
	case score <= -1:
		return strings.Repeat("-", min(int(-score), 50))
	}
	return "/"
}

// authResults is what is known of who sent it, as RFC 8601 writes it.
func authResults(s *session.Session, proved []string) string {
	var list []string
	if s.Authenticated() {
		list = append(list, "auth=pass smtp.auth="+resultValue(s.User))
	}
	if c := s.Client; c.IP.IsValid() && c.NameKnown {
		switch {
		case c.Name != "":
			list = append(list, fmt.Sprintf("iprev=pass policy.iprev=%s (%s)", resultValue(c.IP.String()), headerEvidence([]string{c.Name})))
		case c.NameFailed:
			list = append(list, "iprev=temperror policy.iprev="+resultValue(c.IP.String()))
		default:
			list = append(list, "iprev=fail policy.iprev="+resultValue(c.IP.String()))
		}
	}
	list = append(list, proved...)
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ";\n\t")
}

// resultValue quotes a value of Authentication-Results where it is not a
// token (RFC 8601 section 2.2, RFC 2045 section 5.1).
func resultValue(v string) string {
	clean := strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return -1
		}
		return c
	}, v)
	if strings.ContainsAny(clean, " \t()<>@,;:\\\"/[]?=") && !plainAddress(clean) {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(clean) + `"`
	}
	return clean
}

// plainAddress tells whether v is a local part and a domain without anything
// that needs quoting.
func plainAddress(v string) bool {
	local, domain, ok := strings.Cut(v, "@")
	return ok && local != "" && domain != "" && !strings.ContainsAny(local+domain, " \t()<>@,;:\\\"/[]?=")
}
