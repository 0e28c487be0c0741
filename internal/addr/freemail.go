package addr

import "strings"

// Freemail tells whether anybody can open a mailbox in that domain without
// charge and without being known. domain must be in lower case.
func Freemail(domain string) bool {
	if freemailDomains[domain] {
		return true
	}
	brand, suffix, ok := strings.Cut(domain, ".")
	return ok && freemailBrands[brand] && len(suffix) <= len("com.xx")
}

// freemailBrands are providers with the same name under many countries'
// suffixes, such as yahoo.co.uk and hotmail.fr.
var freemailBrands = map[string]bool{
	"yahoo": true, "ymail": true, "rocketmail": true,
	"hotmail": true, "outlook": true, "live": true, "msn": true,
	"gmx": true, "yandex": true, "excite": true, "lycos": true,
}

// freemailDomains are well-known providers of free mailboxes.
var freemailDomains = map[string]bool{
	"126.com": true, "139.com": true, "163.com": true, "188.com": true,
	"aim.com": true, "aol.com": true, "aol.co.uk": true, "att.net": true,
	"alice.it": true, "arcor.de": true, "bigmir.net": true, "bk.ru": true,
	"bol.com.br": true, "centrum.cz": true, "cock.li": true, "consultant.com": true,
	"cyberservices.com": true, "daum.net": true, "dr.com": true, "email.com": true,
	"email.cz": true, "email.it": true, "engineer.com": true, "europe.com": true,
	"fastmail.com": true, "fastmail.fm": true, "foxmail.com": true, "free.fr": true,
	"freenet.de": true, "gawab.com": true, "gmail.com": true, "googlemail.com": true,
	"hanmail.net": true, "hushmail.com": true, "i.ua": true, "icloud.com": true,
	"ig.com.br": true, "inbox.com": true, "inbox.lv": true, "inbox.ru": true,
	"internet.ru": true, "interia.pl": true, "juno.com": true, "laposte.net": true,
	"libero.it": true, "list.ru": true, "mac.com": true, "mail.bg": true,
	"mail.com": true, "mail.ee": true, "mail.ru": true, "mail.ua": true,
	"me.com": true, "meta.ua": true, "myself.com": true, "nate.com": true,
	"naver.com": true, "netscape.net": true, "netzero.net": true, "o2.pl": true,
	"onet.pl": true, "op.pl": true, "orange.fr": true, "pm.me": true,
	"post.com": true, "post.cz": true, "proton.me": true, "protonmail.ch": true,
	"protonmail.com": true, "qq.com": true, "rambler.ru": true, "rediffmail.com": true,
	"sapo.pt": true, "seznam.cz": true, "sify.com": true, "sina.cn": true,
	"sina.com": true, "sohu.com": true, "t-online.de": true, "terra.com.br": true,
	"tim.it": true, "tiscali.it": true, "tlen.pl": true, "tom.com": true,
	"tuta.com": true, "tuta.io": true, "tutanota.com": true, "tutanota.de": true,
	"ukr.net": true, "uol.com.br": true, "usa.com": true, "virgilio.it": true,
	"vip.163.com": true, "vip.qq.com": true, "voila.fr": true, "walla.co.il": true,
	"walla.com": true, "web.de": true, "wp.pl": true, "yeah.net": true,
	"ya.ru": true, "zoho.com": true, "zohomail.com": true, "zoznam.sk": true,
}
