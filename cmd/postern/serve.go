package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
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
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	reload := make(chan struct{})
	go func() {
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
	}()
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
