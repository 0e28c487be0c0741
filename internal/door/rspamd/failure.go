package rspamd

import "fmt"

// failure is why a request gets no verdict, as the client is told.
type failure struct {
	status int
	text   string
}

// Error gives the text the client reads.
func (f *failure) Error() string { return f.text }

// fail makes a failure with an HTTP status.
func fail(status int, format string, args ...any) *failure {
	return &failure{status, fmt.Sprintf(format, args...)}
}

// encode gives the JSON the client reads, in rspamd's shape, which names no
// domain where the command itself is not known.
func (f *failure) encode() []byte {
	var j jsonText
	j.open('{')
	j.textMember("error", f.text)
	if f.text != invalidCommand {
		j.textMember("error_domain", "protocol")
	}
	j.shut('}')
	return j
}

const invalidCommand = "invalid command"
