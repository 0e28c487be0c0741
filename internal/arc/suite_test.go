package arc

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"postern/test/suites"
)

// suiteCase is a case of ValiMail's tests of validation.
type suiteCase struct {
	Description, Message, CV string
}

// readScenarios reads a file of them. Two cases may have the same name.
func readScenarios(t *testing.T, path string, run func(name string, c suiteCase, z zone)) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for d := yaml.NewDecoder(f); ; {
		var scenario struct {
			Tests yaml.Node
			TXT   map[string]string `yaml:"txt-records"`
		}
		err := d.Decode(&scenario)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("reading %s: %v", path, err)
		}
		z := zone{}
		for name, text := range scenario.TXT {
			z[name] = strings.ReplaceAll(strings.TrimSpace(text), "\n", "")
		}
		for i := 0; i+1 < len(scenario.Tests.Content); i += 2 {
			var c suiteCase
			if err := scenario.Tests.Content[i+1].Decode(&c); err != nil {
				t.Fatal(err)
			}
			run(scenario.Tests.Content[i].Value, c, z)
		}
	}
}

// TestSuiteValiMail runs ValiMail's tests of validation. A case without an
// expectation is one whose last seal says cv=fail.
func TestSuiteValiMail(t *testing.T) {
	dir := suites.Path(t, "suites", "arc", "valimail")
	total, passed := 0, 0
	readScenarios(t, filepath.Join(dir, "arc-draft-validation-tests.yml"), func(name string, c suiteCase, z zone) {
		want := strings.ToLower(strings.TrimSpace(c.CV))
		if want == "" {
			want = "fail"
		}
		total++
		t.Run(name, func(t *testing.T) {
			rep := verifier(t, z, nil).Verify(context.Background(), parse([]byte(crlf(c.Message))), now)
			if rep.Status.String() != want {
				t.Errorf("%s: got %s (%s), want %s", c.Description, rep.Status, rep.Reason, want)
				return
			}
			passed++
		})
	})
	t.Logf("%d of %d", passed, total)
	if total < 171 {
		t.Errorf("%d cases, want 171", total)
	}
}
