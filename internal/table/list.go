package table

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/gaissmai/bart"

	"postern/internal/addr"
)

// listTable is a plain list of domains, mail addresses, IP addresses and
// networks. What it gives for a key is the entry that the key is covered by.
type listTable struct {
	names *keyStore
	// subs tells that there are entries for what is below a domain only; they
	// are stored with a dot before.
	subs bool
	nets *bart.Lite
	// total counts the networks too; bad counts the lines that are no entry.
	total, bad int
}

func (t *listTable) partial() bool { return true }
func (t *listTable) entries() int  { return t.total }

func (t *listTable) lookup(_ context.Context, key string) (string, bool, error) {
	if ip, ok := tableAddr(key); ok {
		ip = ip.Unmap()
		if p, ok := t.nets.LookupPrefixLPM(netip.PrefixFrom(ip, ip.BitLen())); ok {
			return p.String(), true, nil
		}
		return "", false, nil
	}
	key = foldKey(strings.TrimSuffix(key, "."))
	if _, ok := t.names.get(key); ok {
		return key, true, nil
	}
	if !t.subs {
		return "", false, nil
	}
	for at := strings.IndexByte(key, '.'); at >= 0; {
		if _, ok := t.names.get(key[at:]); ok {
			return key[at:], true, nil
		}
		next := strings.IndexByte(key[at+1:], '.')
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return "", false, nil
}

// readList reads a plain list: one entry a line, comments from "#" or ";", the
// form of hosts files ("0.0.0.0 name") too.
func readList(r io.Reader, o Options, note *notes) (content, error) {
	t := &listTable{names: newKeyStore(), nets: new(bart.Lite)}
	in := bufio.NewReaderSize(r, readBuffer)
	for line := 1; ; line++ {
		text, err := readLine(in, int(o.MaxLine))
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, &Error{File: note.file, Line: line, Reason: err.Error(), Err: err}
		}
		if line == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		if t.total > o.MaxKeys {
			return nil, &Error{File: note.file, Line: line, Reason: fmt.Sprintf("list has more than the %d entries of max_keys", o.MaxKeys)}
		}
		if reason, bad := t.line(text); bad != nil {
			return nil, &Error{File: note.file, Line: line, Reason: bad.Error(), Err: bad}
		} else if reason != "" {
			t.bad++
			note.skip(string(text), line, 1, "%s: skipping this line", reason)
		}
		if err != nil {
			t.names.seal()
			return t, nil
		}
	}
}

// readLine gives a line without its newline, valid until the next call.
func readLine(in *bufio.Reader, max int) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	all := bytes.Clone(line)
	for errors.Is(err, bufio.ErrBufferFull) {
		line, err = in.ReadSlice('\n')
		if all = append(all, line...); len(all) > max {
			return nil, fmt.Errorf("line is longer than the %d bytes of max_line", max)
		}
	}
	return all, err
}

// line takes one line up; reason says why it is no entry.
func (t *listTable) line(text []byte) (reason string, err error) {
	if at := bytes.IndexAny(text, "#;"); at >= 0 {
		text = text[:at]
	}
	word, rest := cutWord(text)
	if len(word) == 0 {
		return "", nil
	}
	next, _ := cutWord(rest)
	if len(next) > 0 && isHostsAddress(string(word)) {
		if string(next) == "localhost" {
			return "", nil
		}
		word = next
	}
	if looksLikeNet(word) {
		return t.network(string(word)), nil
	}
	if len(next) > 0 && bytes.IndexByte(word, '.') < 0 {
		// Several words of which the first is no full name are prose.
		return fmt.Sprintf("\"%s\" is no domain, address or network", shorten(bytes.TrimSpace(text))), nil
	}
	return t.name(string(word))
}

// cutWord gives the first word and what follows.
func cutWord(text []byte) (word, rest []byte) {
	text = bytes.Trim(text, blanks)
	if end := bytes.IndexAny(text, blanks); end >= 0 {
		return text[:end], text[end:]
	}
	return text, nil
}

// isHostsAddress tells whether a word is what hosts files send names to that
// are to be blocked.
func isHostsAddress(word string) bool {
	return word == "0.0.0.0" || word == "127.0.0.1" || word == "::" || word == "::1"
}

// looksLikeNet tells whether a word can only be meant as an address.
func looksLikeNet(word []byte) bool {
	if bytes.IndexByte(word, ':') >= 0 || word[0] == '[' || bytes.IndexByte(word, '/') >= 0 {
		return true
	}
	return len(bytes.Trim(word, "0123456789.")) == 0
}

// network takes an address or network up.
func (t *listTable) network(word string) (reason string) {
	p, reason := parseNet(word)
	if reason != "" {
		return reason
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	t.nets.Insert(p)
	t.total++
	return ""
}

// name takes a domain or mail address up.
func (t *listTable) name(word string) (reason string, err error) {
	local, domain, isMail := cutLast(word, "@")
	if !isMail {
		domain = word
	}
	below := strings.HasPrefix(domain, "*.") || strings.HasPrefix(domain, ".")
	domain = addr.NormalDomain(strings.TrimLeft(domain, "*."))
	if !addr.ValidDomain(domain) || isMail && below {
		return fmt.Sprintf("\"%s\" is no domain, address or network", shorten([]byte(word))), nil
	}
	key := domain
	switch {
	case isMail:
		key = foldKey(local) + "@" + domain
	case below:
		key = "." + domain
		t.subs = true
	}
	added, err := t.names.add([]byte(key), nil)
	if added {
		t.total++
	}
	return "", err
}

// cutLast cuts around the last separator.
func cutLast(s, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
