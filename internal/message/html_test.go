package message

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHTMLText shows what a reader sees of a text, and what is hidden.
func TestHTMLText(t *testing.T) {
	for _, c := range []struct{ name, html, visible, hidden string }{
		{"blanks run together", "<p>a \t\r\n  b</p>c", "a b\nc", ""},
		{"lines", "a<br>b<br><br>c<div>d</div>e<hr>f", "a\nb\n\nc\nd\ne\nf", ""},
		{"many empty lines", "a" + strings.Repeat("<br>", 9) + "b", "a\n\nb", ""},
		{"preformatted", "<pre>a  b\n c</pre>d", "a  b\n c\nd", ""},
		{"cells", "<table><tr><td>a<td>b<tr><td>c</table>d", "a b\nc\nd", ""},
		{"references", "&lt;a&gt; &#98;&#x63;&nbsp;d &euro;", "<a> bc d €", ""},
		{"not text", "<script>x</script>a<style>y</style>b<!-- z -->c", "abc", ""},
		{"conditional comment", "a<!--[if mso]>x<![endif]-->b<![if !mso]>c<![endif]>", "abc", ""},
		{"title", "<title>x</title>a", "a", ""},
		{"words in a word", "V<b></b>i<i>a</i>gra", "Viagra", ""},
		{"style without its end", "<style>a{}<p>x</p>", "x\n", ""},
		{"script without its end", "a<script>x<p>b</p>", "a\nb\n", ""},
		{"comment without its end", "a<!-- b", "a", ""},
		{"noscript", "<noscript>a</noscript>b", "ab", ""},

		{"display none", `a<span style="display:none">x</span>b`, "ab", "x"},
		{"display none, shouted", `a<span style="DISPLAY: NONE !important">x</span>b`, "ab", "x"},
		{"display none in a comment", `a<span style="display:/**/none">x</span>b`, "ab", "x"},
		{"hidden attribute", `a<div hidden>x<b>y</b></div>b`, "ab", "x y"},
		{"visibility", `<p style="visibility:hidden">x<b style="visibility:visible">a</b>y</p>`, "a\n", "x y"},
		{"opacity", `a<i style="opacity:0">x</i>`, "a", "x"},
		{"no height", `a<div style="max-height:0;overflow:hidden">x</div>`, "a", "x"},
		{"no height but not clipped", `<div style="max-height:0">a</div>`, "a\n", ""},
		{"off screen", `a<div style="position:absolute;left:-9999px">x</div>`, "a", "x"},
		{"indented away", `a<div style="text-indent:-9999px">x</div>`, "a", "x"},
		{"no font", `a<font style="font-size:0">x</font>b`, "ab", "x"},
		{"no font by shorthand", `a<font style="font:0px Arial">x</font>b`, "ab", "x"},
		{"no font undone", `<td style="font-size:0px">x<span style="font-size:12px">a</span>`, "a", "x"},
		{"tiny font", `a<font style="font-size:1px">x</font>b`, "ab", "x"},
		{"half of a tiny font", `<p style="font-size:4px">a<b style="font-size:50%">x</b></p>`, "a\n", "x"},
		{"same colour", `a<font color="#ffffff">x</font>b`, "ab", "x"},
		{"nearly same colour", `a<font color="#fdfefd">x</font>b`, "ab", "x"},
		{"light grey", `<font color="#aaa">a</font>`, "a", ""},
		{"white on black", `<body bgcolor=black text=white>a<b style="background:#fff">x</b></body>`, "a", "x"},
		{"white on a black cell", `<table bgcolor="#000000"><tr><td><font color=white>a</font></table>`, "a\n", ""},
		{"white on an image", `<td background="http://a.example/x.png"><font color=white>a</font>`, "a", ""},
		{"same colour from outside", `<div style="background:#123456"><p>a<span style="color:rgb(18,52,86)">x</span></p></div>`, "a\n", "x"},
		{"transparent", `a<span style="color:transparent">x</span>`, "a", "x"},
		{"white again black", `<font color=white>x<font color=black>a</font>y</font>`, "a", "x y"},
		{"by class", `<style>.h, p.q {display:none}</style>a<b class="z h">x</b><p class=q>y</p>`, "a", "x y"},
		{"by id and name", `<style>#h{font-size:0} u{color:#fff}</style>a<b id=h>x</b><u>y</u>`, "a", "x y"},
		{"by class for small screens", `<style>@media screen{.h{display:none}}</style><b class=h>a</b>`, "a", ""},
		{"for one reader only", `<b style="mso-hide:all">a</b>`, "a", ""},
		{"end tags across", `<div style="display:none"><span>x</div>a`, "a", "x"},
		{"inline end across a block", `<font color=white><div>x</font>a</div>`, "a\n", "x"},
		{"end tag without start", `a</span></div>b`, "a\nb", ""},
		{"tags never closed", `<b><i><u>a`, "a", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := examineHTML(c.html, DefaultLimits())
			if h.Visible != c.visible || h.Hidden != c.hidden {
				t.Errorf("%s\nvisible %q, want %q\nhidden %q, want %q", c.html, h.Visible, c.visible, h.Hidden, c.hidden)
			}
		})
	}
}

// TestHTMLTricks counts elements that hide text, once each and only when
// there is text in them.
func TestHTMLTricks(t *testing.T) {
	h := examineHTML(`<div style="display:none">a<b>b</b></div><p style="visibility:hidden">c</p>
		<p style="font-size:0"> </p><p style="font-size:0">-</p><p style="font-size:0">d</p>
		<p style="font-size:2px">e</p><p style="font-size:2px">f</p>
		<font color=white>g</font><p style="position:absolute;top:-999px">h</p>`, DefaultLimits())
	got := fmt.Sprint(h.HiddenDisplay, h.ZeroFont, h.TinyFont, h.LowContrast, h.OffScreen)
	if want := "2 1 2 1 1"; got != want {
		t.Errorf("counts are %s, want %s", got, want)
	}
}

// TestHTMLElements collects what is no text.
func TestHTMLElements(t *testing.T) {
	h := examineHTML(`<html><head><title> A
		title </title><base href="http://base.example.com/dir/page"><link rel=stylesheet href="/a.css">
		<meta http-equiv=refresh content="0; URL='http://next.example.com/'"></head>
		<body background=bg.png><a href=page>A <b>page</b><img src="data:image/gif;base64,R0lGOD" alt=x width=1 height="1"></a>
		<form action="http://form.example.com/" method=POST><input name=a><input type=password></form>
		<script src=//s.example.com/s.js></script><iframe src="http://f.example.com"></iframe><i></u>
		<a href="javascript:x()">j</a><a href="#top">t</a><a name=x>n</a> www.text.example.com and &#104;ttp://t.example.org/x.</body>`, DefaultLimits())
	var links []string
	for _, l := range h.Links {
		links = append(links, fmt.Sprintf("%d %s %q", l.Kind, l.Target, l.Text))
	}
	want := []string{
		`4 http://base.example.com/a.css ""`,
		`4 http://next.example.com/ ""`,
		`2 http://base.example.com/dir/bg.png ""`,
		`1 http://base.example.com/dir/page "A page"`,
		`3 http://form.example.com/ ""`,
		`4 http://s.example.com/s.js ""`,
		`4 http://f.example.com ""`,
		`1 javascript:x() "j"`,
		`0 http://www.text.example.com ""`,
		`0 http://t.example.org/x ""`,
	}
	if diff := cmp.Diff(want, links); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	if h.Title != "A title" || h.Scripts != 1 || h.Frames != 1 || h.DataURIs != 1 || h.Unbalanced != 2 {
		t.Errorf("title %q, %d scripts, %d frames, %d data URIs, %d unbalanced", h.Title, h.Scripts, h.Frames, h.DataURIs, h.Unbalanced)
	}
	if diff := cmp.Diff([]Image{{Src: "data:image/gif;base64,R0lGOD", Alt: "x", Width: 1, Height: 1, Hidden: true, Linked: true}}, h.Images); diff != "" {
		t.Errorf("images (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Form{{Action: "http://form.example.com/", Method: "post", Inputs: 2, Password: true}}, h.Forms); diff != "" {
		t.Errorf("forms (-want +got):\n%s", diff)
	}
	if h.Tags["a"] != 4 || h.Tags["input"] != 2 {
		t.Errorf("tags are %v", h.Tags)
	}
}
