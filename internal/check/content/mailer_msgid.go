package content

import (
	"context"
	"strings"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// MailerIDs compares the Message-ID with the form that the program named in
// the message gives to its ids. Programs that feign others seldom get it
// right. Two symbols by program: an id that has the form but an impossible
// value, and an id of another form.
func MailerIDs() check.Check {
	var symbols []verdict.Symbol
	for i := range idForms {
		f := &idForms[i]
		if f.forged != "" {
			symbols = append(symbols, verdict.Symbol{Name: f.forged, Group: "mua", Score: f.forgedScore,
				Description: "Feigns " + f.program + ": the Message-ID has an impossible value"})
		}
		if f.unknown != "" {
			symbols = append(symbols, verdict.Symbol{Name: f.unknown, Group: "mua", Score: f.unknownScore,
				Description: "Feigns " + f.program + ": the Message-ID has another form"})
		}
	}
	return check.New(check.Info{Name: "mailer_ids", Stage: check.Header, Symbols: symbols}, mailerIDs)
}

// idForm is what is known of a program's ids.
type idForm struct {
	program string
	// names tells whether that program is named.
	names func(mailer, agent string) bool
	// fits and form tell whether an id is a proper one, or has at least the
	// program's form.
	fits, form func(left string) bool
	// forged and unknown are the symbols with their scores.
	forged, unknown           string
	forgedScore, unknownScore float64
}

var idForms = [...]idForm{
	{
		program: "The Bat!", names: func(mailer, _ string) bool { return strings.HasPrefix(mailer, "The Bat!") },
		fits: batID, form: numberDotNumber,
		forged: "FORGED_MUA_THEBAT_MSGID", forgedScore: 4, unknown: "FORGED_MUA_THEBAT_MSGID_UNKNOWN", unknownScore: 3,
	},
	{
		program: "KMail", names: func(_, agent string) bool { return strings.HasPrefix(agent, "KMail/1.") },
		fits: kmailID, unknown: "FORGED_MUA_KMAIL_MSGID_UNKNOWN", unknownScore: 2.5,
	},
	{
		program: "Opera Mail", names: func(_, agent string) bool { return strings.HasPrefix(agent, "Opera Mail/1") },
		fits: operaID, unknown: "FORGED_MUA_OPERA_MSGID", unknownScore: 4,
	},
	{
		program: "Thunderbird", names: func(_, agent string) bool { return mozillaProgram(agent) == "thunderbird" },
		fits: mozillaID, form: mozillaForm,
		forged: "FORGED_MUA_THUNDERBIRD_MSGID", forgedScore: 4, unknown: "FORGED_MUA_THUNDERBIRD_MSGID_UNKNOWN", unknownScore: 2.5,
	},
	{
		program: "SeaMonkey", names: func(_, agent string) bool { return mozillaProgram(agent) == "seamonkey" },
		fits: mozillaID, form: mozillaForm,
		forged: "FORGED_MUA_SEAMONKEY_MSGID", forgedScore: 4, unknown: "FORGED_MUA_SEAMONKEY_MSGID_UNKNOWN", unknownScore: 2.5,
	},
	{
		program: "Postbox", names: func(_, agent string) bool { return mozillaProgram(agent) == "postbox" },
		fits: mozillaID, form: mozillaForm,
		forged: "FORGED_MUA_POSTBOX_MSGID", forgedScore: 4, unknown: "FORGED_MUA_POSTBOX_MSGID_UNKNOWN", unknownScore: 2.5,
	},
	{
		program: "Mozilla Mail", names: func(_, agent string) bool { return mozillaProgram(agent) == "mozilla" },
		fits: mozillaID, form: mozillaForm,
		forged: "FORGED_MUA_MOZILLA_MAIL_MSGID", forgedScore: 4, unknown: "FORGED_MUA_MOZILLA_MAIL_MSGID_UNKNOWN", unknownScore: 2.5,
	},
}

func mailerIDs(_ context.Context, tx *check.Transaction, out *check.Report) error {
	h := tx.Message.Header()
	mailer, agent := h.Value("X-Mailer"), h.Value("User-Agent")
	id := tx.Message.MessageID()
	if id == "" || mailer == "" && agent == "" {
		return nil
	}
	for i := range idForms {
		f := &idForms[i]
		if !f.names(mailer, agent) {
			continue
		}
		if symbol := f.judge(tx.Message, id); symbol != "" {
			out.Add(symbol, "Message-ID: "+id, mailer+agent)
		}
		break
	}
	return nil
}

func (f *idForm) judge(m *message.Message, id string) string {
	left, _, _ := strings.Cut(id, "@")
	switch {
	case f.fits(left), rewrittenID(m, id), f.unknown == "":
		return ""
	case f.form != nil && f.form(left):
		return f.forged
	}
	return f.unknown
}

// mozillaProgram tells which of the programs made from Mozilla's code a
// User-Agent names, or "".
func mozillaProgram(agent string) string {
	switch {
	case strings.HasPrefix(agent, "Thunderbird"), strings.HasPrefix(agent, "Mozilla Thunderbird"):
		return "thunderbird"
	case !strings.HasPrefix(agent, "Mozilla/5.0"):
		return ""
	case strings.Contains(agent, "Thunderbird/"), strings.Contains(agent, "Icedove/"), strings.Contains(agent, "Betterbird/"):
		return "thunderbird"
	case strings.Contains(agent, "SeaMonkey/"):
		return "seamonkey"
	case strings.Contains(agent, "PostboxApp/"), strings.Contains(agent, "Postbox/"):
		return "postbox"
	case strings.Contains(agent, " Gecko/") && strings.Contains(agent, "rv:"):
		return "mozilla"
	}
	return ""
}

// mozillaID recognises the ids of Mozilla's programs: seconds since 1970 in
// eight hexadecimal digits, a dot, and digits of which each second is 0; or,
// since 2016, a random UUID.
func mozillaID(left string) bool {
	if uuid(left) {
		return true
	}
	if !mozillaForm(left) || left[0] < '3' {
		return false
	}
	random := left[9:]
	for i := 1; i < len(random); i += 2 {
		if random[i] != '0' {
			return false
		}
	}
	return len(random)%2 == 1
}

// mozillaForm recognises eight hexadecimal digits, a dot, and up to nine
// digits.
func mozillaForm(left string) bool {
	seconds, random, ok := strings.Cut(left, ".")
	return ok && len(seconds) == 8 && upperHex(seconds) && random != "" && len(random) <= 9 && digits(random)
}

// uuid recognises 8-4-4-4-12 hexadecimal digits.
func uuid(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch i {
		case 8, 13, 18, 23:
			if s[i] != '-' {
				return false
			}
		default:
			if c := s[i]; (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
				return false
			}
		}
	}
	return true
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// batID recognises the ids of The Bat!: a number, a dot, and the time as
// year, month, day, hour, minute and second.
func batID(left string) bool {
	number, time, ok := strings.Cut(left, ".")
	if !ok || !digits(number) || len(time) < 14 || !digits(time[:14]) {
		return false
	}
	return (time[:2] == "19" || time[:2] == "20") && time[4:6] <= "12" && time[6:8] <= "31" &&
		time[8:10] <= "23" && time[10:12] <= "59" && time[12:14] <= "59"
}

func numberDotNumber(left string) bool {
	a, b, ok := strings.Cut(left, ".")
	return ok && digits(a) && digits(b)
}

// kmailID recognises "200403021159.30021.name", where the name may be missing.
func kmailID(left string) bool {
	a, rest, ok := strings.Cut(left, ".")
	b, _, _ := strings.Cut(rest, ".")
	return ok && digits(a) && digits(b)
}

// operaID recognises "op." and 14 small letters and digits.
func operaID(left string) bool {
	random, ok := strings.CutPrefix(left, "op.")
	return ok && len(random) == 14 && strings.Trim(random, "0123456789abcdefghijklmnopqrstuvwxyz") == ""
}
