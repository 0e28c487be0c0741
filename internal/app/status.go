package app

import (
	"postern/internal/config"
	"postern/internal/door/policy"
	"postern/internal/door/rspamd"
	"postern/internal/store"
	"postern/internal/web"
)

// Metrics tells how the daemon fares, for status and metrics.
func (d *daemon) Metrics() web.Snapshot {
	snap := web.Snapshot{
		Version: d.options.Version, Commit: d.options.Commit, Started: d.started,
		Doors: d.doorStatus(), Engine: d.stats.Snapshot(), Config: d.configStatus(),
		Store: store.Health{OK: true, Since: d.started},
	}
	if d.history != nil {
		snap.History, snap.Store = d.history.Stats(), d.history.Health()
	}
	d.mu.Lock()
	s := d.services
	d.mu.Unlock()
	if s.online {
		stats := s.resolver.Stats()
		snap.DNS, snap.Lists = &stats, s.lists.Status()
	}
	return snap
}

// doorStatus tells how the doors fare.
func (d *daemon) doorStatus() []web.Door {
	m, h := d.milter.Stats(), d.http.Stats()
	doors := []web.Door{
		{Name: "milter", Connections: m.Active, Accepted: uint64(m.Connections), Faults: uint64(m.Faults + m.Panics)},
		{Name: rspamd.Name, Listen: h.Listen, Connections: h.Connections, Accepted: h.Accepted, Faults: h.Failures},
	}
	if p := d.policy.Stats(); d.policy.Addr() != nil {
		doors = append(doors, web.Door{Name: policy.Name, Listen: d.policy.Addr().String(), Connections: int64(p.Connections), Accepted: p.Accepted, Faults: p.Faults + p.Panics})
	}
	if a := d.milter.Addr(); a != nil {
		doors[0].Listen = a.String()
	}
	return doors
}

// configStatus tells which configuration is in force.
func (d *daemon) configStatus() web.Config {
	d.mu.Lock()
	defer d.mu.Unlock()
	return web.Config{
		Path: config.Find(d.options.ConfigPath), Loaded: d.reloads.loaded,
		Reloads: d.reloads.ok, FailedReloads: d.reloads.failed, LastError: d.reloads.lastError,
	}
}
