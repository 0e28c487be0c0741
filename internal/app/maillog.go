package app

import (
	"fmt"
	"io"
	"os"
	"sync"

	"postern/internal/config"
	"postern/internal/history"
)

// mailLog is the log with one line for each message. It can be told to write
// elsewhere while it is used.
type mailLog struct {
	stdout io.Writer

	mu   sync.Mutex
	file *os.File // nil for standard output
	line *history.LineWriter
}

// openMailLog opens the mail log that the options ask for.
func openMailLog(o config.LogOptions, stdout io.Writer) (*mailLog, error) {
	m := &mailLog{stdout: stdout}
	if err := m.reopen(o); err != nil {
		return nil, fmt.Errorf("opening the mail log: %w", err)
	}
	return m, nil
}

// reopen opens the log anew, as after the file was moved away, and keeps the
// old one when that does not go.
func (m *mailLog) reopen(o config.LogOptions) error {
	var (
		file *os.File
		line *history.LineWriter
	)
	switch o.Mail {
	case "off":
	case "stdout":
		line = history.NewLineWriter(m.stdout, o.Time)
	default:
		f, err := os.OpenFile(o.Mail, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
		if err != nil {
			return err
		}
		file, line = f, history.NewLineWriter(f, o.Time)
	}
	m.mu.Lock()
	old := m.file
	m.file, m.line = file, line
	m.mu.Unlock()
	if old != nil {
		return old.Close()
	}
	return nil
}

// write writes the line of one entry.
func (m *mailLog) write(e *history.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.line == nil {
		return nil
	}
	return m.line.Write(e)
}

// close closes the file, if there is one.
func (m *mailLog) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.file == nil {
		return nil
	}
	err := m.file.Close()
	m.file, m.line = nil, nil
	return err
}
