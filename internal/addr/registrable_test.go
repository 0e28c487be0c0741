package addr

import "testing"

func TestRegistrable(t *testing.T) {
	for domain, want := range map[string]string{
		"mail.example.co.uk": "example.co.uk",
		"example.com":        "example.com",
		"a.b.example.com":    "example.com",
		"co.uk":              "co.uk",
		"localhost":          "localhost",
		"[192.0.2.1]":        "[192.0.2.1]",
		"":                   "",
	} {
		if got := Registrable(domain); got != want {
			t.Errorf("Registrable(%q) = %q, want %q", domain, got, want)
		}
	}
}

func TestSameRegistrable(t *testing.T) {
	if !SameRegistrable("mx.example.com", "bounce.example.com") {
		t.Error("two hosts of one domain are taken for different owners")
	}
	if SameRegistrable("a.co.uk", "b.co.uk") {
		t.Error("two customers of one registry are taken for one owner")
	}
}

func TestPublicName(t *testing.T) {
	for domain, want := range map[string]bool{
		"example.com": true, "shop.example.co.uk": true, "com": false,
		"node.local": false, "readme.txt": false, "": false,
	} {
		if got := PublicName(domain); got != want {
			t.Errorf("PublicName(%q) = %v, want %v", domain, got, want)
		}
	}
}

func TestFreemail(t *testing.T) {
	for domain, want := range map[string]bool{
		"gmail.com": true, "yahoo.co.uk": true, "hotmail.fr": true, "yandex.ru": true,
		"example.com": false, "live.example.org": false, "mail.gmail.com": false, "": false,
	} {
		if got := Freemail(domain); got != want {
			t.Errorf("Freemail(%q) = %v, want %v", domain, got, want)
		}
	}
}
