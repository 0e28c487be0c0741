package app

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"postern/internal/config"
	"postern/internal/history"
)

// mailLog is the log with one line for each message. It can be told to write
// elsewhere while it is used. Lines are written a few at a time, since a
// system call for each costs as much as some checks.
type mailLog struct {
	stdout io.Writer

	mu   sync.Mutex
	file *os.File  // nil for standard output
	to   io.Writer // what out writes to
	out  *bufio.Writer
	line *history.LineWriter
	// waiting tells that lines are to be written soon, failed why that was
	// not possible the last time.
	waiting bool
	failed  error
}

// How long and how many bytes of lines may wait to be written.
const (
	mailLogDelay  = 50 * time.Millisecond
	mailLogBuffer = 64 << 10
)

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
		to   io.Writer
	)
	switch o.Mail {
	case "off":
	case "stdout":
		to = m.stdout
	default:
		f, err := os.OpenFile(o.Mail, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
		if err != nil {
			return err
		}
		file, to = f, f
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	err := m.end()
	m.file, m.to = file, to
	if to != nil {
		m.out = bufio.NewWriterSize(to, mailLogBuffer)
		m.line = history.NewLineWriter(m.out, o.Time)
	}
	return err
}

// end writes what waits and closes the file, if there is one; mu is held.
func (m *mailLog) end() error {
	m.flush()
	err := m.failed
	m.failed = nil
	if m.file != nil {
		err = errors.Join(err, m.file.Close())
	}
	m.file, m.to, m.out, m.line = nil, nil, nil, nil
	return err
}

// flush writes what waits; mu is held.
func (m *mailLog) flush() {
	m.waiting = false
	if m.out == nil {
		return
	}
	if err := m.out.Flush(); err != nil {
		m.failed = err
		m.out.Reset(m.to)
	}
}

// write writes the line of one entry soon. An error may be about lines before.
func (m *mailLog) write(e *history.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.line == nil {
		return nil
	}
	err := m.line.Write(e)
	if err != nil {
		m.out.Reset(m.to)
	}
	if !m.waiting {
		m.waiting = true
		time.AfterFunc(mailLogDelay, func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.flush()
		})
	}
	err = errors.Join(err, m.failed)
	m.failed = nil
	return err
}

// close writes what waits and closes the file, if there is one.
func (m *mailLog) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.end()
}
