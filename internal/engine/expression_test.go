package engine

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"postern/test/suites"
)

func evaluate(t *testing.T, src string, values map[string]float64) (float64, error) {
	t.Helper()
	e, err := parseExpression(src)
	if err != nil {
		return 0, err
	}
	return e.root.value(func(a *atom) float64 { return values[a.name] }), nil
}

func TestExpressionValue(t *testing.T) {
	values := map[string]float64{"A": 1, "C": 1, "E": 1}
	for src, want := range map[string]float64{
		"A": 1, "B": 0, "A & B": 0, "A | B": 1, "!B": 1, "not B and A": 1,
		"A and (B or C)": 1, "A + B + C >= 2": 1, "A + B > 1": 0,
		"(A + C + E) = 3": 1, "A + C != 2": 0, "A & !(B | C)": 0,
		"A * 2.0 + C - E": 2, "A / 0": 0, "-A + 1": 2, "!!A": 1, "1 | 0 & 0": 1,
		"~A & -C & ^E": 1, "A && C || B": 1, "A == C": 1,
	} {
		if got, err := evaluate(t, src, values); err != nil || got != want {
			t.Errorf("%q = %v, %v; want %v", src, got, err, want)
		}
	}
}

func TestExpressionErrors(t *testing.T) {
	for src, want := range map[string]string{
		"":                        `column 1: expected a symbol, found the end`,
		"A &":                     `column 4: expected a symbol, found the end`,
		"(A":                      `column 3: expected ")", found the end`,
		"A B":                     `column 3: expected an operator or the end, found "B"`,
		"A & ) B":                 `column 5: expected a symbol, found ")"`,
		"A # B":                   `found "#"`,
		"g: & A":                  `expected the name of a group after "g:"`,
		"A.B":                     `"A.B" is neither a symbol nor a number`,
		strings.Repeat("(", 99):   `nested deeper than 50`,
		strings.Repeat("!", 99):   `nested deeper than 50`,
		strings.Repeat("A&", 9e3): `longer than 4096 bytes`,
	} {
		_, err := parseExpression(src)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: got error %v, want one with %q", src, err, want)
		}
	}
}

func TestExpressionGroups(t *testing.T) {
	e, err := parseExpression("g:mua & -g+:rbl | ~g-:policies")
	if err != nil {
		t.Fatal(err)
	}
	want := []atom{{name: "mua", group: true}, {name: "rbl", group: true, sign: 1, keep: '-'}, {name: "policies", group: true, sign: -1, keep: '~'}}
	for i, w := range want {
		got := *e.atoms[i]
		got.at = 0
		if got != w {
			t.Errorf("operand %d is %+v, want %+v", i, got, w)
		}
	}
}

// TestExpressionSuite evaluates rspamd's own cases, in which A, C and E
// are found, and checks which of its malformed ones are refused.
func TestExpressionSuite(t *testing.T) {
	data, err := os.ReadFile(suites.Path(t, "suites", "rspamd-unit", "expressions.json"))
	if err != nil {
		t.Fatal(err)
	}
	var tables []struct{ Rows [][]any }
	if err := json.Unmarshal(data, &tables); err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{"A": 1, "C": 1, "E": 1}
	for _, row := range tables[0].Rows {
		_, err := parseExpression(row[0].(string))
		if valid := len(row) == 2; valid != (err == nil) {
			t.Errorf("%q: error %v, want valid %v", row[0], err, valid)
		}
	}
	for _, row := range tables[1].Rows {
		got, err := evaluate(t, row[0].(string), values)
		if err != nil || got != row[1].(float64) {
			t.Errorf("%q = %v, %v; want %v", row[0], got, err, row[1])
		}
	}
}

func FuzzExpression(f *testing.F) {
	for _, s := range []string{"A & (B | !C)", "g+:mua >= 2", "-A + ~B * 2.5", "not (A and B)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		e, err := parseExpression(src)
		if err == nil {
			e.root.value(func(*atom) float64 { return 1 })
		}
	})
}
