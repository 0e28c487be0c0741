package rspamd

import (
	"fmt"
	"net/http"
)

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

// errorReply is the body of an answer without a verdict, in rspamd's shape.
type errorReply struct {
	Error  string `json:"error"`
	Domain string `json:"error_domain,omitempty"`
}

// body gives the JSON the client reads. rspamd names no domain where the
// command itself is not known.
func (f *failure) body() errorReply {
	if f.status == http.StatusBadRequest && f.text == invalidCommand {
		return errorReply{Error: f.text}
	}
	return errorReply{Error: f.text, Domain: "protocol"}
}

const invalidCommand = "invalid command"
