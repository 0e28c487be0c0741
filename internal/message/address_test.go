package message

import (
	"strings"
	"testing"
)

// boxTable writes mailboxes as name<address>, with group/ before and ! after
// one that is not valid.
func boxTable(list []Mailbox) string {
	var all []string
	for _, b := range list {
		s := b.Name + "<" + b.Address.String() + ">"
		if b.Group != "" {
			s = b.Group + "/" + s
		}
		if !b.Valid {
			s += "!"
		}
		all = append(all, s)
	}
	return strings.Join(all, " | ")
}

func TestParseMailboxes(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "a@B.example", "<a@b.example>"},
		{"name", "Ann Lee <a@b.example>", "Ann Lee<a@b.example>"},
		{"quoted", `"Lee, Ann \"x\"" <a@b.example>`, `Lee, Ann "x"<a@b.example>`},
		{"comment", "a@b.example (Ann (the) Lee)", "Ann (the) Lee<a@b.example>"},
		{"list", "a@b.example, Ann <c@d.example>,, e@f.example", "<a@b.example> | Ann<c@d.example> | <e@f.example>"},
		{"group", "Us: a@b.example, Ann <c@d.example>; e@f.example", "Us/<a@b.example> | Us/Ann<c@d.example> | <e@f.example>"},
		{"empty group", "undisclosed-recipients:;", ""},
		{"no group", "Undisclosed recipients", "Undisclosed recipients<>!"},
		{"name with comma", "Lee, Ann <a@b.example>", "Ann<a@b.example>"},
		{"comma before brackets", "UPS, <a@b.example>", "UPS<a@b.example>"},
		{"commas before brackets", `"A b", C, <a@b.example>, d@e.example`, "A b, C<a@b.example> | <d@e.example>"},
		{"address in comment", "Shop,(<a@b.example>), \"x\" (<c@d.example>)", "Shop<a@b.example> | x<c@d.example>"},
		{"encoded, comma", "=?utf-8?q?J=C3=BC?= , <a@b.example>", "Jü<a@b.example>"},
		{"local part", "root, a@b.example", "<root>! | <a@b.example>"},
		{"route", "Ann <@x.example,@y.example:a@b.example>", "Ann<a@b.example>"},
		{"obsolete blanks", "a . b @ c . example", "<a.b@c.example>"},
		{"comments within", "Pete(nice) <pete(his)@silly.example(host)>", "Pete<pete@silly.example>"},
		{"quoted local", `"a b"@c.example, <"x\"y"@c.example>`, `<a b@c.example> | <x"y@c.example>`},
		{"obsolete local", `<a."b c".d@c.example>`, "<a.b c.d@c.example>"},
		{"literal", "<a@[192.0.2.1]>", "<a@[192.0.2.1]>"},
		{"encoded name", "=?utf-8?q?J=C3=BCrgen?= <a@b.example>", "Jürgen<a@b.example>"},
		{"encoded in quotes", `"=?utf-8?q?J=C3=BCrgen?=" <a@b.example>`, "Jürgen<a@b.example>"},
		{"8 bit", "J\xfcrgen <a@b.example>", "Jürgen<a@b.example>"},
		{"utf-8", "用户 <用户@例子.example>", "用户<用户@例子.example>"},
		{"no end bracket", "Ann <a@b.example", "Ann<a@b.example>"},
		{"no end bracket, list", "Ann <a@b.example, c@d.example", "Ann<a@b.example> | <c@d.example>"},
		{"no brackets", "Ann Lee a@b.example", "Ann Lee<a@b.example>"},
		{"name after", "<a@b.example> Ann", "Ann<a@b.example>"},
		{"no comma", "<a@b.example> <c@d.example>", "<a@b.example> | <c@d.example>"},
		{"no comma, bare", "a@b.example c@d.example", "<a@b.example> | <c@d.example>"},
		{"double brackets", "Ann <<a@b.example>>", "Ann<a@b.example>"},
		{"address as name", "x@y.example <a@b.example>", "x@y.example<a@b.example>"},
		{"two at", "<a@b@c.example>", "<a@b@c.example>!"},
		{"null", "<>", "<>!"},
		{"no domain", "<a@>", "<a>!"},
		{"no local part", "<@b.example>", "<@b.example>!"},
		{"dots", "<a..b@c.example>, <.a@c.example>", "<a..b@c.example>! | <.a@c.example>!"},
		{"bad domain", "<a@-b..c>", "<a@-b..c>!"},
		{"open quote", `"Ann <a@b.example>`, `"Ann<a@b.example>`},
		{"open comment", "a@b.example (Ann", "Ann<a@b.example>"},
		{"semicolons", "a@b.example; c@d.example", "<a@b.example> | <c@d.example>"},
		{"empty", "", ""},
		{"blank", " , ;", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list, bad := parseMailboxes(tt.in, 100)
			if got := boxTable(list); got != tt.want {
				t.Errorf("parseMailboxes(%q) = %q, want %q", tt.in, got, tt.want)
			}
			if strings.HasSuffix(tt.want, "!") && bad == "" {
				t.Errorf("parseMailboxes(%q) found nothing bad", tt.in)
			}
		})
	}
	if list, bad := parseMailboxes(strings.Repeat("a@b.example,", 50), 10); len(list) != 10 || bad == "" {
		t.Errorf("%d mailboxes of at most 10, bad %q", len(list), bad)
	}
}
