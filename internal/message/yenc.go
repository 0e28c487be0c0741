package message

import "bytes"

// decodeYEnc decodes a yEnc body: lines between =ybegin and =yend in which
// each octet is shifted by 42 and "=" escapes the next one by 64 more.
func decodeYEnc(src []byte) ([]byte, transferFault) {
	i := bytes.Index(src, []byte("=ybegin "))
	if i < 0 {
		return src, transferFault{UnknownEncoding, 0}
	}
	out := make([]byte, 0, len(src)-i)
	_, at := lineAt(src, i)
	for at < len(src) {
		line, next := lineAt(src, at)
		at = next
		if bytes.HasPrefix(line, []byte("=yend")) {
			return out, transferFault{at: -1}
		}
		if bytes.HasPrefix(line, []byte("=ypart ")) || bytes.HasPrefix(line, []byte("=ybegin ")) {
			continue
		}
		out = yencLine(out, line)
	}
	return out, transferFault{UnknownEncoding, len(src)}
}

func yencLine(out, line []byte) []byte {
	for i := 0; i < len(line); i++ {
		c := line[i]
		if c == '=' && i+1 < len(line) {
			i++
			c = line[i] - 64
		}
		out = append(out, c-42)
	}
	return out
}
