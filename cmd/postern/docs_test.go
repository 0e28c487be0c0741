package main

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestDocumentation runs the commands that the pages show, and compares what
// they print with what is said there; "…" stands for anything.
func TestDocumentation(t *testing.T) {
	var text []byte
	for _, page := range []string{"cli.md", "migration.md"} {
		data, err := os.ReadFile("../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, data...)
	}
	data := filepath.Join(t.TempDir(), "data")
	if err := recordAll(data, "testdata/docs/history"); err != nil {
		t.Fatal(err)
	}
	t.Chdir("testdata/docs")
	local := time.Local
	time.Local = time.UTC
	defer func() { time.Local = local }()
	blocks := regexp.MustCompile("(?s)```console\n\\$ postern ([^\n]*)\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) == 0 {
		t.Fatal("the pages show no command")
	}
	for _, b := range blocks {
		t.Run(b[1], func(t *testing.T) {
			var out bytes.Buffer
			c := &console{in: strings.NewReader(""), out: bufio.NewWriter(&out), direct: &out, err: &out}
			run(words(b[1], data), c)
			pattern := strings.ReplaceAll(regexp.QuoteMeta(b[2]), "…", "(?s:.*)")
			if !regexp.MustCompile("^" + pattern + "$").Match(out.Bytes()) {
				t.Errorf("prints:\n%s\nthe pages say:\n%s", out.String(), b[2])
			}
		})
	}
}

// words splits a command line at blanks and takes quotes off; the data
// directory of the page is the one of the test.
func words(line, data string) []string {
	list := strings.Fields(line)
	for i, w := range list {
		if list[i] = strings.Trim(w, "'"); w == "data" {
			list[i] = data
		}
	}
	return list
}
