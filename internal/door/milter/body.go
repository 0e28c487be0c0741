package milter

import (
	"context"
	"errors"
	"fmt"
)

// errNoMessage ends a connection whose mail server sends content that belongs
// to no message.
var errNoMessage = errors.New("content without MAIL before it")

// header: one header field of the message.
func (d *dialogue) header(_ context.Context, data []byte) (answer, error) {
	if !d.inMessage {
		return answer{}, errNoMessage
	}
	if d.content.inBody {
		return answer{}, errors.New("header field after the body began")
	}
	name, value := cutString(data)
	if len(name) == 0 || len(name) == len(data) {
		return answer{}, fmt.Errorf("header field of %d bytes without name or value", len(data))
	}
	// Only the last NUL ends the value: those within are the message's own.
	if n := len(value); n > 0 && value[n-1] == 0 {
		value = value[:n-1]
	}
	d.content.field(name, value, d.agreed.protocol&leadingSpace != 0)
	return answer{code: answerContinue}, nil
}

// endOfHeader: all header fields were sent.
func (d *dialogue) endOfHeader(context.Context, []byte) (answer, error) {
	if !d.inMessage {
		return answer{}, errNoMessage
	}
	d.content.endOfHeader()
	return answer{code: answerContinue}, nil
}

// body: a chunk of the body, read straight to where it belongs.
func (d *dialogue) body(size int) (answer, error) {
	if !d.inMessage {
		return answer{}, errNoMessage
	}
	d.macros.begin(cmdBody)
	if err := d.content.body(d.stream, size); err != nil {
		return answer{}, fmt.Errorf("reading a chunk of the body: %w", err)
	}
	switch {
	case d.agreed.silent(cmdBody):
		return answer{}, nil
	case d.content.truncated && d.agreed.protocol&canSkip != 0:
		return answer{code: answerSkip}, nil
	}
	return answer{code: answerContinue}, nil
}
