package app

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"postern/internal/config"
	"postern/internal/verdict"
)

var update = flag.Bool("update", false, "write docs/symbols.md anew")

// TestSymbolsPage keeps docs/symbols.md true.
func TestSymbolsPage(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "symbols.md")
	want := symbolsPage()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/symbols.md is out of date; write it anew with: go test ./internal/app -run SymbolsPage -update")
	}
}

// symbolsPage lists every symbol by group.
func symbolsPage() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Symbols

Everything that Postern can find in a message, with the score it adds unless [the configuration](config.md) says otherwise. Positive scores speak for spam, negative ones for ham; those with 0 only inform. Names, groups and scores are rspamd's where the meaning is the same, except that no single symbol scores as much as the threshold at which mail is marked: then its score here is lower.

A composite is made of other symbols; where its score is 0 it takes away the weight of what is no fault under the circumstances. Besides these there is one symbol CHECK_FAILED_name for each check, found when the check could not find out.
`)
	groups := map[string][]verdict.Symbol{}
	for _, s := range Symbols() {
		groups[s.Group] = append(groups[s.Group], s)
	}
	expressions := map[string]string{}
	for _, c := range Composites() {
		expressions[c.Name] = c.Expression
	}
	described := map[string]verdict.Group{}
	for _, g := range Groups() {
		described[g.Name] = g
	}
	names := make([]string, 0, len(groups))
	for name := range groups {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		writeGroup(&b, name, described[name], groups[name], expressions)
	}
	fmt.Fprintf(&b, "\n%d symbols of %d checks and %d composites.\n", len(Symbols()), len(Checks(config.Default())), len(Composites()))
	return b.String()
}

// writeGroup writes the table of one group.
func writeGroup(b *strings.Builder, name string, g verdict.Group, symbols []verdict.Symbol, expressions map[string]string) {
	fmt.Fprintf(b, "\n## %s\n\n", name)
	if g.Description != "" {
		fmt.Fprintf(b, "%s.", strings.ToUpper(g.Description[:1])+g.Description[1:])
		if g.MaxScore > 0 {
			fmt.Fprintf(b, " Together at most %g.", g.MaxScore)
		}
		b.WriteString("\n\n")
	}
	b.WriteString("| symbol | score | |\n| --- | ---: | --- |\n")
	slices.SortFunc(symbols, func(x, y verdict.Symbol) int { return strings.Compare(x.Name, y.Name) })
	for _, s := range symbols {
		text := strings.ReplaceAll(s.Description, "|", "\\|")
		if e, ok := expressions[s.Name]; ok {
			text += " (`" + strings.ReplaceAll(e, "|", "\\|") + "`)"
		}
		fmt.Fprintf(b, "| `%s` | %g | %s |\n", s.Name, s.Score, text)
	}
}
