package message

import (
	"fmt"
	"testing"
	"time"
)

func TestParseReceived(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"postfix", "from helo.example (rev.example [192.0.2.1]) (using TLSv1.3 with cipher X (256/256 bits)) (No client certificate requested) by mx.example (Postfix) with ESMTPS id 4Abc for <a@b.example>; Tue, 1 Jul 2003 10:52:37 +0200 (CEST)",
			"helo.example rev.example 192.0.2.1 mx.example ESMTPS 4Abc a@b.example tls 2003-07-01T10:52:37+02:00"},
		{"postfix, unknown", "from x (unknown [2001:db8::1]) by mx.example (Postfix) with ESMTP id 1; Tue, 1 Jul 2003 10:52:37 +0200",
			"x  2001:db8::1 mx.example ESMTP 1   2003-07-01T10:52:37+02:00"},
		{"postfix, login", "from [10.0.0.5] (rev.example [192.0.2.1]) (Authenticated sender: joe) by mx.example (Postfix) with ESMTPSA id 1; Tue, 1 Jul 2003 10:52:37 +0200",
			"[10.0.0.5] rev.example 192.0.2.1 mx.example ESMTPSA 1  tls auth 2003-07-01T10:52:37+02:00"},
		{"exim", "from rev.example ([192.0.2.1] helo=helo.example) by mx.example with esmtps (TLS1.3) tls TLS_AES_256_GCM_SHA384 (Exim 4.96) (envelope-from <x@y>) id 1abc-00 for a@b.example; Tue, 01 Jul 2003 10:52:37 +0200",
			"helo.example rev.example 192.0.2.1 mx.example ESMTPS 1abc-00 a@b.example tls 2003-07-01T10:52:37+02:00"},
		{"exim, no name", "from [192.0.2.1] (port=1234 helo=helo.example) by mx.example with smtp (Exim 4) id 1; Tue, 01 Jul 2003 10:52:37 +0200",
			"helo.example  192.0.2.1 mx.example SMTP 1   2003-07-01T10:52:37+02:00"},
		{"sendmail", "from helo.example (IDENT:root@rev.example [192.0.2.1] (may be forged)) by mx.example (8.11.6/8.11.6) with ESMTP id h2F for <a@b.example>; Tue, 1 Jul 2003 10:52:37 GMT",
			"helo.example rev.example 192.0.2.1 mx.example ESMTP h2F a@b.example  2003-07-01T10:52:37Z"},
		{"qmail", "from unknown (HELO helo.example) (joe@192.0.2.1) by mx.example with SMTP; 1 Jul 2003 08:52:37 -0000",
			"helo.example  192.0.2.1 mx.example SMTP    2003-07-01T08:52:37Z"},
		{"qmail, inner", "(qmail 84907 invoked from network); 13 Feb 2003 20:59:28 -0000", "        2003-02-13T20:59:28Z"},
		{"exchange", "from A.example (192.0.2.1) by B.example (2001:db8::2) with Microsoft SMTP Server (version=TLS1_2, cipher=X) id 15.20.1143.11; Thu, 13 Sep 2018 14:47:44 +0000",
			"A.example  192.0.2.1 B.example SMTP 15.20.1143.11  tls 2018-09-13T14:47:44Z"},
		{"gmail", "by 2002:aa7:cd10:0:b0:45c:2c83:1208 with SMTP id b16mr42edw.81.1665423075119; Mon, 10 Oct 2022 10:31:15 -0700 (PDT)",
			"   2002:aa7:cd10:0:b0:45c:2c83:1208 SMTP b16mr42edw.81.1665423075119   2022-10-10T10:31:15-07:00"},
		{"gmail, outside", "from rev.example (rev.example. [192.0.2.1]) by mx.google.com with ESMTPS id x for <a@b.example> (version=TLS1_3 cipher=X bits=128/128); Mon, 10 Oct 2022 10:31:15 -0700 (PDT)",
			"rev.example rev.example 192.0.2.1 mx.google.com ESMTPS x a@b.example tls 2022-10-10T10:31:15-07:00"},
		{"scanner", "(qfscan 0.5. remoteip=172.16.0.211): 29 Aug 2002 03:27:47 -0000", "        2002-08-29T03:27:47Z"},
		{"sendgrid", "by f.example with SMTP id f1-5ECB 2020-05-25 03:11:02.644995818 +0000 UTC m=+790222.93", "   f.example SMTP f1-5ECB   2020-05-25T03:11:02Z"},
		{"no semicolon", "from unknown( HELO w.example)([192.0.2.1]) by y.example with SMTP 4 Mar 2015 08:55:14 +0800 (CST)", "w.example  192.0.2.1 y.example SMTP    2015-03-04T08:55:14+08:00"},
		{"haraka", "via haraka outbound.js at Wed, 08 Sep 2021 13:23:14 +0800", "        2021-09-08T13:23:14+08:00"},
		{"nonsense", "hello there", "        "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := parseReceived(tt.in)
			tls, auth, date := "", "", ""
			if r.TLS {
				tls = "tls"
			}
			if r.Authenticated {
				auth = " auth"
			}
			if !r.Time.IsZero() {
				date = r.Time.Format(time.RFC3339)
			}
			got := fmt.Sprintf("%s %s %s %s %s %s %s %s%s %s", r.From, r.FromName, r.FromIP, r.By, r.With, r.ID, r.For, tls, auth, date)
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			if r.Parsed != (tt.name != "nonsense") {
				t.Errorf("parsed %v", r.Parsed)
			}
		})
	}
}
