package content

import (
	"context"
	"strings"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// ScriptOrigin looks for the fields that web servers and hosting panels add
// to the mail of scripts: much spam leaves by way of broken-in web sites.
func ScriptOrigin() check.Check {
	const group = "compromised_hosts"
	symbols := []verdict.Symbol{
		groupSymbol(group, "X_PHP_EVAL", 4, "Code made up at run time sent the message (PHP eval)"),
		groupSymbol(group, "PHP_SCRIPT_ROOT", 1, "A PHP script of user root sent the message"),
		groupSymbol(group, "HIDDEN_SOURCE_OBJ", 2, "The script that sent the message lies in a hidden file or folder"),
		groupSymbol(group, "XAW_SERVICE_ACCT", 1, "The account of a service such as a web server set the sender"),
		groupSymbol(group, "PHP_XPS_PATTERN", 0, "X-PHP-Script names the script and the client's address, as PHP writes it"),
		headerSymbol("X_PHP_FORGED_0X", 4, "X-PHP-Originating-Script begins with a number that no user has"),
	}
	for _, f := range originFields {
		symbols = append(symbols, groupSymbol(group, f.symbol, 0, "There is an "+f.name+" field"))
	}
	return check.New(check.Info{Name: "script_origin", Stage: check.Header, Symbols: symbols}, scriptOrigin)
}

// originFields are the fields with the symbol that tells that they are there.
var originFields = [...]struct{ name, symbol string }{
	{"X-Authentication-Warning", "HAS_XAW"},
	{"X-AntiAbuse", "HAS_X_ANTIABUSE"},
	{"X-Authenticated-Sender", "HAS_X_AS"},
	{"X-Get-Message-Sender-Via", "HAS_X_GMSV"},
	{"X-PHP-Script", "HAS_X_PHP_SCRIPT"},
	{"X-PHP-Originating-Script", "HAS_X_POS"},
	{"X-Source", "HAS_X_SOURCE"},
}

func scriptOrigin(_ context.Context, tx *check.Transaction, out *check.Report) error {
	h := tx.Message.Header()
	some := false
	for i := range originFields {
		if f := h.First(originFields[i].name); f != nil {
			some = true
			out.Add(originFields[i].symbol, f.Value())
		}
	}
	if some {
		reportScript(h, out)
	}
	return nil
}

// reportScript looks into the fields for signs of a break-in.
func reportScript(h *message.Header, out *check.Report) {
	script := h.Value("X-PHP-Originating-Script")
	if strings.Contains(script, "eval()'d code") || strings.Contains(h.Value("X-PHP-Script"), "eval()'d code") {
		out.Add("X_PHP_EVAL", script, h.Value("X-PHP-Script"))
	}
	if v := h.Value("X-PHP-Script"); strings.Contains(v, ".php for ") {
		out.Add("PHP_XPS_PATTERN", v)
	}
	if strings.HasPrefix(script, "0:") {
		out.Add("PHP_SCRIPT_ROOT", script)
	}
	if len(script) > 1 && script[0] == '0' && isDigit(script[1]) {
		out.Add("X_PHP_FORGED_0X", script)
	}
	for _, name := range [...]string{"X-PHP-Originating-Script", "X-PHP-Script", "X-Source", "X-Source-Args", "X-Source-Dir"} {
		if v := h.Value(name); hiddenPath(v) {
			out.Add("HIDDEN_SOURCE_OBJ", v)
		}
	}
	if warning := h.Value("X-Authentication-Warning"); warning != "" {
		_, rest, _ := strings.Cut(warning, ":")
		if user, _, _ := strings.Cut(strings.TrimSpace(rest), " "); isServiceAccount(user) {
			out.Add("XAW_SERVICE_ACCT", warning)
		}
	}
}

// hiddenPath tells whether a path has a component that begins with a dot, as
// Unix hides files; ".." and the like lead elsewhere and hide nothing.
func hiddenPath(path string) bool {
	for {
		i := strings.Index(path, "/.")
		if i < 0 {
			i = strings.Index(path, ":.")
		}
		if i < 0 || i+2 >= len(path) {
			return false
		}
		if c := path[i+2]; isLetter(c) || isDigit(c) {
			return true
		}
		path = path[i+2:]
	}
}
