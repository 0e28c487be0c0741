// Package web is the control port: where an administrator, a browser or
// Prometheus asks the running daemon how it fares. For now it only answers
// questions; nothing can be changed by it.
package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"

	"postern/internal/listen"
)

// Bounds on requests that are not worth a key in the configuration.
const (
	maxHeader    = 64 << 10
	readTimeout  = 10 * time.Second
	writeTimeout = 30 * time.Second
	idleTimeout  = 2 * time.Minute
	drainTimeout = 5 * time.Second
)

// Server is the control port.
type Server struct {
	opts     Options
	source   Source
	log      *slog.Logger
	now      func() time.Time
	handler  http.Handler
	meter    rateMeter
	listener net.Listener
}

// New makes a control port that tells what source says, and leaves every
// other request to rest, which may be nil. The options must be valid.
func New(opts Options, source Source, rest http.Handler, log *slog.Logger) (*Server, error) {
	s := &Server{opts: opts, source: source, log: log.With("door", "web"), now: time.Now}
	metrics, err := newMetricsHandler(source)
	if err != nil {
		return nil, fmt.Errorf("registering metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ping", ping)
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("GET /api/v1/status", s.status)
	if rest != nil {
		mux.Handle("/", rest)
	}
	s.handler = s.guard(mux)
	return s, nil
}

// Addr is the address listened on; nil when the port is off.
func (s *Server) Addr() net.Addr {
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

// Listen opens the port, and does nothing where Options.Listen is empty.
// Clients wait until Serve is called.
func (s *Server) Listen(ctx context.Context) error {
	l, err := listen.Open(ctx, s.opts.Listen, s.opts.SocketMode)
	if err != nil {
		return fmt.Errorf("opening control port: %w", err)
	}
	if l != nil {
		s.listener = l
	}
	return nil
}

// Serve answers requests until ctx ends. It returns nil after a stop that was
// asked for, and at once when Listen opened nothing.
func (s *Server) Serve(ctx context.Context) error {
	if s.listener == nil {
		return nil
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	srv := &http.Server{
		Handler:     s.handler,
		ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, Protocols: protocols,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(netutil.LimitListener(s.listener, s.opts.MaxConnections)) }()
	if err := s.sample(ctx, done); err != nil {
		return fmt.Errorf("serving control port: %w", errors.Join(err, srv.Close()))
	}
	patience, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	if err := srv.Shutdown(patience); err != nil {
		s.log.Debug("closing control connections", "error", errors.Join(err, srv.Close()))
	}
	<-done
	return nil
}

// sample measures the message rate until ctx ends or serving does.
func (s *Server) sample(ctx context.Context, done <-chan error) error {
	tick := time.NewTicker(rateStep)
	defer tick.Stop()
	for {
		snap := s.source.Metrics()
		s.meter.add(s.now(), total(&snap))
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// guard keeps web pages of others out: see Options.admits for names. A
// browser says in Sec-Fetch-Site on whose behalf it asks.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Server", "Postern")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		site := r.Header.Get("Sec-Fetch-Site")
		switch {
		case !s.overUnix() && !s.opts.admits(r.Host):
			s.refuse(w, r, "the control port may not be called by this name; see the key hosts")
		case site == "cross-site" || site == "same-site":
			s.refuse(w, r, "the control port is not for pages of other sites")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// overUnix tells whether the port is a Unix socket, which no web page can
// reach and whose clients put anything into Host.
func (s *Server) overUnix() bool {
	return s.listener != nil && s.listener.Addr().Network() == "unix"
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, why string) {
	s.log.Warn("control request refused", "client", r.RemoteAddr, "host", r.Host, "reason", why)
	s.send(w, http.StatusForbidden, map[string]string{"error": why})
}

// ping tells that somebody is there, in rspamd's words.
func ping(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	// An error means that the client is gone, which nobody needs to know.
	_, _ = w.Write([]byte("pong\r\n"))
}

// status answers /api/v1/status.
func (s *Server) status(w http.ResponseWriter, _ *http.Request) {
	snap := s.source.Metrics()
	now := s.now()
	s.send(w, http.StatusOK, newStatus(&snap, now, s.meter.rates(now, total(&snap))))
}

// send sends v as JSON.
func (s *Server) send(w http.ResponseWriter, code int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		s.log.Error("encoding answer", "error", err)
		code, data = http.StatusInternalServerError, []byte(`{"error":"internal error"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	if _, err := w.Write(append(data, '\n')); err != nil {
		s.log.Debug("sending answer", "error", err)
	}
}
