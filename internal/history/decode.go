package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"postern/internal/verdict"
)

// The types below are an entry's detail as the encoder writes it.
type (
	detail struct {
		Door        string          `json:"dr"`
		ClientName  string          `json:"cn"`
		ReverseName string          `json:"cr"`
		Local       int             `json:"cl"`
		HELO        string          `json:"h"`
		TLS         []string        `json:"t"`
		User        string          `json:"u"`
		AuthMethod  string          `json:"am"`
		Recipients  int             `json:"rn"`
		MessageID   string          `json:"m"`
		From        string          `json:"f"`
		Subject     string          `json:"s"`
		Size        int64           `json:"z"`
		Stage       string          `json:"st"`
		Duration    int64           `json:"d"`
		Verdicts    []detailVerdict `json:"v"`
		Checks      []detailCheck   `json:"c"`
	}
	detailVerdict struct {
		Profile    string          `json:"p"`
		Recipients []string        `json:"r"`
		Action     uint8           `json:"a"`
		Observed   *uint8          `json:"o"`
		Reason     string          `json:"w"`
		Forced     string          `json:"x"`
		Score      float64         `json:"s"`
		Thresholds []float64       `json:"t"`
		Reply      *detailReply    `json:"y"`
		Incomplete int             `json:"i"`
		Skipped    int             `json:"k"`
		Findings   []detailFinding `json:"f"`
	}
	detailReply struct {
		Code     int    `json:"c"`
		Enhanced string `json:"e"`
		Text     string `json:"t"`
	}
	detailFinding struct {
		Symbol    int64    `json:"n"`
		Score     float64  `json:"s"`
		FullScore *float64 `json:"l"`
		Weight    *float64 `json:"w"`
		Observed  int      `json:"o"`
		Failed    string   `json:"x"`
		Evidence  []string `json:"e"`
	}
	detailCheck struct {
		Name  string `json:"n"`
		Took  int64  `json:"t"`
		Error string `json:"x"`
	}
)

var (
	errAction     = errors.New("unknown action")
	errThresholds = errors.New("thresholds are not pairs")
	errTLS        = errors.New("TLS has not three parts")
)

// decode reads a detail into the entry.
func decode(text []byte, e *Entry, names map[int64]symbol) error {
	var d detail
	if err := json.Unmarshal(text, &d); err != nil {
		return fmt.Errorf("reading detail: %w", err)
	}
	e.Door, e.HELO, e.User, e.AuthMethod = d.Door, d.HELO, d.User, d.AuthMethod
	e.Client.Name, e.Client.ReverseName, e.Client.Local = d.ClientName, d.ReverseName, d.Local != 0
	if e.Client.ReverseName == "" {
		e.Client.ReverseName = d.ClientName
	}
	if d.TLS != nil {
		if len(d.TLS) != 3 {
			return errTLS
		}
		e.TLS = &TLS{d.TLS[0], d.TLS[1], d.TLS[2]}
	}
	e.RecipientCount = max(d.Recipients, len(e.Recipients))
	e.MessageID, e.From, e.Subject, e.Size, e.Stage = d.MessageID, d.From, d.Subject, d.Size, d.Stage
	e.Duration = time.Duration(d.Duration) * time.Microsecond
	for i := range d.Verdicts {
		v, err := d.Verdicts[i].verdict(names)
		if err != nil {
			return err
		}
		e.Verdicts = append(e.Verdicts, v)
	}
	for _, c := range d.Checks {
		e.Checks = append(e.Checks, CheckTime{c.Name, time.Duration(c.Took) * time.Microsecond, c.Error})
	}
	return nil
}

func (d *detailVerdict) verdict(names map[int64]symbol) (Verdict, error) {
	observed := d.Action
	if d.Observed != nil {
		observed = *d.Observed
	}
	if max(d.Action, observed) >= uint8(verdict.ActionCount) {
		return Verdict{}, fmt.Errorf("%w %d", errAction, max(d.Action, observed))
	}
	v := Verdict{
		Profile: d.Profile, Recipients: d.Recipients, Action: verdict.Action(d.Action), Observed: verdict.Action(observed),
		Reason: d.Reason, Forced: d.Forced, Score: d.Score, Thresholds: Thresholds(verdict.NoThresholds()),
		Incomplete: d.Incomplete != 0, Skipped: d.Skipped != 0,
	}
	if len(d.Thresholds)%2 != 0 {
		return v, errThresholds
	}
	for i := 0; i < len(d.Thresholds); i += 2 {
		a := d.Thresholds[i]
		if a < 0 || a >= float64(verdict.ActionCount) {
			return v, fmt.Errorf("%w %v", errAction, a)
		}
		v.Thresholds[int(a)] = d.Thresholds[i+1]
	}
	if d.Reply != nil {
		v.Reply = &verdict.Reply{Code: d.Reply.Code, Enhanced: d.Reply.Enhanced, Text: d.Reply.Text}
	}
	for i := range d.Findings {
		f, err := d.Findings[i].finding(names)
		if err != nil {
			return v, err
		}
		v.Findings = append(v.Findings, f)
	}
	return v, nil
}

func (d *detailFinding) finding(names map[int64]symbol) (verdict.Finding, error) {
	s, ok := names[d.Symbol]
	if !ok {
		return verdict.Finding{}, fmt.Errorf("%w %d", errUnknownSymbol, d.Symbol)
	}
	f := verdict.Finding{
		Symbol: s.name, Group: s.group, Description: s.description, Evidence: d.Evidence,
		Weight: 1, Score: d.Score, FullScore: d.Score, Observed: d.Observed != 0, Failed: d.Failed,
	}
	if d.FullScore != nil {
		f.FullScore = *d.FullScore
	}
	if d.Weight != nil {
		f.Weight = *d.Weight
	}
	return f, nil
}
