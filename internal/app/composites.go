package app

import (
	"postern/internal/engine"
	"postern/internal/verdict"
)

// Composites are the symbols made of others. Those with score 0 take away
// the weight of what is no fault under the circumstances.
func Composites() []engine.Composite {
	take := func(name, group, description, expression string) engine.Composite {
		return engine.Composite{
			Symbol:     verdict.Symbol{Name: name, Group: group, Description: description},
			Expression: expression,
		}
	}
	add := func(name, group string, score float64, description, expression string) engine.Composite {
		c := take(name, group, description, expression)
		c.Score, c.Leave = score, true
		return c
	}
	return []engine.Composite{
		take("FORGED_RECIPIENTS_MAILLIST", "headers", "the recipients differ from the header's, as a mailing list's do",
			"FORGED_RECIPIENTS & -MAILLIST"),
		take("FORGED_SENDER_MAILLIST", "headers", "the sender differs from the header's, as a mailing list's does",
			"FORGED_SENDER & -MAILLIST"),
		take("FORGED_SENDER_FORWARDING", "headers", "the sender differs from the header's because the mail was forwarded",
			"FORGED_SENDER & -g:forwarding"),
		take("FORGED_RECIPIENTS_FORWARDING", "headers", "the recipients differ from the header's because the mail was forwarded",
			"FORGED_RECIPIENTS & -g:forwarding"),
		take("FORGED_SENDER_VERP_SRS", "headers", "the sender differs from the header's by a bounce tag",
			"FORGED_SENDER & (-ENVFROM_PRVS | -ENVFROM_VERP)"),
		take("FORGED_OWN_FROM_MAILLIST", "headers", "the From of ours came back by a mailing list",
			"FORGED_OWN_FROM & -MAILLIST"),
		take("FORGED_OWN_FROM_FORWARDING", "headers", "the From of ours came back because the mail was forwarded",
			"FORGED_OWN_FROM & -g:forwarding"),
		take("FORGED_MUA_MAILLIST", "mua", "the mail program looks forged because a mailing list changed the mail",
			"g:mua & -MAILLIST"),
		take("BROKEN_HEADERS_MAILLIST", "headers", "the header is broken because a mailing list changed it",
			"BROKEN_HEADERS & -MAILLIST"),
		take("APPLE_MAILER_COMMON", "composite", "usual with Apple's mail program",
			"-APPLE_MAILER & MV_CASE"),
		take("APPLE_IOS_MAILER_COMMON", "composite", "usual with Apple's mail program on telephones",
			"-APPLE_IOS_MAILER & (MV_CASE | MIME_MA_MISSING_TEXT)"),
		add("SHORT_PART_BAD_HEADERS", "blankspam", 5, "next to no text and no proper header",
			"MISSING_ESSENTIAL_HEADERS & SINGLE_SHORT_PART"),
		take("INVALID_MSGID_MAILLIST", "headers", "the Message-ID is odd or missing because a mailing list made it",
			"(INVALID_MSGID | MISSING_MID) & -MAILLIST"),
		add("FREEMAIL_AFF", "scams", 4, "an advance fee fraud by a free mailbox",
			"(FREEMAIL_FROM | FREEMAIL_ENVFROM | FREEMAIL_REPLYTO | FREEMAIL_MDN) & (TO_DN_RECIPIENTS | R_UNDISC_RCPT | CD_MM_BODY) & (INTRODUCTION | FROM_NAME_HAS_TITLE | FREEMAIL_REPLYTO_NEQ_FROM_DOM | SUBJECT_HAS_CURRENCY)"),
		add("SUSPICIOUS_MDN", "scams", 2, "the read receipt goes to a free mailbox, and the mail does not come from one",
			"FREEMAIL_MDN & !(FREEMAIL_FROM | FREEMAIL_ENVFROM)"),
		add("LEAKED_PASSWORD_SCAM", "scams", 5, "threatens and names a bitcoin address",
			"BITCOIN_ADDR & (LEAKED_PASSWORD_SCAM_RE | R_MIXED_CHARSET | R_EMPTY_IMAGE)"),
		add("MIME_BAD_EXT_WITH_BAD_UNICODE", "mime_types", 5, "a dangerous file whose name is written to look harmless",
			"MIME_BAD_EXTENSION & MIME_BAD_UNICODE"),
	}
}

// Forced are the symbols that force an action whatever the score: only what
// is certain.
func Forced() map[string]engine.SymbolOptions {
	return map[string]engine.SymbolOptions{
		"GTUBE":                 {Action: verdict.Reject.String(), Reply: "554 5.7.1 Gtube pattern"},
		"GTUBE_ADD_HEADER":      {Action: verdict.AddHeader.String()},
		"GTUBE_REWRITE_SUBJECT": {Action: verdict.RewriteSubject.String()},
		"GTUBE_NO_ACTION":       {Action: verdict.NoAction.String()},
	}
}
