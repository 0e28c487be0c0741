package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"postern/internal/config"
	"postern/internal/door/milter"
	"postern/internal/door/policy"
	"postern/internal/door/rspamd"
	"postern/internal/engine"
	"postern/internal/history"
	"postern/internal/web"
)

// ServeOptions says how the daemon is started.
type ServeOptions struct {
	// ConfigPath is the configuration file; "" looks at config.DefaultPath
	// and else takes the built-in defaults.
	ConfigPath string
	// DataDir is where state is kept; it is made where it is missing.
	DataDir string
	// Version and Commit of the program, for status and metrics.
	Version, Commit string
	// Stdout takes the mail log unless the configuration says otherwise.
	Stdout io.Writer
	// Log takes messages about the daemon itself; SetLevel is called with
	// the level that the configuration asks for and may be nil.
	Log      *slog.Logger
	SetLevel func(slog.Level)
	// Reload makes the daemon read its configuration again at each receive.
	Reload <-chan struct{}
}

// gcPercent is how much the heap may grow between two garbage collections. A
// mail's memory is short-lived and the daemon's own heap a few megabytes, so
// that collecting four times less often costs little memory and saves a fifth
// of the time of a mail. $GOGC overrules it.
const gcPercent = 400

// historyCloseLimit is how long the last decisions may take to be written
// when the daemon stops.
const historyCloseLimit = 10 * time.Second

// Serve runs the daemon until ctx ends, then drains the doors and writes what
// is waiting. It starts nothing unless the configuration is right and every
// door can be opened.
func Serve(ctx context.Context, o ServeOptions) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	d, err := newDaemon(ctx, o)
	if err != nil {
		return err
	}
	defer d.close()
	if err := d.listen(ctx); err != nil {
		return err
	}
	return d.serve(ctx)
}

// door is what the daemon does with each door.
type door interface {
	Listen(ctx context.Context) error
	Serve(ctx context.Context) error
	Addr() net.Addr
}

// namedDoor is a door with its name.
type namedDoor struct {
	name string
	door
}

// daemon is a running Postern.
type daemon struct {
	options  ServeOptions
	log      *slog.Logger
	started  time.Time
	handle   *engine.Handle
	services *services // replaced by reload
	stats    *engine.Stats
	history  *history.Log // nil when none is kept
	recorder *recorder
	mailLog  *mailLog
	milter   *milter.Server
	http     *rspamd.Server
	policy   *policy.Server
	doors    []namedDoor

	mu      sync.Mutex
	cfg     config.Config
	reloads reloads
}

// newDaemon builds everything and opens nothing to the outside.
func newDaemon(ctx context.Context, o ServeOptions) (*daemon, error) {
	cfg, err := config.Load(o.ConfigPath, Known())
	if err != nil {
		return nil, err
	}
	d := &daemon{options: o, log: o.Log, started: time.Now(), cfg: cfg, stats: engine.NewStats()}
	d.reloads.loaded = d.started
	d.setLevel(cfg)
	if d.mailLog, err = openMailLog(cfg.Log, o.Stdout); err != nil {
		return nil, err
	}
	if err := d.openHistory(ctx, cfg); err != nil {
		d.close()
		return nil, err
	}
	d.recorder = &recorder{history: d.history, lines: d.mailLog, log: d.log}
	if d.services, err = newServices(ctx, cfg, nil, config.Config{}, d.surroundings()); err != nil {
		d.close()
		return nil, err
	}
	e, err := d.newEngine(cfg, d.services)
	if err != nil {
		d.close()
		return nil, err
	}
	d.handle = engine.NewHandle(e)
	if err := d.addDoors(cfg); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// newEngine builds an engine that goes on counting where the last one ended.
func (d *daemon) newEngine(cfg config.Config, s *services) (*engine.Engine, error) {
	return newEngine(cfg, s, engine.Parts{Recorder: d.recorder, Log: d.log, Stats: d.stats})
}

// surroundings are what services need besides the configuration.
func (d *daemon) surroundings() surroundings {
	return surroundings{dataDir: d.options.DataDir, version: d.options.Version, log: d.log}
}

// openHistory opens the history. A disk that cannot be written is no reason
// to stop mail: the history says so itself.
func (d *daemon) openHistory(ctx context.Context, cfg config.Config) error {
	if !cfg.History.Enabled {
		return nil
	}
	file := cfg.History.File(d.options.DataDir)
	if err := os.MkdirAll(d.options.DataDir, 0o750); err != nil {
		d.log.Error("the data directory cannot be made; mail goes on, nothing is kept", "path", d.options.DataDir, "error", err)
	}
	h, err := history.Open(ctx, file, cfg.History, history.Environment{Logger: d.log})
	if err != nil {
		return fmt.Errorf("opening the history: %w", err)
	}
	d.history = h
	return nil
}

// addDoors makes the doors that the configuration asks for.
func (d *daemon) addDoors(cfg config.Config) error {
	d.milter = milter.New(cfg.Milter, milter.Use(d.handle), cfg.Limits, d.log)
	d.http = rspamd.New(cfg.HTTP, d.handle, cfg.Limits, d.log)
	d.policy = policy.New(cfg.Policy, policyDecider{d.handle}, d.log)
	d.doors = append(d.doors, namedDoor{"milter", d.milter}, namedDoor{rspamd.Name, d.http}, namedDoor{policy.Name, d.policy})
	control, err := web.New(cfg.Control, d, d.http.Handler(), d.log)
	if err != nil {
		return fmt.Errorf("making the control port: %w", err)
	}
	d.doors = append(d.doors, namedDoor{"control", control})
	return nil
}

// listen opens every door before any is served, so that a port in use stops
// the daemon before it took a single mail.
func (d *daemon) listen(ctx context.Context) error {
	for _, door := range d.doors {
		if err := door.Listen(ctx); err != nil {
			return err
		}
		if a := door.Addr(); a != nil {
			d.log.Info("listening", "door", door.name, "address", a.String())
		}
	}
	return nil
}

// serve serves all doors until ctx ends or one of them fails.
func (d *daemon) serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d.log.Info("ready", "version", d.options.Version, "configuration", d.configPath(), "data", d.options.DataDir,
		"took", time.Since(d.started).Round(time.Millisecond))
	d.services.run()
	failures := make(chan error, len(d.doors))
	var running sync.WaitGroup
	for _, door := range d.doors {
		running.Go(func() {
			if err := door.Serve(ctx); err != nil {
				failures <- fmt.Errorf("door %s: %w", door.name, err)
			}
		})
	}
	err := d.run(ctx, failures)
	cancel()
	running.Wait()
	d.log.Info("stopped")
	return err
}

// run reloads when asked to, until the daemon is to end.
func (d *daemon) run(ctx context.Context, failures <-chan error) error {
	for {
		select {
		case <-ctx.Done():
			d.log.Info("stopping: finishing messages under way")
			return nil
		case err := <-failures:
			return err
		case <-d.options.Reload:
			d.reload()
		}
	}
}

// close writes what is waiting and closes what newDaemon opened.
func (d *daemon) close() {
	if d.history != nil {
		ctx, cancel := context.WithTimeout(context.Background(), historyCloseLimit)
		defer cancel()
		if err := d.history.Close(ctx); err != nil && !errors.Is(err, context.Canceled) {
			d.log.Error("closing the history", "error", err)
		}
	}
	if d.services != nil {
		ctx, cancel := context.WithTimeout(context.Background(), historyCloseLimit)
		defer cancel()
		if err := d.services.close(ctx, nil); err != nil {
			d.log.Error("closing what checks ask", "error", err)
		}
	}
	if err := d.mailLog.close(); err != nil {
		d.log.Error("closing the mail log", "error", err)
	}
}

// configPath names the configuration in messages.
func (d *daemon) configPath() string {
	if path := config.Find(d.options.ConfigPath); path != "" {
		return path
	}
	return "built-in defaults"
}

// setLevel takes over the level of the daemon's own messages.
func (d *daemon) setLevel(cfg config.Config) {
	var level slog.Level
	// Validate has read the level before.
	if err := level.UnmarshalText([]byte(cfg.Log.Level)); err == nil && d.options.SetLevel != nil {
		d.options.SetLevel(level)
	}
}
