package history

import "strconv"

// hasText tells whether some text of the entry contains the text, without
// regard to the case of ASCII letters.
func hasText(e *Entry, text string) bool {
	has := func(s string) bool { return containsFold(s, text) }
	for _, s := range []string{
		e.CaseID, e.QueueID, e.Door, e.Client.Name, e.Client.ReverseName, e.HELO, e.User, e.AuthMethod,
		e.Sender, e.MessageID, e.From, e.Subject, e.Stage,
	} {
		if has(s) {
			return true
		}
	}
	if e.TLS != nil && (has(e.TLS.Version) || has(e.TLS.Cipher) || has(e.TLS.CertSubject)) {
		return true
	}
	for _, r := range e.Recipients {
		if has(r) {
			return true
		}
	}
	for i := range e.Verdicts {
		if e.Verdicts[i].hasText(has) {
			return true
		}
	}
	for _, c := range e.Checks {
		if has(c.Error) {
			return true
		}
	}
	return false
}

func (v *Verdict) hasText(has func(string) bool) bool {
	if has(v.Profile) || has(v.Reason) || has(v.Forced) || v.Reply != nil && has(v.Reply.Text) {
		return true
	}
	for i := range v.Findings {
		f := &v.Findings[i]
		if has(f.Failed) {
			return true
		}
		for _, text := range f.Evidence {
			if has(text) {
				return true
			}
		}
	}
	return false
}

// containsFold is strings.Contains without regard to the case of ASCII
// letters, as SQLite's LIKE compares.
func containsFold(s, part string) bool {
	for i := 0; i+len(part) <= len(s); i++ {
		if equalFold(s[i:i+len(part)], part) {
			return true
		}
	}
	return false
}

func equalFold(a, b string) bool {
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
