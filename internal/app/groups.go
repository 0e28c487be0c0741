package app

import (
	"postern/internal/restrict"
	"postern/internal/verdict"
)

// Groups are the groups of symbols with their caps, which are rspamd's where
// rspamd has the group, so that many findings of one kind do not add up to a
// rejection.
func Groups() []verdict.Group {
	return []verdict.Group{
		{Name: "headers", MaxScore: 8, Description: "header fields that are missing, repeated, forged or odd"},
		{Name: "Message ID", MaxScore: 4, Description: "the form of the Message-ID"},
		{Name: "mid", MaxScore: 4, Description: "the Message-ID compared with other fields"},
		{Name: "subject", MaxScore: 6, Description: "tricks of the subject"},
		{Name: "mime", MaxScore: 6, Description: "how the message is put together"},
		{Name: "mime_defects", MaxScore: 5, Description: "what is broken in structure and encodings"},
		{Name: "mime_types", MaxScore: 10, Description: "types and names of attachments"},
		{Name: "html", MaxScore: 8, Description: "what HTML hides or draws"},
		{Name: "mua", MaxScore: 8, Description: "programs that the sender only claims to use"},
		{Name: "hfilter", MaxScore: 8, Description: "names of the client: HELO and reverse name"},
		{Name: "policies", Description: "what the sender's domain says of the mail: SPF, DKIM, DMARC, and ARC of those who forwarded it"},
		{Name: "rbl", MaxScore: 9, Description: "DNS lists that have the client"},
		{Name: "surbl", MaxScore: 9, Description: "DNS lists that have a name: HELO, reverse name, sender, links"},
		{Name: "greylist", Description: "clients that are asked to come back later"},
		{Name: restrict.Group, MaxScore: restrict.MaxGroupScore, Description: "restrictions in Postfix's words"},
		{Name: "excessqp", MaxScore: 2.4, Description: "header values in quoted-printable without need"},
		{Name: "excessb64", MaxScore: 3, Description: "header values in base64 without need"},
		{Name: "blankspam", MaxScore: 7, Description: "messages without contents"},
		{Name: "scams", MaxScore: 8, Description: "texts of known frauds"},
		{Name: "body", MaxScore: 5, Description: "texts that do not belong together"},
		{Name: "compromised_hosts", MaxScore: 6, Description: "marks of scripts on broken-into web sites"},
		{Name: "freemail", MaxScore: 5, Description: "mailboxes that anybody gets for nothing"},
		{Name: "aliases", Description: "addresses with tags"},
		{Name: "forwarding", Description: "how the message was forwarded"},
		{Name: "misc", Description: "test strings"},
		{Name: "composite", Description: "usual combinations"},
		{Name: "failures", Description: "checks that could not find out"},
	}
}
