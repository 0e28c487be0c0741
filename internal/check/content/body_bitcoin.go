package content

import (
	"context"
	"crypto/sha256"
	"strings"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// Bitcoin finds addresses to which Bitcoin can be paid, by their check sums,
// and the words extortionists use beside them.
func Bitcoin() check.Check {
	return check.New(check.Info{
		Name: "bitcoin", Stage: check.Message,
		Symbols: []verdict.Symbol{
			{Name: "BITCOIN_ADDR", Group: "scams", Description: "The text has a valid Bitcoin address"},
			{Name: "LEAKED_PASSWORD_SCAM_RE", Group: "scams", Description: "A Bitcoin address beside words of extortion"},
		},
	}, bitcoin)
}

func bitcoin(_ context.Context, tx *check.Transaction, out *check.Report) error {
	for _, p := range tx.Message.Texts() {
		text := p.Visible()
		found := findBitcoin(text)
		if found == "" {
			continue
		}
		out.Add("BITCOIN_ADDR", found)
		if word := extortion(text); word != "" {
			out.Add("LEAKED_PASSWORD_SCAM_RE", found, word)
		} else if unreadable(tx.Message, p) {
			out.Add("LEAKED_PASSWORD_SCAM_RE", found, "in "+partName(p))
		}
	}
	return nil
}

// extortion finds a word that extortionists use when they claim to know a
// password or to have filmed somebody.
func extortion(text string) string {
	for _, word := range [...]string{"password", "passphrase", "webcam", "masturbat", "victim", "wallet", "porn", "your device", "your camera"} {
		if hasFold(text, word) {
			return word
		}
	}
	return ""
}

// unreadable tells whether the words may be hidden in pictures.
func unreadable(m *message.Message, p *message.Part) bool {
	h := p.HTML()
	return h != nil && h.DataURIs > 0 || m.Header().Has("X-PHP-Originating-Script")
}

// Bitcoin addresses are 26 to 35 characters of base58 that begin with 1 or 3,
// or "bc1" with up to 62 of bech32.
const (
	shortestAddress = 26
	longestAddress  = 62
	bitcoinBound    = 64 << 10
)

// findBitcoin gives the first valid address in a text, or "". A word that
// long covers each 26th byte, so that only the words there are looked at.
func findBitcoin(text string) string {
	text = text[:min(len(text), bitcoinBound)]
	for i := shortestAddress - 1; i < len(text); i += shortestAddress {
		if !alphanumeric(text[i]) {
			continue
		}
		start, end := i, i+1
		for start > 0 && i-start <= longestAddress && alphanumeric(text[start-1]) {
			start--
		}
		for end < len(text) && end-start <= longestAddress && alphanumeric(text[end]) {
			end++
		}
		word := text[start:end]
		if len(word) >= shortestAddress && len(word) <= longestAddress && validBitcoin(word) {
			return word
		}
	}
	return ""
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func validBitcoin(word string) bool {
	switch {
	case word[0] == '1' || word[0] == '3':
		return len(word) <= 35 && validBase58(word)
	case prefixFold(word, "bc1"):
		return validBech32(strings.ToLower(word))
	}
	return false
}

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// validBase58 checks a version byte, a 20-byte hash and four check bytes: the
// beginning of SHA-256 of SHA-256 of the former.
func validBase58(word string) bool {
	var b [25]byte
	for i := range len(word) {
		carry := strings.IndexByte(base58, word[i])
		if carry < 0 {
			return false
		}
		for j := len(b) - 1; j >= 0; j-- {
			carry += 58 * int(b[j])
			b[j] = byte(carry)
			carry >>= 8
		}
		if carry != 0 {
			return false
		}
	}
	if b[0] != 0 && b[0] != 5 {
		return false
	}
	first := sha256.Sum256(b[:21])
	second := sha256.Sum256(first[:])
	return string(second[:4]) == string(b[21:])
}

const bech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// validBech32 checks the sum of BIP 173, or that of BIP 350.
func validBech32(word string) bool {
	sum := uint32(1)
	for _, v := range [...]byte{'b' >> 5, 'c' >> 5, 0, 'b' & 31, 'c' & 31} {
		sum = bech32Step(sum, v)
	}
	for i := 3; i < len(word); i++ {
		v := strings.IndexByte(bech32, word[i])
		if v < 0 {
			return false
		}
		sum = bech32Step(sum, byte(v))
	}
	return sum == 1 || sum == 0x2bc830a3
}

func bech32Step(sum uint32, v byte) uint32 {
	top := sum >> 25
	sum = sum&0x1ffffff<<5 ^ uint32(v)
	for i, g := range [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
		if top>>i&1 != 0 {
			sum ^= g
		}
	}
	return sum
}
