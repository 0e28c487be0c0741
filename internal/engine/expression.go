package engine

import (
	"fmt"
	"strconv"
	"strings"
)

// maxExpressionDepth bounds the nesting of an expression, maxExpressionLen its
// length in bytes.
const (
	maxExpressionDepth = 50
	maxExpressionLen   = 4096
)

// expression is a composite's formula over symbols, in rspamd's language:
// & | ! ( ), "and", "or", "not", the comparisons > >= < <= = !=, and
// arithmetic + - * / over 1 for found and 0 for not found. An operand is a
// symbol, a number, or a group ("g:NAME" any symbol of it, "g+:NAME" one with
// a positive, "g-:NAME" one with a negative score). Before an operand "-"
// keeps both the part's symbol and its weight, "~" its weight, and "^" takes
// the weight in any case.
type expression struct {
	root  node
	atoms []*atom
}

// atom is one operand that is looked up among the findings.
type atom struct {
	name  string
	group bool
	sign  int // for groups: only symbols with positive or negative score
	keep  byte
	at    int // position in the source, from 1
}

// node is one operation; kids are its operands.
type node struct {
	op     string
	kids   []node
	atom   *atom
	number float64
}

// value works the node out; look gives 1 for an atom that was found.
func (n *node) value(look func(*atom) float64) float64 {
	switch n.op {
	case "atom":
		return look(n.atom)
	case "number":
		return n.number
	case "!":
		return truth(n.kids[0].value(look) == 0)
	case "&":
		for i := range n.kids {
			if n.kids[i].value(look) == 0 {
				return 0
			}
		}
		return 1
	case "|":
		for i := range n.kids {
			if n.kids[i].value(look) != 0 {
				return 1
			}
		}
		return 0
	}
	return arithmetic(n.op, n.kids[0].value(look), n.kids[1].value(look))
}

// arithmetic applies a binary operator to two numbers.
func arithmetic(op string, a, b float64) float64 {
	switch op {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "/":
		if b == 0 {
			return 0
		}
		return a / b
	case ">":
		return truth(a > b)
	case ">=":
		return truth(a >= b)
	case "<":
		return truth(a < b)
	case "<=":
		return truth(a <= b)
	case "=":
		return truth(a == b)
	}
	return truth(a != b)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// parseExpression reads a formula; errors name the column, from 1.
func parseExpression(src string) (*expression, error) {
	if len(src) > maxExpressionLen {
		return nil, fmt.Errorf("expression is longer than %d bytes", maxExpressionLen)
	}
	p := &exprParser{src: src}
	p.next()
	root, err := p.binary(0, 0)
	if err != nil {
		return nil, err
	}
	if p.tok != "" {
		return nil, p.errorf("expected an operator or the end, found %q", p.tok)
	}
	return &expression{root: root, atoms: p.atoms}, nil
}

// exprParser is a precedence-climbing parser with one token of look-ahead.
type exprParser struct {
	src   string
	pos   int
	tok   string
	at    int  // where tok begins
	glued bool // no blank follows tok
	atoms []*atom
}

// levels lists the binary operators from the loosest to the tightest.
var levels = [][]string{
	{"|"}, {"&"}, {">", ">=", "<", "<=", "=", "!="}, {"+", "-"}, {"*", "/"},
}

var synonyms = map[string]string{
	"and": "&", "or": "|", "not": "!", "&&": "&", "||": "|", "==": "=",
}

func (p *exprParser) errorf(format string, args ...any) error {
	return fmt.Errorf("expression %q, column %d: %s", p.src, p.at+1, fmt.Sprintf(format, args...))
}

// next reads the next token; "" is the end.
func (p *exprParser) next() {
	for p.pos < len(p.src) && isBlank(p.src[p.pos]) {
		p.pos++
	}
	p.at = p.pos
	rest := p.src[p.pos:]
	n := 0
	switch {
	case rest == "":
	case isWord(rest[0]):
		for n < len(rest) && (isWord(rest[n]) || rest[n] == '.') {
			n++
		}
		n += groupSuffix(rest, n)
	default:
		n = operatorLen(rest)
	}
	p.tok = rest[:n]
	p.pos += n
	p.glued = p.pos < len(p.src) && !isBlank(p.src[p.pos])
	if s, ok := synonyms[strings.ToLower(p.tok)]; ok {
		p.tok = s
	}
}

// groupSuffix gives the length of ":NAME", "+:NAME" or "-:NAME" after "g".
func groupSuffix(rest string, n int) int {
	if rest[:n] != "g" {
		return 0
	}
	i := n
	if i < len(rest) && (rest[i] == '+' || rest[i] == '-') {
		i++
	}
	if i >= len(rest) || rest[i] != ':' {
		return 0
	}
	i++
	for i < len(rest) && isWord(rest[i]) {
		i++
	}
	return i - n
}

func operatorLen(rest string) int {
	for _, op := range []string{"&&", "||", ">=", "<=", "!=", "=="} {
		if strings.HasPrefix(rest, op) {
			return 2
		}
	}
	return 1
}

// binary parses operators of the given level and tighter ones.
func (p *exprParser) binary(level, depth int) (node, error) {
	if depth > maxExpressionDepth {
		return node{}, p.errorf("nested deeper than %d", maxExpressionDepth)
	}
	if level == len(levels) {
		return p.unary(depth)
	}
	left, err := p.binary(level+1, depth)
	if err != nil {
		return node{}, err
	}
	for isOneOf(p.tok, levels[level]) {
		op := p.tok
		p.next()
		right, err := p.binary(level+1, depth)
		if err != nil {
			return node{}, err
		}
		if left.op == op && (op == "&" || op == "|") {
			left.kids = append(left.kids, right)
		} else {
			left = node{op: op, kids: []node{left, right}}
		}
	}
	return left, nil
}

// unary parses negations, parentheses and operands.
func (p *exprParser) unary(depth int) (node, error) {
	switch {
	case p.tok == "!":
		if depth > maxExpressionDepth {
			return node{}, p.errorf("nested deeper than %d", maxExpressionDepth)
		}
		p.next()
		kid, err := p.unary(depth + 1)
		return node{op: "!", kids: []node{kid}}, err
	case p.tok == "(":
		p.next()
		inner, err := p.binary(0, depth+1)
		if err != nil {
			return node{}, err
		}
		if p.tok != ")" {
			return node{}, p.errorf("expected \")\", found %s", p.found())
		}
		p.next()
		return inner, nil
	}
	return p.operand()
}

// operand parses a number, or a symbol or group with its prefix.
func (p *exprParser) operand() (node, error) {
	var keep byte
	at := p.at
	if (p.tok == "-" || p.tok == "~" || p.tok == "^") && p.glued {
		keep = p.tok[0]
		p.next()
	}
	if p.tok == "" || !isWord(p.tok[0]) {
		return node{}, p.errorf("expected a symbol, found %s", p.found())
	}
	word := p.tok
	if n, err := strconv.ParseFloat(word, 64); err == nil {
		p.next()
		if keep == '-' {
			n = -n
		}
		return node{op: "number", number: n}, nil
	}
	if strings.Contains(word, ".") {
		return node{}, p.errorf("%q is neither a symbol nor a number", word)
	}
	p.next()
	a := &atom{name: word, keep: keep, at: at + 1}
	if head, name, ok := strings.Cut(word, ":"); ok {
		a.name, a.group = name, true
		a.sign = map[string]int{"g": 0, "g+": 1, "g-": -1}[head]
		if name == "" {
			return node{}, p.errorf("expected the name of a group after %q", word)
		}
	}
	p.atoms = append(p.atoms, a)
	return node{op: "atom", atom: a}, nil
}

func (p *exprParser) found() string {
	if p.tok == "" {
		return "the end"
	}
	return strconv.Quote(p.tok)
}

func isOneOf(s string, list []string) bool {
	for _, l := range list {
		if s == l {
			return true
		}
	}
	return false
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func isWord(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_'
}
