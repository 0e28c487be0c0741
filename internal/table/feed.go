package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"postern/internal/unit"
)

// FeedOptions says how lists are fetched from elsewhere.
type FeedOptions struct {
	// Dir is where the last good copy of each feed is kept; "" keeps none, so
	// that a feed is empty after a start until it could be fetched.
	Dir string `toml:"dir"`
	// Refresh is how often a feed is fetched. Each waits up to a tenth more
	// or less, so that not all the world asks at the full hour.
	Refresh unit.Duration `toml:"refresh"`
	// Timeout bounds one fetch as a whole.
	Timeout unit.Duration `toml:"timeout"`
	// MaxSize bounds the bytes of a feed, unpacked.
	MaxSize unit.Size `toml:"max_size"`
	// AllowHTTP takes feeds without TLS too. Whoever can change them on their
	// way can block or admit anyone.
	AllowHTTP bool `toml:"allow_http"`
}

// DefaultFeedOptions fetches every hour by https.
func DefaultFeedOptions() FeedOptions {
	return FeedOptions{Refresh: unit.Duration(time.Hour), Timeout: unit.Duration(time.Minute), MaxSize: 64 << 20}
}

func (o FeedOptions) validate() []error {
	var errs []error
	if o.Refresh.Std() < time.Minute {
		errs = append(errs, unit.BadKey("feeds.refresh", "must be at least 1m: those who give lists away ask for it"))
	}
	if t := o.Timeout.Std(); t < time.Second || t > time.Hour {
		errs = append(errs, unit.BadKey("feeds.timeout", "must be from 1s to 1h"))
	}
	if o.MaxSize < 1<<10 {
		errs = append(errs, unit.BadKey("feeds.max_size", "must be at least 1KB"))
	}
	return errs
}

// feedTick is how often it is looked whether a feed is due where files are
// not looked at.
const feedTick = 30 * time.Second

// firstRetry is how long a feed waits after its first failure; each further
// one doubles it, up to the refresh interval.
const firstRetry = time.Minute

// ErrNoFeed says that a feed could not be fetched yet and that there is no
// copy of it.
var ErrNoFeed = errors.New("list was not fetched yet")

// feed is a list that is fetched by http. What was fetched last without fault
// is in use.
type feed struct {
	url    string
	o      Options
	log    *slog.Logger
	client *http.Client
	now    func() time.Time
	// life and work are the set's.
	life context.Context
	work *sync.WaitGroup

	current atomic.Pointer[version[*listTable]]

	mu       sync.Mutex
	kept     keptFeed
	fetching bool
	due      time.Time
	failures int
	problem  string
	since    time.Time
}

func isURL(name string) bool {
	return strings.HasPrefix(name, "https://") || strings.HasPrefix(name, "http://")
}

func isFeed(w watched) bool {
	_, ok := w.(*feed)
	return ok
}

// openFeed opens a list elsewhere: with the copy of the last time, where there
// is one, and fetches it anew in the background.
func (s *Set) openFeed(address string) (Table, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, &Error{File: address, Reason: "not an address of a list, such as https://lists.example/drop.txt"}
	}
	if u.Scheme != "https" && !s.o.Feeds.AllowHTTP {
		return nil, &Error{File: address, Reason: "a list that comes without TLS is not taken; use https, or set allow_http"}
	}
	f := &feed{url: address, o: s.o, log: s.log, now: s.now, life: s.life, work: &s.work, due: s.now()}
	f.client = &http.Client{Transport: s.http.Transport, Jar: s.http.Jar, CheckRedirect: f.redirect}
	if err := f.fromDisk(); err != nil {
		f.failed(fmt.Errorf("reading the copy kept of it: %w", err))
		f.due = s.now()
	}
	s.watch(f)
	return f, nil
}

// redirect keeps a feed from being led away from TLS, or in circles.
func (f *feed) redirect(req *http.Request, via []*http.Request) error {
	if len(via) >= 5 {
		return errors.New("more than 5 redirections")
	}
	if req.URL.Scheme != "https" && !f.o.Feeds.AllowHTTP {
		return fmt.Errorf("redirected to %s, which is without TLS", req.URL.Redacted())
	}
	return nil
}

// Lookup implements Table.
func (f *feed) Lookup(ctx context.Context, key string) (string, bool, error) {
	v := f.current.Load()
	if v == nil {
		return "", false, fmt.Errorf("asking %s: %w", f.Name(), ErrNoFeed)
	}
	if !utf8.ValidString(key) {
		return "", false, nil
	}
	return v.value.lookup(ctx, key)
}

// Partial implements Table.
func (f *feed) Partial() bool { return true }

// Name implements Table.
func (f *feed) Name() string { return "list:" + f.url }

// check fetches the feed in the background when it is due.
func (f *feed) check(bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fetching || f.now().Before(f.due) {
		return
	}
	f.fetching = true
	f.work.Go(func() { f.fetch(f.life) })
}

// fetch fetches once and notes what came of it.
func (f *feed) fetch(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, f.o.Feeds.Timeout.Std())
	defer cancel()
	v, kept, err := f.get(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fetching = false
	if err != nil {
		f.failed(err)
		return
	}
	f.failures, f.problem, f.since = 0, "", time.Time{}
	f.due = f.now().Add(jittered(f.o.Feeds.Refresh.Std()))
	if v != nil {
		f.kept = kept
		f.current.Store(v)
		f.log.Info("list was fetched", "list", f.url, "entries", v.value.entries())
		logWarnings(f.log, nil, len(v.note.list)+v.note.more)
	}
}

// jittered moves an interval by up to a tenth.
func jittered(d time.Duration) time.Duration {
	return d - d/10 + rand.N(d/5+1)
}

// failed notes a failure and when it is tried again; the lock is held or not
// yet needed.
func (f *feed) failed(err error) {
	if f.problem == "" {
		f.since = f.now()
	}
	use := "the last good copy stays in use"
	if f.current.Load() == nil {
		use = "there is no copy of it"
	}
	f.problem = fmt.Sprintf("%v; %s", err, use)
	f.log.Error("list could not be fetched", "list", f.url, "problem", f.problem)
	wait := f.o.Feeds.Refresh.Std()
	if f.failures < 12 {
		wait = min(wait, firstRetry<<f.failures)
	}
	f.failures++
	f.due = f.now().Add(jittered(wait))
}

func (f *feed) status() Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	st := Status{Name: f.Name(), Problem: f.problem, Since: f.since, Next: f.due}
	if v := f.current.Load(); v != nil {
		st.Entries, st.Loaded = v.value.entries(), v.at
		st.Warnings, st.More = v.note.list, v.note.more
	}
	return st
}

// get asks for the feed; the version is nil where it has not changed.
func (f *feed) get(ctx context.Context) (*version[*listTable], keptFeed, error) {
	resp, err := f.ask(ctx)
	if err != nil {
		return nil, keptFeed{}, err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotModified && f.current.Load() != nil:
		return nil, keptFeed{}, nil
	case resp.StatusCode != http.StatusOK:
		return nil, keptFeed{}, fmt.Errorf("%s answers %s", f.url, resp.Status)
	case strings.Contains(resp.Header.Get("Content-Type"), "html"):
		return nil, keptFeed{}, fmt.Errorf("%s gives a web page, not a list", f.url)
	case resp.ContentLength > int64(f.o.Feeds.MaxSize):
		return nil, keptFeed{}, f.tooLarge()
	}
	kept := keptFeed{URL: f.url, ETag: resp.Header.Get("ETag"), LastModified: resp.Header.Get("Last-Modified"), Fetched: f.now()}
	return f.take(resp.Body, kept)
}

func (f *feed) tooLarge() error {
	return fmt.Errorf("%s gives more than the %s of feeds.max_size", f.url, f.o.Feeds.MaxSize)
}

// ask sends the request, for what has changed since the copy only.
func (f *feed) ask(ctx context.Context) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "postern")
	req.Header.Set("Accept", "text/plain, */*;q=0.5")
	if f.current.Load() != nil {
		f.mu.Lock()
		kept := f.kept
		f.mu.Unlock()
		if kept.ETag != "" {
			req.Header.Set("If-None-Match", kept.ETag)
		}
		if kept.LastModified != "" {
			req.Header.Set("If-Modified-Since", kept.LastModified)
		}
	}
	return f.client.Do(req)
}

// take reads a body, looks whether it is a list, and keeps it.
func (f *feed) take(body io.Reader, kept keptFeed) (*version[*listTable], keptFeed, error) {
	store, err := f.newCopy()
	if err != nil {
		return nil, kept, err
	}
	defer store.drop()
	limited := &limitedReader{r: body, left: int64(f.o.Feeds.MaxSize), path: f.url}
	v, err := f.parse(io.TeeReader(limited, store))
	if limited.left < 0 {
		return nil, kept, f.tooLarge()
	}
	if err != nil {
		return nil, kept, err
	}
	if err := store.keep(&kept); err != nil {
		// The list is good all the same; only the next start is without it.
		f.log.Error("list cannot be kept on disk", "list", f.url, "problem", err.Error())
	}
	return v, kept, nil
}

// parse reads a list and refuses what cannot be one.
func (f *feed) parse(r io.Reader) (*version[*listTable], error) {
	note := &notes{file: f.url}
	r, err := refuseMarkup(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.url, err)
	}
	c, err := readList(r, f.o, note)
	if err != nil {
		return nil, err
	}
	t := c.(*listTable)
	switch {
	case t.total == 0 && t.bad == 0:
		return nil, fmt.Errorf("%s gives an empty list", f.url)
	case t.bad > t.total:
		return nil, fmt.Errorf("%s gives something that is not a list: %s", f.url, note.list[0])
	}
	return &version[*listTable]{value: t, at: f.now(), note: note}, nil
}
