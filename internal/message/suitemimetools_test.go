package message

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"postern/test/suites"
)

// TestSuiteMimeTools compares types, names, encodings and sizes of parts.
func TestSuiteMimeTools(t *testing.T) {
	dir := suites.Path(t, "suites", "mime", "mime-tools")
	files, _ := filepath.Glob(filepath.Join(dir, "testmsgs", "*.ref"))
	for _, file := range files {
		want := mimeToolsRef(string(readFile(t, file)))
		raw := readFile(t, filepath.Join(dir, want["Parser"]["Message"]))
		name := strings.TrimSuffix(filepath.Base(file), ".ref")
		mimeToolsExceptions.check(t, name, func() error { return mimeToolsCompare(walk(t, raw, DefaultLimits()), want) })
	}
	t.Logf("%d mails", len(files))
}

var mimeToolsExceptions = exceptions{
	"ak-0696-replace":   "a mode of the other parser that leaves nested messages out of the tree",
	"multi-digest":      "the type \"text\" is read as text/plain",
	"uu-junk-extracted": "uuencoded files are attachments of the text, not parts of the tree; see TestSuiteUUFiles",
	"uu-zeegee":         "uuencoded files are attachments of the text, not parts of the tree; see TestSuiteUUFiles",
}

var (
	refBlock = regexp.MustCompile(`(?s)"(\w+)" => \{(.*?)\n\s*\}`)
	refRune  = regexp.MustCompile(`\\x\{[0-9a-f]+\}`)
	refValue = regexp.MustCompile(`"?(\w+)"? => (?:"((?:[^"\\]|\\.)*)"|(\d+))`)
)

// mimeToolsRef reads the expectations, which are written in Perl.
func mimeToolsRef(text string) map[string]map[string]string {
	ref := map[string]map[string]string{}
	for _, block := range refBlock.FindAllStringSubmatch(text, -1) {
		values := map[string]string{}
		for _, v := range refValue.FindAllStringSubmatch(block[2], -1) {
			v[2] = refRune.ReplaceAllStringFunc(v[2], func(r string) string {
				n, _ := strconv.ParseUint(r[3:len(r)-1], 16, 32)
				return string(rune(n))
			})
			values[v[1]] = strings.NewReplacer(`\"`, `"`, `\@`, "@", `\$`, "$", `\\`, `\`).Replace(v[2]) + v[3]
		}
		ref[block[1]] = values
	}
	return ref
}

func mimeToolsCompare(m *Message, want map[string]map[string]string) error {
	for key, values := range want {
		var p *Part
		switch {
		case key == "Msg":
			p = m.Root()
		case strings.HasPrefix(key, "Part_"):
			p = mimeToolsPart(m.Root(), strings.Split(key, "_")[1:])
			if p == nil {
				return fmt.Errorf("%s is missing", key)
			}
		default:
			continue
		}
		for field, value := range values {
			got := value
			switch field {
			case "Type":
				got = p.MediaType()
			case "Size":
				if n, _ := strconv.Atoi(value); len(p.Children()) == 0 && absolute(n-len(p.Decoded())) > 1 {
					got = strconv.Itoa(len(p.Decoded()))
				}
			case "Filename":
				got = p.Filename()
			case "Disposition":
				got = p.Disposition()
			case "Encoding":
				if got = p.Encoding(); got == "" {
					got = "7bit"
				}
			case "Charset":
				value = strings.ToLower(value)
				got = p.Charset()
			case "Boundary":
				got = p.Param("boundary")
			}
			if got != value {
				return fmt.Errorf("%s of %s is %q, want %q", field, key, got, value)
			}
		}
	}
	return nil
}

func absolute(n int) int { return max(n, -n) }

// mimeToolsPart finds a part by its numbers. A message within a message/rfc822
// has a number of its own there.
func mimeToolsPart(p *Part, numbers []string) *Part {
	for _, number := range numbers {
		n, _ := strconv.Atoi(number)
		if n < 1 || n > len(p.Children()) {
			return nil
		}
		p = p.Children()[n-1]
	}
	return p
}

// TestSuiteUUFiles looks for the files that a suite extracts from texts.
func TestSuiteUUFiles(t *testing.T) {
	dir := suites.Path(t, "suites", "mime", "mime-tools", "testmsgs")
	const want = "up.gif 110, zeegee.gif 4834"
	for _, file := range []string{"uu-junk.msg", "uu-zeegee.msg"} {
		var files []string
		for _, p := range walk(t, readFile(t, filepath.Join(dir, file)), DefaultLimits()).Attachments() {
			files = append(files, fmt.Sprintf("%s %d", p.Filename(), len(p.Decoded())))
		}
		if got := strings.Join(files, ", "); got != want {
			t.Errorf("%s: files are %q, want %q", file, got, want)
		}
	}
}
