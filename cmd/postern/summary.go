package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"postern/internal/verdict"
)

// summary counts what was found in many mails.
type summary struct {
	mails, failed, spam int
	bytes               int64
	actions             [verdict.ActionCount]int
	scores              []float64
	symbols             map[string]*symbolCount
}

// symbolCount counts one symbol.
type symbolCount struct {
	Symbol string  `json:"symbol"`
	Mails  int     `json:"mails"`
	Score  float64 `json:"mean_score"`
	sum    float64
}

func newSummary() *summary { return &summary{symbols: map[string]*symbolCount{}} }

// add counts one mail.
func (s *summary) add(m outcome) {
	if m.err != nil {
		s.failed++
		return
	}
	s.mails++
	s.bytes += int64(m.Size)
	s.actions[m.Action]++
	s.scores = append(s.scores, m.Score)
	if m.Action.Spam() {
		s.spam++
	}
	for i := range m.Symbols {
		f := &m.Symbols[i]
		n := s.symbols[f.Symbol]
		if n == nil {
			n = &symbolCount{Symbol: f.Symbol}
			s.symbols[f.Symbol] = n
		}
		n.Mails++
		n.sum += f.Score
	}
}

// report is a summary to print.
type report struct {
	Mails       int           `json:"mails"`
	Failed      int           `json:"failed"`
	Spam        int           `json:"spam"`
	Bytes       int64         `json:"bytes"`
	Seconds     float64       `json:"seconds"`
	Rate        float64       `json:"mails_per_second"`
	Actions     []actionCount `json:"actions"`
	Percentiles []percentile  `json:"score_percentiles"`
	Symbols     []symbolCount `json:"symbols"`
}

type actionCount struct {
	Action verdict.Action `json:"action"`
	Mails  int            `json:"mails"`
}

// percentile is the score that a share of the mails, in percent, does not
// exceed.
type percentile struct {
	Percent int     `json:"percent"`
	Score   float64 `json:"score"`
}

// report sums up.
func (s *summary) report(took time.Duration) *report {
	r := &report{Mails: s.mails, Failed: s.failed, Spam: s.spam, Bytes: s.bytes, Seconds: took.Seconds()}
	r.Rate = float64(s.mails) / max(r.Seconds, 1e-9)
	for _, a := range verdict.Actions() {
		if s.actions[a] > 0 {
			r.Actions = append(r.Actions, actionCount{a, s.actions[a]})
		}
	}
	slices.Sort(s.scores)
	for _, p := range []int{1, 5, 25, 50, 75, 95, 99, 100} {
		if n := len(s.scores); n > 0 {
			at := int(math.Ceil(float64(p)/100*float64(n))) - 1
			r.Percentiles = append(r.Percentiles, percentile{p, s.scores[at]})
		}
	}
	for _, n := range s.symbols {
		one := *n
		one.Score = n.sum / float64(n.Mails)
		r.Symbols = append(r.Symbols, one)
	}
	slices.SortFunc(r.Symbols, func(a, b symbolCount) int {
		return cmp.Or(cmp.Compare(b.Mails, a.Mails), cmp.Compare(a.Symbol, b.Symbol))
	})
	return r
}

// topSymbols is how many symbols the summary for people shows.
const topSymbols = 20

// writeSummary writes a summary for people.
func (c *console) writeSummary(r *report) {
	fmt.Fprintf(c.out, "\n%s mails, %s MB in %.1f s: %s mails/s\n", thousands(r.Mails),
		strconv.FormatFloat(float64(r.Bytes)/1e6, 'f', 1, 64), r.Seconds, thousands(int(math.Round(r.Rate))))
	if r.Mails == 0 {
		return
	}
	c.out.WriteString("\n")
	for _, a := range r.Actions {
		fmt.Fprintf(c.out, "  %s  %s  %s\n", c.style.action(a.Action, pad(a.Action.String(), 15)), pad(thousands(a.Mails), -9), c.share(a.Mails, r.Mails))
	}
	var percents, scores []string
	for _, p := range r.Percentiles {
		percents = append(percents, pad(strconv.Itoa(p.Percent)+" %", -7))
		scores = append(scores, pad(fixed(p.Score), -7))
	}
	fmt.Fprintf(c.out, "\n  share of mails  %s\n  score up to     %s\n", strings.Join(percents, " "), strings.Join(scores, " "))
	if len(r.Symbols) == 0 {
		return
	}
	width := len("symbol")
	for _, s := range r.Symbols[:min(topSymbols, len(r.Symbols))] {
		width = max(width, len(s.Symbol))
	}
	fmt.Fprintf(c.out, "\n  %s  %s  %s  %s\n", pad("symbol", width), pad("mails", -9), pad("score", -7), "share")
	for _, s := range r.Symbols[:min(topSymbols, len(r.Symbols))] {
		fmt.Fprintf(c.out, "  %s  %s  %s  %s\n", pad(s.Symbol, width), pad(thousands(s.Mails), -9),
			c.style.score(s.Score, pad(signed(s.Score), -7)), c.share(s.Mails, r.Mails))
	}
	if more := len(r.Symbols) - topSymbols; more > 0 {
		fmt.Fprintf(c.out, "  and %d more\n", more)
	}
}

// share prints a part of a whole, with a bar for people.
func (c *console) share(part, whole int) string {
	f := float64(part) / float64(whole)
	text := fmt.Sprintf("%5.1f %%", 100*f)
	if c.style.on {
		text += "  " + c.style.paint(dim, strings.Repeat("█", int(math.Round(30*f))))
	}
	return text
}

// thousands prints a number with commas.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
