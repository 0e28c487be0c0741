package web

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/dns"
	"postern/internal/dnslist"
	"postern/internal/engine"
	"postern/internal/history"
	"postern/internal/store"
	"postern/internal/verdict"
)

var began = time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC)

// fakeSource tells the same snapshot until it is changed.
type fakeSource struct {
	mu   sync.Mutex
	snap Snapshot
}

func (f *fakeSource) Metrics() Snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.snap
}

// example is a snapshot with something in every field.
func example() Snapshot {
	s := Snapshot{
		Version: "v1.2.3", Commit: "abc", Started: began,
		Doors: []Door{
			{Name: "milter", Listen: "127.0.0.1:11332", Connections: 3, Accepted: 40, Faults: 1},
			{Name: "rspamd", Listen: "", Accepted: 2},
		},
		Engine: engine.Snapshot{
			Doors: map[string]uint64{"milter": 90, "rspamd": 10}, Skipped: 4, Early: 5, Incomplete: 6,
			Symbols: map[string]uint64{"GTUBE": 1, "MISSING_TO": 7, "NEVER": 0, "ALSO": 7},
			Checks: []engine.CheckCount{
				{Name: "gtube", Runs: 100, Total: time.Second},
				{Name: "rdns", Runs: 50, Failed: 2, Late: 1, Total: 5 * time.Second},
			},
			ScanBounds: []time.Duration{time.Millisecond, time.Second}, ScanCounts: []uint64{80, 15, 5},
			ScanTotal: 20 * time.Second,
		},
		History: history.Stats{Written: 98, Waiting: 1, Dropped: 1, Failed: 2, Deleted: 3, Size: 4096, Oldest: began},
		Store:   store.Health{OK: false, Problem: "disk is full", Advice: "make room on /var", Since: began},
		Config:  Config{Path: "/etc/postern/postern.toml", Loaded: began, Reloads: 2, FailedReloads: 1, LastError: "line 3: no"},
	}
	for a := range s.Engine.Actions {
		s.Engine.Actions[a] = uint64(a) * 10
	}
	s.Engine.Actions[verdict.NoAction] = 5
	return s
}

// start runs a control port until the test ends.
func start(t *testing.T, src Source, change func(*Options)) *Server {
	t.Helper()
	opts := DefaultOptions()
	opts.Listen = "127.0.0.1:0"
	if change != nil {
		change(&opts)
	}
	s, err := New(opts, src, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	return s
}

// get asks by raw HTTP, so that every header can be chosen.
func get(t *testing.T, s *Server, method, path string, header ...string) (int, string) {
	t.Helper()
	c, err := net.Dial(s.Addr().Network(), s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "%s %s HTTP/1.0\r\n%s\r\n", method, path, strings.Join(append(header, ""), "\r\n"))
	resp, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestGuard(t *testing.T) {
	s := start(t, &fakeSource{}, func(o *Options) { o.Hosts = []string{"mx.example.org"} })
	tests := []struct {
		name   string
		header []string
		code   int
	}{
		{"no host", nil, 200},
		{"address", []string{"Host: 127.0.0.1:11334"}, 200},
		{"v6 address", []string{"Host: [::1]:11334"}, 200},
		{"other address", []string{"Host: 192.0.2.1"}, 200},
		{"localhost", []string{"Host: LOCALHOST.:11334"}, 200},
		{"configured", []string{"Host: MX.example.org:11334"}, 200},
		{"rebound", []string{"Host: evil.example:11334"}, 403},
		{"suffix", []string{"Host: mx.example.org.evil.example"}, 403},
		{"broken literal", []string{"Host: [evil.example]"}, 403},
		{"other site", []string{"Host: 127.0.0.1", "Sec-Fetch-Site: cross-site"}, 403},
		{"other port", []string{"Host: localhost", "Sec-Fetch-Site: same-site"}, 403},
		{"own page", []string{"Host: localhost", "Sec-Fetch-Site: same-origin"}, 200},
		{"typed in", []string{"Host: localhost", "Sec-Fetch-Site: none"}, 200},
	}
	for _, tt := range tests {
		for _, path := range []string{"/ping", "/metrics", "/api/v1/status"} {
			if code, body := get(t, s, "GET", path, tt.header...); code != tt.code {
				t.Errorf("%s %s: got %d %.100s; want %d", tt.name, path, code, body, tt.code)
			}
		}
	}
}

func TestPaths(t *testing.T) {
	s := start(t, &fakeSource{}, nil)
	tests := []struct {
		method, path string
		code         int
		body         string
	}{
		{"GET", "/ping", 200, "pong\r\n"},
		{"HEAD", "/ping", 200, ""},
		{"POST", "/api/v1/status", 405, ""},
		{"DELETE", "/metrics", 405, ""},
		{"GET", "/nothing", 404, ""},
		{"GET", "/", 404, ""},
	}
	for _, tt := range tests {
		code, body := get(t, s, tt.method, tt.path)
		if code != tt.code || tt.body != "" && body != tt.body {
			t.Errorf("%s %s: got %d %q; want %d %q", tt.method, tt.path, code, body, tt.code, tt.body)
		}
	}
}

// golden compares with a file of testdata, or writes it when POSTERN_UPDATE
// is set.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("POSTERN_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs:\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

func TestMetrics(t *testing.T) {
	s := start(t, &fakeSource{snap: example()}, nil)
	code, body := get(t, s, "GET", "/metrics")
	if code != 200 {
		t.Fatalf("got %d %s", code, body)
	}
	var own []string
	for line := range strings.Lines(body) {
		if strings.Contains(line, "postern_") || strings.Contains(line, "rspamd_") {
			own = append(own, line)
		}
	}
	golden(t, "metrics.txt", strings.Join(own, ""))
	for _, name := range []string{"go_goroutines ", "process_start_time_seconds "} {
		if runtime.GOOS == "linux" && !strings.Contains(body, "\n"+name) {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestOpenMetrics(t *testing.T) {
	s := start(t, &fakeSource{snap: example()}, nil)
	_, body := get(t, s, "GET", "/metrics", "Accept: application/openmetrics-text;version=1.0.0")
	if !strings.HasSuffix(body, "# EOF\n") || !strings.Contains(body, `rspamd_actions_total{type="reject"} 60`) {
		t.Errorf("got ...%s", body[max(0, len(body)-300):])
	}
}

func TestSymbolsAreBounded(t *testing.T) {
	snap := example()
	for i := range maxSymbols + 100 {
		snap.Engine.Symbols[fmt.Sprintf("S%d", i)] = 1
	}
	s := start(t, &fakeSource{snap: snap}, nil)
	_, body := get(t, s, "GET", "/metrics")
	if n := strings.Count(body, "\npostern_symbols_total{"); n != maxSymbols {
		t.Errorf("%d symbols, want %d", n, maxSymbols)
	}
}

func TestStatusGolden(t *testing.T) {
	snap := example()
	st := newStatus(&snap, began.Add(90*time.Second), Rates{One: 1.5, Five: 1, Fifteen: 0.5})
	st.Go, st.Memory = "go", MemoryStatus{Resident: 1, Heap: 2, Goroutines: 3}
	data, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := json.Indent(&buf, data, "", "  "); err != nil {
		t.Fatal(err)
	}
	golden(t, "status.json", buf.String()+"\n")
}

func TestStatus(t *testing.T) {
	snap := example()
	snap.Store, snap.Config.LastError = store.Health{OK: true}, ""
	src := &fakeSource{snap: snap}
	tcp := start(t, src, nil)
	unix := start(t, src, func(o *Options) { o.Listen = "unix:" + filepath.Join(t.TempDir(), "s") })
	for name, s := range map[string]*Server{"tcp": tcp, "unix": unix} {
		code, body := get(t, s, "GET", "/api/v1/status", "Host: "+map[*Server]string{tcp: "localhost", unix: "postern"}[s])
		var st Status
		if err := json.Unmarshal([]byte(body), &st); err != nil || code != 200 {
			t.Errorf("%s: %d, %v in %s", name, code, err, body)
			continue
		}
		if !st.Healthy || st.Version != "v1.2.3" || st.Messages.Total != 285 || st.Doors[0].Messages != 90 || st.Memory.Goroutines == 0 {
			t.Errorf("%s: got %+v", name, st)
		}
		if runtime.GOOS == "linux" && st.Memory.Resident == 0 {
			t.Errorf("%s: no resident memory", name)
		}
	}
}

func TestRates(t *testing.T) {
	var m rateMeter
	now := began
	if r := m.rates(now, 0); r != (Rates{}) {
		t.Errorf("no samples: %+v", r)
	}
	var count uint64
	for range 1000 { // more than fits
		m.add(now, count)
		now = now.Add(rateStep)
		count += 50 // 10 a second
	}
	if r := m.rates(now, count); r != (Rates{10, 10, 10}) {
		t.Errorf("steady: %+v", r)
	}
	if n := len(m.samples); n > int(rateSpan/rateStep)+1 {
		t.Errorf("%d samples kept", n)
	}
	for range 12 { // a minute of silence
		m.add(now, count)
		now = now.Add(rateStep)
	}
	if r := m.rates(now, count); r.One != 0 || r.Five != 8 {
		t.Errorf("after a silent minute: %+v", r)
	}
	if r := m.rates(now, 0); r != (Rates{}) {
		t.Errorf("a count that fell: %+v", r)
	}
}

func TestValidate(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Error(err)
	}
	tests := []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.Listen = "localhost" }, "listen: "},
		{func(o *Options) { o.SocketMode = "rw" }, "socket_mode: "},
		{func(o *Options) { o.Hosts = []string{"a", "b:1"} }, "hosts[1]: "},
		{func(o *Options) { o.MaxConnections = 0 }, "max_connections: "},
	}
	for _, tt := range tests {
		o := DefaultOptions()
		tt.change(&o)
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

func TestOffAndInUse(t *testing.T) {
	off, err := New(Options{}, &fakeSource{}, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(off.Listen(context.Background()), off.Serve(context.Background())); err != nil || off.Addr() != nil {
		t.Errorf("a port that is off: %v", err)
	}
	s := start(t, &fakeSource{}, nil)
	again, err := New(Options{Listen: s.Addr().String(), MaxConnections: 1}, &fakeSource{}, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Listen(context.Background()); err == nil || !strings.Contains(err.Error(), s.Addr().String()) {
		t.Errorf("a port in use is not named: %v", err)
	}
}

func TestNoLeak(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("load", func(t *testing.T) {
		s := start(t, &fakeSource{snap: example()}, nil)
		for range 20 {
			get(t, s, "GET", "/metrics")
			get(t, s, "GET", "/api/v1/status")
		}
	})
	deadline := time.Now().Add(3 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
}

func BenchmarkMetrics(b *testing.B) {
	snap := example()
	for i := range 300 {
		snap.Engine.Symbols[fmt.Sprintf("SYMBOL_%d", i)] = uint64(i)
	}
	h, err := newMetricsHandler(&fakeSource{snap: snap})
	if err != nil {
		b.Fatal(err)
	}
	r, err := http.NewRequest("GET", "/metrics", nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		h.ServeHTTP(discard{}, r)
	}
}

// discard is a response nobody reads.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

// TestWarnings wants one warning for each list that is off, and a single one
// where no server answers.
func TestWarnings(t *testing.T) {
	lists := []dnslist.ListStatus{
		{Zone: "a.example", State: dnslist.Off.String(), Reason: "it refuses", Advice: "register"},
		{Zone: "b.example", State: "works"},
	}
	up := &dns.Stats{Servers: []dns.ServerStats{{Address: "127.0.0.1:53"}, {Address: "127.0.0.2:53", Down: true}}}
	down := &dns.Stats{Servers: []dns.ServerStats{{Address: "127.0.0.2:53", Down: true}}}
	for name, tt := range map[string]struct {
		stats *dns.Stats
		want  []string
	}{
		"a list off": {up, []string{"DNS list a.example is switched off: it refuses (register)", "DNS server 127.0.0.2:53 does not answer"}},
		"DNS away": {down, []string{"no DNS server answers: SPF, DKIM, DNS lists and restrictions find out nothing (look at [dns] servers, or at /etc/resolv.conf)",
			"DNS server 127.0.0.2:53 does not answer"}},
	} {
		if got := warnings(&Snapshot{DNS: tt.stats, Lists: lists}); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
