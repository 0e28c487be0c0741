package content

import (
	"strings"
	"testing"

	"postern/internal/check/checktest"
)

const (
	someText = "<p>Dear Bob, here are the minutes of our meeting. Please tell me what is missing.</p>"
	letter   = "<html><body>" + someText + "</body></html>"
)

func TestHTMLHidden(t *testing.T) {
	white := strings.Repeat(`<p style="color:#ffffff;background:#ffffff">words that only filters read</p>`, 6)
	checktest.Run(t, HTMLHidden(), []checktest.Case{
		{Name: "white", Symbol: "R_WHITE_ON_WHITE", Fires: true, Message: htmlMail(someText + white), Evidence: "filters"},
		{Name: "black", Symbol: "R_WHITE_ON_WHITE", Message: htmlMail(strings.ReplaceAll(someText+white, "color:#ffffff", "color:#000000"))},
		{Name: "button", Symbol: "R_WHITE_ON_WHITE", Message: htmlMail(someText + `<a style="color:#ffffff;background-color:#0000c0" href="https://example.com/">Open</a>`)},
		{Name: "between letters", Symbol: "ZERO_FONT", Fires: true, Message: htmlMail(`<p>Pass<span style="font-size:0">xx</span>word</p>`)},
		{Name: "ordinary", Symbol: "ZERO_FONT", Message: htmlMail(letter)},
		{Name: "zero for a picture", Symbol: "ZERO_FONT", Message: htmlMail(`<td style="font-size:0"><img src="https://example.com/a.png"></td>` + someText)},
		{Name: "many", Symbol: "MANY_INVISIBLE_PARTS", Fires: true, Message: htmlMail(someText + strings.Repeat(`<div style="display:none">word</div>`, 4))},
		{Name: "preview text", Symbol: "MANY_INVISIBLE_PARTS", Message: htmlMail(`<div style="display:none">The minutes</div>` + someText)},
		{Name: "far left", Symbol: "HTML_OFF_SCREEN", Fires: true, Message: htmlMail(someText + `<div style="position:absolute;left:-9999px">words</div>`)},
		{Name: "ordinary", Symbol: "HTML_OFF_SCREEN", Message: htmlMail(letter)},
		{Name: "mostly hidden", Symbol: "HTML_HIDDEN_SHARE", Fires: true, Message: htmlMail("<p>Buy</p>" + strings.Repeat(`<div style="display:none">the quick brown fox jumps over it</div>`, 20))},
		{Name: "preview text", Symbol: "HTML_HIDDEN_SHARE", Message: htmlMail(`<div style="display:none">The minutes</div>` + someText)},
		{Name: "preview filled up", Symbol: "HTML_HIDDEN_SHARE", Message: htmlMail(`<div style="display:none">The minutes` + strings.Repeat("&#8204;&nbsp;", 400) + `</div>` + someText)},
	})
}

func TestHTMLImages(t *testing.T) {
	const picture = `<img src="https://example.com/a.png" width="600" height="400">`
	linked := `<a href="https://example.com/">` + picture + `</a>`
	padded := func(n int) string {
		return htmlMail(linked + "<p>" + strings.Repeat("many words and so on ", n/21+1) + "</p>")
	}
	checktest.Run(t, HTMLImages(), []checktest.Case{
		{Name: "short", Symbol: "HTML_SHORT_LINK_IMG_1", Fires: true, Message: htmlMail(linked)},
		{Name: "not linked", Symbol: "HTML_SHORT_LINK_IMG_1", Message: htmlMail(picture)},
		{Name: "small", Symbol: "HTML_SHORT_LINK_IMG_1", Message: htmlMail(strings.NewReplacer("600", "60", "400", "40").Replace(linked))},
		{Name: "longer", Symbol: "HTML_SHORT_LINK_IMG_2", Fires: true, Message: padded(1100)},
		{Name: "short", Symbol: "HTML_SHORT_LINK_IMG_2", Message: htmlMail(linked)},
		{Name: "longer still", Symbol: "HTML_SHORT_LINK_IMG_3", Fires: true, Message: padded(1600)},
		{Name: "long", Symbol: "HTML_SHORT_LINK_IMG_3", Message: padded(3000)},
		{Name: "picture alone", Symbol: "R_EMPTY_IMAGE", Fires: true, Message: htmlMail(picture)},
		{Name: "with text", Symbol: "R_EMPTY_IMAGE", Message: htmlMail(picture + someText)},
		{Name: "few words", Symbol: "R_SUSPICIOUS_IMAGES", Fires: true, Message: htmlMail(linked + "<p>Click</p>")},
		{Name: "many words", Symbol: "R_SUSPICIOUS_IMAGES", Message: htmlMail(linked + someText + someText)},
		{Name: "picture alone", Symbol: "HTML_IMAGE_ONLY", Fires: true, Message: htmlMail(`<img src="https://example.com/a.png">`)},
		{Name: "counter", Symbol: "HTML_IMAGE_ONLY", Message: htmlMail(`<img src="https://example.com/a.png" width=1 height=1>`)},
		{Name: "with text", Symbol: "HTML_IMAGE_ONLY", Message: htmlMail(picture + someText)},
	})
}

func TestHTMLElements(t *testing.T) {
	form := func(kind string) string {
		return htmlMail(`<form action="https://example.org/x" method=post><input type=` + kind + ` name=a></form>` + someText)
	}
	var cases []checktest.Case
	for _, tc := range []struct{ symbol, html string }{
		{"HTML_META_REFRESH_URL", `<head><meta http-equiv="refresh" content="0; url=https://example.org/x"></head>`},
		{"EXT_CSS", `<head><link rel="stylesheet" href="https://example.org/x.css"></head>`},
		{"HAS_DATA_URI", `<img src="data:image/png;base64,AAAA">`},
		{"DATA_URI_OBFU", `<a href="data:text/html;base64,AAAA">open</a>`},
		{"HTML_SCRIPT", `<script>alert(1)</script>`},
		{"HTML_FRAME", `<iframe src="https://example.org/x"></iframe>`},
		{"HTML_BASE_HREF", `<head><base href="https://example.org/"></head>`},
	} {
		cases = append(cases,
			checktest.Case{Name: "fires", Symbol: tc.symbol, Fires: true, Message: htmlMail("<html>" + tc.html + someText + "</html>")},
			checktest.Case{Name: "letter", Symbol: tc.symbol, Message: htmlMail(letter)},
			checktest.Case{Name: "as text", Symbol: tc.symbol, Message: textMail(tc.html)})
	}
	cases = append(cases,
		checktest.Case{Name: "font service", Symbol: "EXT_CSS", Message: htmlMail(`<link rel="stylesheet" href="https://fonts.example.org/css?family=Sans">` + someText)},
		checktest.Case{Name: "text", Symbol: "HTML_FORM", Fires: true, Message: form("text"), Evidence: "example.org"},
		checktest.Case{Name: "letter", Symbol: "HTML_FORM", Message: htmlMail(letter)},
		checktest.Case{Name: "password", Symbol: "HTML_FORM_PASSWORD", Fires: true, Message: form("password")},
		checktest.Case{Name: "text", Symbol: "HTML_FORM_PASSWORD", Message: form("text")})
	checktest.Run(t, HTMLElements(), cases)
}

func TestHTMLAttached(t *testing.T) {
	attached := func(html string) string {
		return multipart("mixed", plainPart, file("text/html", "invoice.html", "<html>"+html+"</html>"))
	}
	checktest.Run(t, HTMLAttached(), []checktest.Case{
		{Name: "by type", Symbol: "HTML_ATTACHED", Fires: true, Message: attached(someText), Evidence: "invoice.html"},
		{Name: "by name", Symbol: "HTML_ATTACHED", Fires: true, Message: multipart("mixed", plainPart, file("application/octet-stream", "invoice.htm", "<html></html>"))},
		{Name: "shown", Symbol: "HTML_ATTACHED", Message: multipart("alternative", plainPart, htmlPart)},
		{Name: "form", Symbol: "HTML_ATTACHED_FORM", Fires: true, Message: attached(`<form action="https://example.org/x"><input type=password></form>`), Evidence: "example.org"},
		{Name: "none", Symbol: "HTML_ATTACHED_FORM", Message: attached(someText)},
		{Name: "script", Symbol: "HTML_ATTACHED_SCRIPT", Fires: true, Message: attached("<script>location='https://example.org'</script>")},
		{Name: "none", Symbol: "HTML_ATTACHED_SCRIPT", Message: attached(someText)},
		{Name: "refresh", Symbol: "HTML_ATTACHED_REFRESH", Fires: true, Message: attached(`<meta http-equiv="refresh" content="0;url=https://example.org/x">`)},
		{Name: "none", Symbol: "HTML_ATTACHED_REFRESH", Message: attached(someText)},
	})
}

func TestHTMLLinks(t *testing.T) {
	link := func(href, text string) string { return htmlMail(someText + `<a href="` + href + `">` + text + `</a>`) }
	checktest.Run(t, HTMLLinks(), []checktest.Case{
		{Name: "IPv4", Symbol: "HTTP_TO_IP", Fires: true, Message: link("http://203.0.113.7/x", "here"), Evidence: "203.0.113.7"},
		{Name: "name", Symbol: "HTTP_TO_IP", Message: link("http://example.com/203.0.113.7", "here")},
		{Name: "in plain text", Symbol: "HTTP_TO_IP", Message: textMail("http://203.0.113.7/x\n")},
		{Name: "https shown", Symbol: "HTTP_TO_HTTPS", Fires: true, Message: link("http://example.com/", "https://example.com/")},
		{Name: "https meant", Symbol: "HTTP_TO_HTTPS", Message: link("https://example.com/", "https://example.com/")},
		{Name: "another host", Symbol: "HTML_LINK_OTHER_HOST", Fires: true, Message: link("https://evil.example.org/x", "https://www.bank.example"), Evidence: "www.bank.example"},
		{Name: "user hides the host", Symbol: "HTML_LINK_OTHER_HOST", Fires: true, Message: link("https://www.bank.example@evil.example.org/", "www.bank.com")},
		{Name: "same domain", Symbol: "HTML_LINK_OTHER_HOST", Message: link("https://click.example.com/x", "www.example.com")},
		{Name: "same registered domain", Symbol: "HTML_LINK_OTHER_HOST", Message: link("https://click.example.co.uk/x", "www.example.co.uk")},
		{Name: "link protection", Symbol: "HTML_LINK_OTHER_HOST", Message: link("https://safelinks.example.org/?url=https%3A%2F%2Fwww.bank.example%2F", "https://www.bank.example/")},
		{Name: "words", Symbol: "HTML_LINK_OTHER_HOST", Message: link("https://example.org/x", "read more")},
		{Name: "user name", Symbol: "HTML_LINK_USER", Fires: true, Message: link("https://www.bank.example@evil.example.org/", "log in")},
		{Name: "none", Symbol: "HTML_LINK_USER", Message: link("https://example.org/@name", "my page")},
	})
}
