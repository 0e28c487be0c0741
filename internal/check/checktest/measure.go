package checktest

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"postern/internal/addr"
	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/session"
	"postern/internal/verdict"
)

// Environment variables that steer Measure.
const (
	// corporaEnv names the folder with the corpora; without it nothing is
	// measured.
	corporaEnv = "POSTERN_CORPORA"
	// evidenceEnv names a symbol whose evidence in ham is printed; "junk"
	// prints the findings in ham that reaches the junk threshold.
	evidenceEnv = "POSTERN_EVIDENCE"
)

// Measure runs checks on the mails of corpora and logs for every symbol how
// many of ham and spam it is found in, so that scores rest on figures. A
// corpus is a folder with a file "index" of lines "spam|ham path" and perhaps
// a table "meta.tsv" with columns path, received_unix, client_ip, helo and
// mailfrom. It is skipped where the environment variable POSTERN_CORPORA does
// not name the folder of the corpora.
func Measure(t *testing.T, checks []check.Check, corpora ...string) {
	t.Helper()
	root := os.Getenv(corporaEnv)
	if root == "" {
		t.Skip(corporaEnv + " names no folder of corpora")
	}
	for _, name := range corpora {
		t.Run(name, func(t *testing.T) {
			m := measurement{t: t, checks: checks, dir: filepath.Join(root, name), hits: map[string]*hits{}, scores: map[string]float64{}}
			for _, c := range checks {
				for _, s := range c.Info().Symbols {
					m.scores[s.Name] = s.Score
				}
			}
			m.meta = m.readMeta()
			m.run()
			t.Log(m.table())
		})
	}
}

// hits counts the mails of a class in which a symbol was found.
type hits struct{ ham, spam int }

func (h *hits) add(spam bool) {
	if spam {
		h.spam++
	} else {
		h.ham++
	}
}

// share gives the parts of all mails in percent.
func (h *hits) share(of hits) (ham, spam float64) {
	return 100 * float64(h.ham) / float64(max(of.ham, 1)), 100 * float64(h.spam) / float64(max(of.spam, 1))
}

// measurement is one run over one corpus.
type measurement struct {
	t      *testing.T
	checks []check.Check
	dir    string
	meta   map[string]map[string]string
	scores map[string]float64
	hits   map[string]*hits
	total  hits
	junk   hits // mails whose scores reach the junk threshold
	spent  time.Duration
}

// run examines every mail of the index.
func (m *measurement) run() {
	index, err := os.ReadFile(filepath.Join(m.dir, "index"))
	if err != nil {
		m.t.Fatal(err)
	}
	for line := range strings.Lines(string(index)) {
		class, path, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(m.dir, path))
		if err != nil {
			m.t.Fatal(err)
		}
		m.examine(class == "spam", path, raw)
	}
}

// examine runs the checks on one mail.
func (m *measurement) examine(spam bool, path string, raw []byte) {
	if bytes.HasPrefix(raw, []byte("From ")) {
		raw = raw[bytes.IndexByte(raw, '\n')+1:]
	}
	raw = bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
	tx := m.transaction(path, raw)
	m.total.add(spam)
	sum, found := 0.0, []string{}
	for _, c := range m.checks {
		var r check.Report
		start := time.Now()
		if err := c.Run(m.t.Context(), tx, &r); err != nil {
			m.t.Errorf("%s: %v", path, err)
		}
		m.spent += time.Since(start)
		for _, f := range r.Found() {
			m.count(spam, path, f)
			if score := m.scores[f.Symbol] * f.Weight; score != 0 {
				sum += score
				found = append(found, fmt.Sprintf("%s %g", f.Symbol, score))
			}
		}
	}
	if sum >= verdict.DefaultThresholds().Junk() {
		m.junk.add(spam)
		if !spam && os.Getenv(evidenceEnv) == "junk" {
			m.t.Logf("%s %.1f: %s", path, sum, strings.Join(found, ", "))
		}
	}
}

func (m *measurement) count(spam bool, path string, f check.Found) {
	h := m.hits[f.Symbol]
	if h == nil {
		h = &hits{}
		m.hits[f.Symbol] = h
	}
	h.add(spam)
	if !spam && f.Symbol == os.Getenv(evidenceEnv) {
		m.t.Logf("%s %s (weight %g): %s", path, f.Symbol, f.Weight, strings.Join(f.Evidence, " | "))
	}
}

// transaction puts together what is known about a mail.
func (m *measurement) transaction(path string, raw []byte) *check.Transaction {
	tx := &check.Transaction{
		Session: &session.Session{Door: "test"},
		Message: message.Parse(raw, message.DefaultLimits()),
		Now:     Now,
	}
	if date, ok := tx.Message.Date(); ok {
		tx.Now = date
	}
	meta := m.meta[path]
	if seconds, err := strconv.ParseInt(meta["received_unix"], 10, 64); err == nil && seconds > 0 {
		tx.Now = time.Unix(seconds, 0)
	}
	s := tx.Session
	s.Started, s.HELO = tx.Now, meta["helo"]
	if ip, err := netip.ParseAddr(meta["client_ip"]); err == nil {
		s.Client.IP = ip
	}
	if local, domain, ok := strings.Cut(meta["mailfrom"], "@"); ok {
		s.HasSender, s.Sender = true, addr.Address{Local: local, Domain: strings.ToLower(domain)}
	}
	return tx
}

// readMeta reads the table of what is known about the mails, by path.
func (m *measurement) readMeta() map[string]map[string]string {
	rows := map[string]map[string]string{}
	text, err := os.ReadFile(filepath.Join(m.dir, "meta.tsv"))
	if err != nil {
		return rows
	}
	var columns []string
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if columns == nil {
			columns = cells
			continue
		}
		row := map[string]string{}
		for i := range min(len(cells), len(columns)) {
			row[columns[i]] = cells[i]
		}
		rows[row["path"]] = row
	}
	return rows
}

// table lists the symbols, those with the highest score first.
func (m *measurement) table() string {
	var symbols []verdict.Symbol
	for _, c := range m.checks {
		symbols = append(symbols, c.Info().Symbols...)
	}
	slices.SortStableFunc(symbols, func(a, b verdict.Symbol) int { return int(100*b.Score) - int(100*a.Score) })
	var b strings.Builder
	mails := m.total.ham + m.total.spam
	fmt.Fprintf(&b, "%d ham, %d spam, %v per mail\n", m.total.ham, m.total.spam, m.spent/time.Duration(max(mails, 1)))
	fmt.Fprintf(&b, "%-30s %6s %8s %8s\n", "symbol", "score", "ham %", "spam %")
	ham, spam := m.junk.share(m.total)
	fmt.Fprintf(&b, "%-30s %6s %8.2f %8.2f\n", "(junk by these alone, no caps)", "", ham, spam)
	for _, s := range symbols {
		if h := m.hits[s.Name]; h != nil {
			ham, spam := h.share(m.total)
			fmt.Fprintf(&b, "%-30s %6.2f %8.2f %8.2f\n", s.Name, s.Score, ham, spam)
		}
	}
	return b.String()
}
