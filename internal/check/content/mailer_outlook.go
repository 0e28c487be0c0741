package content

import (
	"context"
	"strings"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// MailerOutlook looks for messages that feign Microsoft's programs, the most
// feigned of all, and lack what those always write.
func MailerOutlook() check.Check {
	return check.New(check.Info{
		Name: "mailer_outlook", Stage: check.Message,
		Symbols: []verdict.Symbol{
			{Name: "FORGED_MUA_OUTLOOK", Group: "mua", Score: 3, Description: "Feigns Outlook, but the Message-ID is not Outlook's"},
			// Lowered from 5: together with FORGED_OUTLOOK_TAGS it would decide alone.
			{Name: "FORGED_OUTLOOK_HTML", Group: "headers", Score: 3.5, Description: "Feigns Outlook, which never sends HTML alone"},
			{Name: "FORGED_OUTLOOK_TAGS", Group: "headers", Score: 2.1, Description: "Feigns Outlook, but the HTML lacks the elements Outlook writes"},
			{Name: "MISSING_MIMEOLE", Group: "headers", Score: 2, Description: "X-MSMail-Priority without X-MimeOLE"},
			{Name: "RATWARE_MS_HASH", Group: "headers", Score: 2, Description: "A Message-ID as of Microsoft's programs without their fields"},
			{Name: "FORGED_IMS", Group: "headers", Score: 3, Description: "Feigns Exchange 5.5, which is not on the message's way"},
		},
	}, mailerOutlook)
}

func mailerOutlook(_ context.Context, tx *check.Transaction, out *check.Report) error {
	m := tx.Message
	mailer := m.Header().Value("X-Mailer")
	id := m.MessageID()
	if symbol := outlookByName(m, mailer, id); symbol != "" {
		out.Add(symbol, mailer, "Message-ID: "+id)
	}
	if strings.HasPrefix(mailer, "Microsoft Outlook") {
		outlookHTML(m, mailer, out)
	}
	if m.Header().Has("X-MSMail-Priority") && missingMimeOLE(m, mailer) {
		out.Add("MISSING_MIMEOLE", "X-MSMail-Priority: "+m.Header().Value("X-MSMail-Priority"), mailer)
	}
	if dollars(id) && !m.Header().Has("X-MimeOLE") && !outlookFamily(mailer) && !receivedWith(m, "Microsoft") {
		out.Add("RATWARE_MS_HASH", "Message-ID: "+id)
	}
	return nil
}

// outlookByName judges the Message-ID and the way by the program's name.
func outlookByName(m *message.Message, mailer, id string) string {
	switch {
	case strings.HasPrefix(mailer, "Internet Mail Service (5."):
		if !receivedWith(m, "Internet Mail Service") {
			return "FORGED_IMS"
		}
	case hasFold(mailer, "outlook express 4."), hasFold(mailer, "outlook express 5."), hasFold(mailer, "outlook express 6."),
		strings.HasPrefix(mailer, "Microsoft Outlook 8."), strings.HasPrefix(mailer, "Microsoft Outlook CWS, Build 9."),
		strings.HasPrefix(mailer, "Microsoft Outlook, Build 10."), strings.HasPrefix(mailer, "Microsoft Outlook IMO, Build 9."):
		if id != "" && !outlookID(id) && !rewrittenID(m, id) {
			return "FORGED_MUA_OUTLOOK"
		}
	}
	return ""
}

// outlookID recognises the Message-IDs of Outlook and Outlook Express:
// "000001c3a1b2$c3d4e5f6$0100a8c0@host", "!~!UENERkVC...", 28 capitals and a
// user's name, 32 or more hexadecimal digits, and those that Hotmail gave them.
func outlookID(id string) bool {
	left, host, _ := strings.Cut(id, "@")
	switch {
	case dollars(id), strings.HasPrefix(id, "!~!"), lettersOnly(left):
		return true
	case len(left) >= 32 && len(left) <= 40 && upperHex(left):
		return true
	}
	return strings.EqualFold(host, "hotmail.com") || strings.EqualFold(host, "phx.gbl") || prefixFold(left, "BAY")
}

// lettersOnly recognises "EAEMILNLIEBAKPJKFCKJGEJPCDAA.name".
func lettersOnly(left string) bool {
	return len(left) > 28 && left[28] == '.' && strings.Trim(left[:28], "ABCDEFGHIJKLMNOP") == ""
}

// rewrittenID tells whether a server or a list gave the message another
// Message-ID, so that it says nothing of the program.
func rewrittenID(m *message.Message, id string) bool {
	if prefixFold(id, "mailman.") || suffixFold(id, ".prod.outlook.com") || suffixFold(id, ".amazonses.com") {
		return true
	}
	return m.Header().Has("X-Original-Message-ID") || m.Header().Has("List-Unsubscribe") ||
		receivedWith(m, "iPlanet") || receivedWith(m, "CWT/DCE")
}

// dollars tells whether an id has the form xxxx$xxxx$xxxx@host of hexadecimal
// digits, which Microsoft's programs make.
func dollars(id string) bool {
	left, _, _ := strings.Cut(id, "@")
	a, rest, ok := strings.Cut(left, "$")
	if !ok {
		return false
	}
	b, c, ok := strings.Cut(rest, "$")
	return ok && len(a) >= 4 && len(b) >= 4 && len(c) >= 4 && anyHex(a) && anyHex(b) && anyHex(c)
}

func anyHex(s string) bool { return strings.Trim(s, "0123456789abcdefABCDEF") == "" }

func upperHex(s string) bool { return strings.Trim(s, "0123456789ABCDEF") == "" }

// receivedWith tells whether a trace field contains a program's name.
func receivedWith(m *message.Message, program string) bool {
	for _, f := range m.Header().All("Received") {
		if strings.Contains(f.Value(), program) {
			return true
		}
	}
	return false
}

// outlookHTML reports HTML that Outlook would not write so: it adds a plain
// text, and html, head, meta and body elements. Lists that take off the plain
// text are excused.
func outlookHTML(m *message.Message, mailer string, out *check.Report) {
	root := m.Root()
	if !root.Is("text/html") || m.Header().Has("List-Id") || m.Header().Has("List-Unsubscribe") {
		return
	}
	out.Add("FORGED_OUTLOOK_HTML", mailer)
	h := root.HTML()
	if h != nil && (h.Tags["html"] == 0 || h.Tags["head"] == 0 || h.Tags["meta"] == 0 || h.Tags["body"] == 0) {
		out.Add("FORGED_OUTLOOK_TAGS", mailer)
	}
}

// missingMimeOLE tells whether the field X-MimeOLE is missing where the
// program that writes X-MSMail-Priority writes both.
func missingMimeOLE(m *message.Message, mailer string) bool {
	return !m.Header().Has("X-MimeOLE") && !hasFold(mailer, "squirrelmail") && !hasFold(mailer, "atmail") &&
		!modernOutlook(strings.TrimPrefix(strings.TrimPrefix(mailer, "Microsoft "), "Office "))
}

// modernOutlook recognises "Outlook 12.0" to "Outlook 29.0".
func modernOutlook(name string) bool {
	v, ok := strings.CutPrefix(name, "Outlook ")
	return ok && len(v) >= 4 && (v[0] == '1' || v[0] == '2') && v[1] >= '0' && v[1] <= '9' && v[2] == '.'
}

// outlookFamily tells whether the program named is one that makes such ids
// without X-MimeOLE.
func outlookFamily(mailer string) bool {
	return strings.HasPrefix(mailer, "Microsoft Outlook") && !hasFold(mailer, "express") || strings.HasPrefix(mailer, "Microsoft Office Outlook")
}
