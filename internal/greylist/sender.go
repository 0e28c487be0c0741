package greylist

import "strings"

// Senders of mailing lists and bounces often differ from mail to mail: they
// hold a number, a hash or the recipient. What differs is cut out, or no
// second attempt would ever be recognised as one.

// normalNone takes senders as they are.
func normalNone(sender, _ string) string { return sender }

// normalPostgrey makes a sender the way postgrey does: the tag of BATV
// ("prvs=hash=user") and what stands behind "+" go away, numbers that stand
// for themselves become "#". sender is in lower case.
func normalPostgrey(sender, _ string) string {
	i := strings.LastIndexByte(sender, '@')
	if i < 0 {
		return sender
	}
	local, domain := cutBATV(sender[:i]), sender[i:]
	local, _, _ = strings.Cut(local, "+")
	return hideNumbers(local) + domain
}

// cutBATV gives the address in "prvs=tag=address" or "prvs=address=tag"; which
// is which shows by the tag's ten characters.
func cutBATV(local string) string {
	rest, ok := strings.CutPrefix(local, "prvs=")
	if !ok {
		return local
	}
	a, b, ok := strings.Cut(rest, "=")
	if !ok {
		return local
	}
	if startsWithTag(b) && !startsWithTag(a) {
		return a
	}
	return b
}

// startsWithTag looks for ten characters of a tag.
func startsWithTag(s string) bool {
	if len(s) < 10 {
		return false
	}
	for i := range 10 {
		if c := s[i]; !isDigit(c) && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// hideNumbers replaces numbers between word boundaries by "#".
func hideNumbers(s string) string {
	if !strings.ContainsAny(s, "0123456789") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		end := i
		for end < len(s) && isWord(s[end]) {
			end++
		}
		switch {
		case end == i:
			b.WriteByte(s[i])
			end++
		case strings.Trim(s[i:end], "0123456789") == "":
			b.WriteByte('#')
		default:
			b.WriteString(s[i:end])
		}
		i = end
	}
	return b.String()
}

func isWord(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

// normalAuto makes a sender's local part the way sqlgrey does for those that
// came back once: tags of SRS, what stands behind "+", the recipient within
// it, what follows "bounce-" and the like, and hexadecimal numbers go away.
// Both addresses are in lower case.
func normalAuto(local, recipient string) string {
	local = hideSRS(local)
	local, _, _ = strings.Cut(local, "+")
	local = hideRecipient(local, recipient)
	local = hideBounceTail(local)
	return hideHex(local)
}

// hideSRS replaces the hash and the time of rewritten senders
// ("srs0=hash=time=domain=user") and keeps whose they are.
func hideSRS(local string) string {
	if !strings.HasPrefix(local, "srs0=") && !strings.HasPrefix(local, "srs1=") {
		return local
	}
	parts := strings.Split(local, "=")
	switch {
	case parts[0] == "srs0" && len(parts) >= 5:
		parts[1], parts[2] = "#", "#"
	case parts[0] == "srs1" && len(parts) >= 7:
		// srs1=hash=forwarder==hash=time=domain=user
		parts[1], parts[len(parts)-4], parts[len(parts)-3] = "#", "#", "#"
	}
	return strings.Join(parts, "=")
}

// hideRecipient replaces the recipient within a sender: "list-user=example.org"
// of a mail to user@example.org.
func hideRecipient(local, recipient string) string {
	user, domain, _ := strings.Cut(recipient, "@")
	user, _, _ = strings.Cut(user, "+")
	if user == "" {
		return local
	}
	for _, sep := range []string{"@", "=", "=3d", "-at-", ".at.", "_at_", "#"} {
		if out := strings.Replace(local, user+sep+domain, "RCPT", 1); domain != "" && out != local {
			return out
		}
	}
	// By itself it must stand between separators: "al" is within "sales".
	for i := 0; ; {
		at := strings.Index(local[i:], user)
		if at < 0 {
			return local
		}
		i += at
		if end := i + len(user); isBorder(local, i-1) && isBorder(local, end) {
			return local[:i] + "RCPT" + local[end:]
		}
		i++
	}
}

// isBorder tells whether place i is outside s or holds a separator.
func isBorder(s string, i int) bool {
	return i < 0 || i >= len(s) || strings.IndexByte("._/=-", s[i]) >= 0
}

// hideBounceTail replaces what follows words that lists put before numbers.
func hideBounceTail(local string) string {
	for _, word := range []string{"bounce", "bo", "notice-return", "noticereturn", "notice-reply"} {
		i := strings.Index(local, word)
		end := i + len(word)
		if i < 0 || end+1 >= len(local) || strings.IndexByte("._-", local[end]) < 0 || i > 0 && isWord(local[i-1]) {
			continue
		}
		tail := strings.Trim(local[end+1:], "0123456789abcdefghijklmnopqrstuvwxyz-_.")
		if tail == "" {
			return local[:end+1] + "#"
		}
	}
	return local
}

// hideHex replaces hexadecimal numbers between separators. One at the very
// beginning needs two digits and a word somewhere behind it: "ab-cd" may be
// all there is of a name.
func hideHex(local string) string {
	var b strings.Builder
	for i := 0; i < len(local); {
		end := i
		for end < len(local) && !isBorder(local, end) {
			end++
		}
		part := local[i:end]
		if isHex(part) && (i > 0 || len(part) > 1 && end < len(local) && hasLetters(local[end:], 4)) {
			part = "#"
		}
		b.WriteString(part)
		if end < len(local) {
			b.WriteByte(local[end])
		}
		i = end + 1
	}
	return b.String()
}

func isHex(s string) bool { return s != "" && strings.Trim(s, "0123456789abcdef") == "" }

// hasLetters looks for n letters in a row.
func hasLetters(s string, n int) bool {
	run := 0
	for i := range len(s) {
		if run++; s[i] < 'a' || s[i] > 'z' {
			run = 0
		}
		if run == n {
			return true
		}
	}
	return false
}
