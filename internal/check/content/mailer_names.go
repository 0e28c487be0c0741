package content

import (
	"context"
	"strings"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// Mailers recognises the program that wrote the message, by what it says of
// itself.
func Mailers() check.Check {
	return check.New(check.Info{
		Name: "mailers", Stage: check.Header,
		Symbols: []verdict.Symbol{
			{Name: "MISSING_XM_UA", Group: "headers", Description: "No mail program names itself"},
			{Name: "APPLE_MAILER", Group: "headers", Description: "Written with Apple Mail"},
			{Name: "APPLE_IOS_MAILER", Group: "headers", Description: "Written with Mail of an iPhone or iPad"},
			{Name: "MAIL_RU_MAILER", Group: "headers", Description: "Written with the webmail of Mail.Ru"},
			{Name: "YANDEX_RU_MAILER", Group: "headers", Description: "Written with the webmail of Yandex"},
			{Name: "MAILER_1C_8", Group: "headers", Description: "Sent by 1C:Enterprise 8"},
			{Name: "OLD_X_MAILER", Group: "headers", Score: 2, Description: "A mail program that nobody uses any more"},
			{Name: "FORGED_X_MAILER", Group: "headers", Score: 4.5, Description: "A mail program's name as that program never writes it"},
		},
	}, mailers)
}

func mailers(_ context.Context, tx *check.Transaction, out *check.Report) error {
	h := tx.Message.Header()
	mailer, agent := h.First("X-Mailer"), h.First("User-Agent")
	if mailer == nil && agent == nil {
		out.Add("MISSING_XM_UA")
		return nil
	}
	if mailer == nil {
		return nil
	}
	name := mailer.Value()
	if symbol := knownMailer(tx, name); symbol != "" {
		out.Add(symbol, name)
	}
	switch {
	case forgedMailer(name):
		out.Add("FORGED_X_MAILER", name)
	case oldMailer(tx, name):
		out.Add("OLD_X_MAILER", name)
	}
	return nil
}

// mailerName is what the mail program calls itself, or "".
func mailerName(m *message.Message) string {
	if name := m.Header().Value("X-Mailer"); name != "" {
		return name
	}
	return m.Header().Value("User-Agent")
}

func knownMailer(tx *check.Transaction, name string) string {
	switch {
	case strings.HasPrefix(name, "Apple Mail ("):
		return "APPLE_MAILER"
	case genuineIOS(name):
		return "APPLE_IOS_MAILER"
	case name == "1C:Enterprise 8.2", name == "1C:Enterprise 8.3":
		return "MAILER_1C_8"
	case name == "Mail.Ru Mailer 1.0" && receivedBy(tx.Message, "e.mail.ru"):
		return "MAIL_RU_MAILER"
	case strings.HasPrefix(name, "Yamail [ http://yandex.ru ] 5.0") && receivedBy(tx.Message, ".yandex.ru"):
		return "YANDEX_RU_MAILER"
	}
	return ""
}

// receivedBy tells whether a host of that name, or whose name ends so, took
// the message over HTTP.
func receivedBy(m *message.Message, host string) bool {
	for _, f := range m.Header().All("Received") {
		if v := f.Value(); strings.Contains(v, "by ") && strings.Contains(v, host+" with HTTP") {
			return true
		}
	}
	return false
}

// genuineIOS recognises "iPhone Mail (16H5)" and the like: the number of a
// build of iOS in parentheses.
func genuineIOS(name string) bool {
	rest, ok := strings.CutPrefix(name, "iPhone Mail (")
	if !ok {
		rest, ok = strings.CutPrefix(name, "iPad Mail (")
	}
	build, closed := strings.CutSuffix(rest, ")")
	return ok && closed && iosBuild(build)
}

// iosBuild tells whether a build is one or two digits, a capital, digits and
// at most one small letter.
func iosBuild(build string) bool {
	i := 0
	for i < len(build) && i < 2 && build[i] >= '0' && build[i] <= '9' {
		i++
	}
	if i == 0 || i >= len(build) || build[i] < 'A' || build[i] > 'Z' {
		return false
	}
	rest := build[i+1:]
	if n := len(rest); n > 0 && rest[n-1] >= 'a' && rest[n-1] <= 'z' {
		rest = rest[:n-1]
	}
	return rest != "" && strings.Trim(rest, "0123456789") == ""
}

// forgedMailer recognises names that no program writes into X-Mailer:
// Thunderbird, which uses User-Agent; the field's own name; iOS with a build
// that is none.
func forgedMailer(name string) bool {
	switch {
	case prefixFold(name, "X-Mailer: "), strings.HasPrefix(name, "eGroups Message Poster"):
		return true
	case strings.HasPrefix(name, "iPhone Mail"), strings.HasPrefix(name, "iPad Mail"):
		return !genuineIOS(name)
	}
	name = strings.TrimPrefix(name, "Mozilla ")
	return strings.HasPrefix(name, "Thunderbird ") && len(name) > 12 && name[12] >= '0' && name[12] <= '9'
}

// oldMailers begin the names of programs that are out of use since before
// 2015: bulk mailers go on feigning them.
var oldMailers = [...]string{
	"Microsoft Outlook Express", "Microsoft Outlook IMO, Build 9.0.", "Microsoft Outlook, Build 10.",
	"Microsoft Outlook CWS, Build 9.", "Microsoft Outlook 8.", "The Bat! (v1.", "The Bat! (v2.",
	"QUALCOMM Windows Eudora Version ", "QUALCOMM Windows Eudora Pro Version ", "Internet Mail Service (5.5.",
	"Mozilla 4.", "AOL 5.", "AOL 6.", "AOL 7.", "MSN Explorer", "Lotus Notes Release 5.",
}

// outOfUse is the first year in which oldMailers are out of use: mail of
// archives may well have been written with them.
const outOfUse = 2015

func oldMailer(tx *check.Transaction, name string) bool {
	if d, ok := tx.Message.Date(); ok && d.Year() < outOfUse {
		return false
	}
	for _, old := range oldMailers {
		if strings.HasPrefix(name, old) {
			return true
		}
	}
	return false
}
