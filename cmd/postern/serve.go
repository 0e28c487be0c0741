package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"postern/internal/app"
	"postern/internal/config"
)

type serveCommand struct {
	Config  string `help:"Configuration file (default: ${config_default} if there is one, else the built-in defaults)." placeholder:"FILE"`
	DataDir string `name:"data" help:"Data directory (default: ${data_default} if it can be written to, else ./${data_local})." placeholder:"DIR"`
}

// Run runs the daemon until it is told to stop. SIGHUP makes it read its
// configuration again.
func (s *serveCommand) Run(ctx context.Context, c *console) error {
	ctx, stop := context.WithCancel(ctx)
	reload := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() { watchHangup(ctx, reload) })
	defer watch.Wait()
	defer stop()
	level, b := new(slog.LevelVar), readBuild()
	err := app.Serve(ctx, app.ServeOptions{
		ConfigPath: s.Config, DataDir: dataDir(s.DataDir), Version: b.Version, Commit: b.Commit,
		Stdout: c.direct, Log: slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: level})),
		SetLevel: level.Set, Reload: reload,
	})
	var faults config.Errors
	if errors.As(err, &faults) {
		return fmt.Errorf("the configuration is wrong:\n%w", err)
	}
	return err
}

// watchHangup asks for a reload at each SIGHUP until ctx ends.
func watchHangup(ctx context.Context, reload chan<- struct{}) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
		}
		select {
		case <-ctx.Done():
			return
		case reload <- struct{}{}:
		}
	}
}
