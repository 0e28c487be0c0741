package content

import (
	"testing"

	"postern/internal/check/checktest"
)

func TestScriptOrigin(t *testing.T) {
	script := func(v string) string { return mailWith("X-PHP-Originating-Script: " + v) }
	cases := append(quietOnClean(ScriptOrigin()), []checktest.Case{
		{Name: "eval", Symbol: "X_PHP_EVAL", Fires: true, Message: script("1000:a.php(1) : eval()'d code")},
		{Name: "plain", Symbol: "X_PHP_EVAL", Message: script("1000:mailer.php")},
		{Name: "root", Symbol: "PHP_SCRIPT_ROOT", Fires: true, Message: script("0:mailer.php")},
		{Name: "user", Symbol: "PHP_SCRIPT_ROOT", Message: script("1000:mailer.php")},
		{Name: "hidden folder", Symbol: "HIDDEN_SOURCE_OBJ", Fires: true, Message: mailWith("X-PHP-Script: example.com/.cache/x.php for 192.0.2.1")},
		{Name: "hidden file", Symbol: "HIDDEN_SOURCE_OBJ", Fires: true, Message: script("1000:.x.php")},
		{Name: "parent folder", Symbol: "HIDDEN_SOURCE_OBJ", Message: script("1000:a/../x.php")},
		{Name: "PHP", Symbol: "PHP_XPS_PATTERN", Fires: true, Message: mailWith("X-PHP-Script: example.com/mail.php for 192.0.2.1")},
		{Name: "other", Symbol: "PHP_XPS_PATTERN", Message: mailWith("X-PHP-Script: mail")},
		{Name: "web server", Symbol: "XAW_SERVICE_ACCT", Fires: true,
			Message: mailWith("X-Authentication-Warning: host.example.com: www-data set sender to x@example.com using -f")},
		{Name: "person", Symbol: "XAW_SERVICE_ACCT",
			Message: mailWith("X-Authentication-Warning: host.example.com: carol set sender to x@example.com using -f")},
		{Name: "number with a zero", Symbol: "X_PHP_FORGED_0X", Fires: true, Message: script("01:mailer.php")},
		{Name: "root", Symbol: "X_PHP_FORGED_0X", Message: script("0:mailer.php")},
	}...)
	for _, f := range originFields {
		cases = append(cases, checktest.Case{Name: "some", Symbol: f.symbol, Fires: true, Message: mailWith(f.name + ": something")})
	}
	checktest.Run(t, ScriptOrigin(), cases)
}
