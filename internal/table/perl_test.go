package table

import (
	"strings"
	"testing"
	"time"
)

// TestPerl compiles expressions of PCRE2 and tries them; a group is wanted
// where there is one.
func TestPerl(t *testing.T) {
	for _, c := range []struct {
		expr, flags, key string
		want             string // "" for no match, "+" for a match without groups, else group 1
		back             bool   // needs the backtracking engine
	}{
		{`^foo$`, "", "FOO", "+", false},
		{`^foo$`, "i", "FOO", "", false},
		{`^foo$`, "", "foo\n", "+", false},
		{`^foo$`, "E", "foo\n", "", false},
		{`^foo$`, "", "foo\nbar", "", false},
		{`^foo$`, "m", "foo\nbar", "+", false},
		{`(.*)$`, "", "ab\n", "ab\n", false},
		{`a.b`, "", "a\nb", "+", false},
		{`a.b`, "s", "a\nb", "", false},
		{"a b # comment\n c", "x", "abc", "+", false},
		{`a[ ]b\ c`, "x", "a b c", "+", false},
		{`b`, "A", "ab", "", false},
		{`a|b`, "A", "xb", "", false},
		{`<(.+)>`, "U", "<a><b>", "a", false},
		{`<(.+?)>`, "U", "<a><b>", "a><b", false},
		{`(?<n>a)(b)`, "", "ab", "a", false},
		{`(?:x)(b)(?<n>a)`, "", "xba", "b", false},
		{`(?'q'a)\k'q'`, "", "aa", "a", true},
		{`(?P<q>a)(?P=q)`, "", "aa", "a", true},
		{`(a)\1`, "", "aa", "a", true},
		{`(a)\1`, "", "ab", "", true},
		{`(a)(?<n>b)\g{-1}\g1\g{n}`, "", "abbab", "a", true},
		{`^(?!good)(.*)`, "", "bad", "bad", true},
		{`^(?!good)`, "", "goodness", "", true},
		{`(?<=a)(b)`, "", "ab", "b", true},
		{`(?>a+)b`, "", "aab", "+", true},
		{`a++a`, "", "aaa", "", true},
		{`(?:ab){2}{2}`, "", "abababab", "+", false},
		{`^(?:a{,2})$`, "", "a{,2}", "+", false},
		{`^\d+\D\w\W\s\S$`, "", "12xa- b", "+", false},
		{`^\h\v\R$`, "", "\t\n\r\n", "+", false},
		{`^\Qa.b*\E+$`, "", "a.b**", "+", false},
		{`^\x41\x{42}\103\cA\e$`, "i", "AB\x43\x01\x1b", "+", false},
		{`^\x41\x{42}\0103$`, "", "AB\x083", "+", false},
		{`[[:alpha:]]+[[:^alpha:]][[:word:]]`, "", "ab1_", "+", false},
		{`^[]a]+$`, "", "a]", "+", false},
		{`^[^]a]+$`, "", "a]", "", false},
		{`^[a\]\-b]+$`, "", "]-", "+", false},
		{`^[\x61-\x63\d]+$`, "", "abc9", "+", false},
		{`é`, "", "É", "+", false},
		{`^.$`, "", "é", "+", false},
		{`\p{L}\pN`, "", "é1", "+", false},
		{`(?i)a(?-i)b`, "i", "Ab", "+", false},
		{`(?i)a(?-i)b`, "i", "AB", "", false},
		{`(?i:a)b`, "i", "Ab", "+", false},
		{`(?^:a.)b`, "", "a\nB", "", false},
		{`(?^s:a.)b`, "", "a\nB", "+", false},
		{`(?m-s)^b.?$`, "", "a\nb\nc", "+", false},
		{`(?x: a b )c d`, "", "abc d", "+", false},
		{`(?#comment)(a)`, "", "a", "a", false},
		{`^(a)?(?(1)b|c)$`, "", "ab", "a", true},
		{`foo\Kbar`, "", "foobar", "+", false},
		{`\bfoo\b`, "", "a foo b", "+", false},
		{`\Afoo\Z`, "", "foo\n", "+", false},
		{`\Afoo\z`, "", "foo\n", "", false},
		{`a{1001}`, "", strings.Repeat("a", 1001), "+", true},
		{`(?=a)\d|[\w.]+@`, "", "x.y@", "+", true},
		{`(\s*)(?=x)`, "", " x", " ", true},
		{`a}b]`, "", "a}b]", "+", false},
		{`(^|\.)dsl`, "", "x.dsl", ".", false},
	} {
		p, err := compilePerl(c.expr, c.flags, DefaultOptions())
		if err != nil {
			t.Errorf("/%s/%s: %v", c.expr, c.flags, err)
			continue
		}
		if (p.back != nil) != c.back {
			t.Errorf("/%s/%s: backtracking %v, want %v", c.expr, c.flags, p.back != nil, c.back)
		}
		groups, err := p.groupsOf(newSubject(c.key, 100), 1)
		got := ""
		switch {
		case err != nil:
			got = err.Error()
		case groups != nil && p.groups == 0:
			got = "+"
		case groups != nil:
			got = groups[1]
		}
		if got != c.want {
			t.Errorf("/%s/%s on %q gives %q, want %q", c.expr, c.flags, c.key, got, c.want)
		}
		if ok, _ := p.match(newSubject(c.key, 0)); ok != (c.want != "") {
			t.Errorf("/%s/%s on %q matches: %v", c.expr, c.flags, c.key, ok)
		}
	}
}

func TestPerlErrors(t *testing.T) {
	for expr, want := range map[string]string{
		`(`:        "offset 1: missing closing parenthesis",
		`a)`:       "offset 1: unmatched closing parenthesis",
		`[a`:       "offset 2: missing terminating ] for character class",
		`*a`:       "offset 0: quantifier does not follow a repeatable item",
		`a|+`:      "offset 2: quantifier does not follow a repeatable item",
		`a\`:       `offset 2: \ at end of pattern`,
		`[b-a]`:    "range out of order in character class",
		`(a)\2`:    "reference to non-existent subpattern",
		`\k<x>`:    "reference to non-existent subpattern",
		`(*UTF)a`:  "not supported",
		`(?R)`:     "unrecognized character after (?",
		`(?|a)`:    "unrecognized character after (?",
		`\y`:       `unrecognized character follows \`,
		`[[:x:]]`:  "unknown POSIX class name",
		"\xff":     "UTF-8 error",
		`\x{d800}`: "too large",
		strings.Repeat("(", 300) + strings.Repeat(")", 300): "too deeply nested",
	} {
		if _, err := compilePerl(expr, "", DefaultOptions()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("/%.40s/: error is %v, want one with %q", expr, err, want)
		}
	}
}

// TestMatchTimeout gives a pattern up that would run for ages, and goes on
// with the next rule.
func TestMatchTimeout(t *testing.T) {
	o := DefaultOptions()
	o.ReloadInterval = 0
	s := New(o, nil, Outside{})
	defer s.Close()
	tab, err := s.Open(`pcre:{{/^(?!x)(a+)+$/ slow}, {!/^(?!x)(a+)+$/ slow not}, {/a/ next}}`)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	wantValue(t, tab, strings.Repeat("a", 60)+"b", "next")
	if d := time.Since(start); d > 30*time.Second {
		t.Errorf("took %v", d)
	}
	if st := s.Status()[0]; st.GaveUp != 2 {
		t.Errorf("%d matches were given up, want 2", st.GaveUp)
	}
}

// TestNeeded finds the text that a pattern cannot do without.
func TestNeeded(t *testing.T) {
	for expr, want := range map[string]string{
		`(?i)^mail\.Example`: "mail.example", `ab*cde`: "cde", `a(bcd)e`: "abcde", `x|y`: "", `(abc)+d`: "abc",
		`a?bcd`: "bcd", `[Aa]bc`: "abc", `[ab]cde`: "cde", `é`: "", `(?:abc|abd)x`: "ab", `a{2}bc`: "aabc",
	} {
		if got := needed(expr); got != want {
			t.Errorf("%s needs %q, want %q", expr, got, want)
		}
	}
}
