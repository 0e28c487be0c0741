package history

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"postern/internal/verdict"
)

// Thresholds are those applied to a score. As JSON they are an object from
// action to score, in which actions that no score leads to are left out.
type Thresholds verdict.Thresholds

// MarshalJSON writes such as {"add header":6,"reject":15}.
func (t Thresholds) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for _, a := range verdict.Actions() {
		if !verdict.Thresholds(t).Set(a) {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = strconv.AppendQuote(out, a.String())
		out = append(out, ':')
		out = strconv.AppendFloat(out, t[a], 'g', -1, 64)
	}
	return append(out, '}'), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *Thresholds) UnmarshalJSON(text []byte) error {
	*t = Thresholds(verdict.NoThresholds())
	if bytes.Equal(text, []byte("null")) {
		return nil
	}
	var scores map[verdict.Action]float64
	if err := json.Unmarshal(text, &scores); err != nil {
		return fmt.Errorf("reading thresholds: %w", err)
	}
	for a, score := range scores {
		t[a] = score
	}
	return nil
}
