package table

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Set opens tables and lists, and keeps them up to date: it looks at their
// files every few seconds and reads those that have changed, and fetches feeds
// when they are due. Tables of equal names are opened once.
type Set struct {
	o    Options
	log  *slog.Logger
	http *http.Client
	now  func() time.Time

	mu      sync.Mutex
	tables  map[string]Table
	watched []watched
	opened  []*opened
	running bool
	closed  bool

	// life ends with Close, which waits for work.
	life context.Context
	end  context.CancelFunc
	work sync.WaitGroup
	// polling keeps two rounds from running at the same time.
	polling sync.Mutex
}

// Outside is what a Set needs of the world; the zero value is the real one.
type Outside struct {
	// HTTP fetches feeds. Its CheckRedirect is replaced.
	HTTP *http.Client
	// Now tells the time.
	Now func() time.Time
}

// Status tells how one table or list fares.
type Status struct {
	// Name is how it was written, such as "hash:/etc/postfix/access".
	Name string `json:"name"`
	// Entries counts keys, rules or entries.
	Entries int `json:"entries"`
	// Loaded is when what is in use was read.
	Loaded time.Time `json:"loaded"`
	// Warnings are about what is in use, More counts those not kept.
	Warnings []Warning `json:"warnings,omitempty"`
	More     int       `json:"more,omitempty"`
	// Problem says why what is in use is not the newest, with file and line;
	// "" where it is. Since is when that began.
	Problem string    `json:"problem,omitempty"`
	Since   time.Time `json:"since,omitzero"`
	// GaveUp counts matches of patterns that took longer than match_timeout.
	GaveUp int64 `json:"gave_up,omitempty"`
	// Next is when a feed is fetched next; zero for files.
	Next time.Time `json:"next,omitzero"`
}

// watched is something that is kept up to date.
type watched interface {
	// check reads what has changed; force does not wait for it to settle.
	check(force bool)
	status() Status
}

// opened keeps what is to be said of a table that is not in a file.
type opened struct {
	table *fixed
	at    time.Time
	note  *notes
}

// New makes an empty set. Its one goroutine starts with the first file or feed
// and ends with Close.
func New(o Options, log *slog.Logger, out Outside) *Set {
	s := &Set{o: o, log: log, http: out.HTTP, now: out.Now, tables: map[string]Table{}}
	s.life, s.end = context.WithCancel(context.Background())
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.http == nil {
		s.http = &http.Client{}
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s
}

// errClosed says that the set is no longer in use.
var errClosed = errors.New("set of tables is closed")

// Open opens a table written as Postfix writes it, "type:name". The error is
// an *Error with file, line and column where there are such.
func (s *Set) Open(spec string) (Table, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open(spec, 0)
}

// OpenAll opens the tables of a list separated by blanks or commas.
func (s *Set) OpenAll(list string) ([]Table, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var tables []Table
	for _, spec := range splitItems(list) {
		t, err := s.open(spec, 0)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// open opens a table within so many others; the lock is held.
func (s *Set) open(spec string, depth int) (Table, error) {
	kind, name, err := splitSpec(spec)
	if err != nil {
		return nil, err
	}
	if s.closed {
		return nil, errClosed
	}
	full := kind + ":" + name
	if t, ok := s.tables[full]; ok {
		return t, nil
	}
	if depth > s.o.MaxNesting {
		return nil, &Error{File: full, Reason: fmt.Sprintf("table within more than the %d others of max_nesting", s.o.MaxNesting)}
	}
	t, err := s.build(kind, name, depth)
	if err != nil {
		return nil, err
	}
	s.tables[full] = t
	return t, nil
}

// build makes a table of a type.
func (s *Set) build(kind, name string, depth int) (Table, error) {
	full := kind + ":" + name
	known, inText := readers[kind]
	braced := strings.HasPrefix(name, "{")
	if len(name) > int(s.o.MaxLine) {
		return nil, &Error{File: full[:40] + "…", Reason: "table is longer than max_line"}
	}
	if kind == "list" && isURL(name) {
		return s.openFeed(name)
	}
	if inText && !(known.braces && braced) {
		return s.openFile(kind, name)
	}
	note := &notes{file: full}
	c, err := s.written(kind, name, depth, note)
	if err != nil {
		return nil, err
	}
	t := &fixed{name: full, content: c}
	s.opened = append(s.opened, &opened{table: t, at: s.now(), note: note})
	s.tell(note.list, note.more)
	return t, nil
}

// written makes a table that is written where it is used.
func (s *Set) written(kind, name string, depth int, note *notes) (content, error) {
	switch kind {
	case "regexp", "pcre", "cidr":
		return readBraced(kind, name, s.o, note)
	case "inline":
		return readInline(name, s.o)
	case "static":
		return readStatic(name)
	case "fail":
		return failTable{}, nil
	case "randmap":
		return readRandom(name)
	case "unionmap", "pipemap":
		return s.readCombined(kind, name, depth)
	}
	return nil, unknownType(kind, kind+":"+name)
}

// openFile opens a table that is in a file and watches it.
func (s *Set) openFile(kind, path string) (Table, error) {
	l := &live[content]{
		name: kind + ":" + path, log: s.log, now: s.now, files: []string{path},
		load: func(note *notes) (content, []string, error) {
			note.file = path
			c, err := readFile(kind, path, s.o, note)
			return c, []string{path}, err
		},
	}
	if err := l.first(); err != nil && !awaits(l, path, err) {
		return nil, err
	}
	s.watch(l)
	return &liveTable{l}, nil
}

// tell logs the warnings of what was read.
func (s *Set) tell(list []Warning, more int) { logWarnings(s.log, list, more) }

func logWarnings(log *slog.Logger, list []Warning, more int) {
	for _, w := range list {
		log.Warn("table: "+w.Reason, "at", place(w.File, w.Line, w.Column))
	}
	if more > 0 {
		log.Warn("table: further warnings are not shown", "count", more)
	}
}

// watch keeps something up to date from now on; the lock is held.
func (s *Set) watch(w watched) {
	s.watched = append(s.watched, w)
	if s.running || s.closed {
		return
	}
	every := s.o.ReloadInterval.Std()
	if every == 0 {
		if !slices.ContainsFunc(s.watched, isFeed) {
			return
		}
		every = feedTick
	}
	s.running = true
	s.work.Go(func() { s.run(every) })
}

// run looks for changes until the set is closed.
func (s *Set) run(every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-s.life.Done():
			return
		case <-tick.C:
			s.poll(s.o.ReloadInterval == 0, false)
		}
	}
}

// poll checks everything once.
func (s *Set) poll(feedsOnly, force bool) {
	s.polling.Lock()
	defer s.polling.Unlock()
	s.mu.Lock()
	all := slices.Clone(s.watched)
	s.mu.Unlock()
	for _, w := range all {
		if s.life.Err() != nil {
			return
		}
		if !feedsOnly || isFeed(w) {
			w.check(force)
		}
	}
}

// Reload reads every file that has changed at once, as on SIGHUP, and fetches
// the feeds that are due.
func (s *Set) Reload() { s.poll(false, true) }

// Status tells how each table and list fares, in the order of opening, those
// in files first.
func (s *Set) Status() []Status {
	s.mu.Lock()
	all, written := slices.Clone(s.watched), slices.Clone(s.opened)
	s.mu.Unlock()
	var list []Status
	for _, w := range all {
		list = append(list, w.status())
	}
	for _, o := range written {
		list = append(list, Status{
			Name: o.table.name, Entries: o.table.entries(), Loaded: o.at,
			Warnings: o.note.list, More: o.note.more, GaveUp: gaveUp(o.table.content),
		})
	}
	return list
}

// gaveUp counts the matches of a table that took too long.
func gaveUp(c content) int64 {
	if t, ok := c.(*patternTable); ok {
		return t.gaveUp.Load()
	}
	return 0
}

// Close ends the watching and waits for it. The tables stay usable as they
// are.
func (s *Set) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	// Under this lock no round is under way, and none begins anything later.
	s.polling.Lock()
	s.end()
	s.polling.Unlock()
	s.work.Wait()
	return nil
}
