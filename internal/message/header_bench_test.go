package message

import (
	"strings"
	"testing"
)

// benchHeader is the header of a plain mail.
const benchHeader = "Return-Path: <ann@sender.example>\r\n" +
	"Received: from mx.sender.example (mx.sender.example [192.0.2.1])\r\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\r\n" +
	"\tby mx.example.net (Postfix) with ESMTPS id 4Xb1\r\n\tfor <joe@example.net>; Tue, 1 Jul 2025 10:52:37 +0200 (CEST)\r\n" +
	"Received: from [10.0.0.5] (pool.sender.example [198.51.100.7])\r\n\tby mx.sender.example (Postfix) with ESMTPSA id 4Xa0;\r\n\tTue, 1 Jul 2025 10:52:36 +0200 (CEST)\r\n" +
	"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=sender.example;\r\n\ts=2024; h=from:to:subject:date:message-id;\r\n\tbh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\r\n\tb=AAAA\r\n" +
	"Date: Tue, 1 Jul 2025 10:52:35 +0200\r\nFrom: Ann Lee <ann@sender.example>\r\nTo: Joe Doe <joe@example.net>, \"Doe, Jane\" <jane@example.net>\r\n" +
	"Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= from the seaside\r\nMessage-ID: <20250701.1@sender.example>\r\nIn-Reply-To: <x@example.net>\r\n" +
	"References: <w@example.net>\r\n <x@example.net>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n" +
	"User-Agent: Mutt/2.2\r\nX-Mailer: none\r\n\r\n"

func BenchmarkParseHeader(b *testing.B) {
	raw := []byte(benchHeader)
	limits := DefaultLimits()
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		m := &Message{raw: raw, limits: limits}
		parseHeader(m, 0, len(raw), "")
	}
}

func BenchmarkHeaderLookup(b *testing.B) {
	m := &Message{raw: []byte(benchHeader), limits: DefaultLimits()}
	h, _ := parseHeader(m, 0, len(m.raw), "")
	b.ReportAllocs()
	for b.Loop() {
		if !h.Has("Subject") || h.Has("List-Id") || h.Count("received") != 2 {
			b.Fatal("lookup went wrong")
		}
	}
}

func BenchmarkHeaderFacts(b *testing.B) {
	raw := []byte(benchHeader)
	limits := DefaultLimits()
	b.ReportAllocs()
	for b.Loop() {
		m := &Message{raw: raw, limits: limits}
		m.header, _ = parseHeader(m, 0, len(raw), "")
		m.From()
		m.To()
		m.Date()
		m.MessageID()
		m.Subject()
		m.Received()
		m.examineHeaders()
	}
}

func BenchmarkParts(b *testing.B) {
	for name, run := range map[string]func(){
		"mailboxes": func() { parseMailboxes(`Joe Doe <joe@example.net>, "Doe, Jane" <jane@example.net>`, 100) },
		"date":      func() { ParseDate("Tue, 1 Jul 2025 10:52:35 +0200 (CEST)") },
		"received": func() {
			parseReceived("from mx.sender.example (mx.sender.example [192.0.2.1]) (using TLSv1.3 with cipher X) by mx.example.net (Postfix) with ESMTPS id 4Xb1 for <joe@example.net>; Tue, 1 Jul 2025 10:52:37 +0200 (CEST)")
		},
		"words":  func() { decodeWords("=?utf-8?Q?Gr=C3=BC=C3=9Fe?= from the seaside") },
		"params": func() { parseParams(`multipart/mixed; boundary="----=_Part_1"; charset=utf-8`, 64) },
		"guess":  func() { decodeCharset("", []byte(strings.Repeat("caf\xe9 ", 50))) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}
