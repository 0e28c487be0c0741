package web

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"postern/internal/dns"
	"postern/internal/dnslist"
	"postern/internal/verdict"
)

// metric is one family: how it is described, and what it tells of a snapshot.
type metric struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	tell func(s *Snapshot, out func(value float64, labels ...string))
}

func counter(name, help string, tell func(*Snapshot, func(float64, ...string)), labels ...string) metric {
	return metric{prometheus.NewDesc(name, help, labels, nil), prometheus.CounterValue, tell}
}

func gauge(name, help string, tell func(*Snapshot, func(float64, ...string)), labels ...string) metric {
	return metric{prometheus.NewDesc(name, help, labels, nil), prometheus.GaugeValue, tell}
}

// one tells a single value without labels.
func one[N uint64 | int64 | int | float64](value func(*Snapshot) N) func(*Snapshot, func(float64, ...string)) {
	return func(s *Snapshot, out func(float64, ...string)) { out(float64(value(s))) }
}

// flag tells 1 for true.
func flag(value func(*Snapshot) bool) func(*Snapshot, func(float64, ...string)) {
	return func(s *Snapshot, out func(float64, ...string)) {
		if value(s) {
			out(1)
		} else {
			out(0)
		}
	}
}

// moment tells a time in seconds since 1970, and nothing for the zero time.
func moment(value func(*Snapshot) time.Time) func(*Snapshot, func(float64, ...string)) {
	return func(s *Snapshot, out func(float64, ...string)) {
		if t := value(s); !t.IsZero() {
			out(float64(t.UnixMilli()) / 1000)
		}
	}
}

// families lists all metrics but the histogram. Labels have few values each:
// doors and actions are fixed, checks and symbols are those built in or
// configured, never text from mail.
func families() []metric {
	return slices.Concat(generalFamilies(), messageFamilies(), checkFamilies(), doorFamilies(), keepingFamilies(), dnsFamilies(), rspamdFamilies())
}

func generalFamilies() []metric {
	return []metric{
		gauge("postern_build_info", "The program running, as labels.",
			func(s *Snapshot, out func(float64, ...string)) { out(1, s.Version, s.Commit) }, "version", "commit"),
		gauge("postern_start_time_seconds", "When the daemon started.",
			moment(func(s *Snapshot) time.Time { return s.Started })),
		gauge("postern_config_loaded_time_seconds", "When the configuration in use was read.",
			moment(func(s *Snapshot) time.Time { return s.Config.Loaded })),
		gauge("postern_config_last_reload_failed", "1 when the last reload of the configuration failed.",
			flag(func(s *Snapshot) bool { return s.Config.LastError != "" })),
		counter("postern_config_reloads_total", "Reloads of the configuration.",
			func(s *Snapshot, out func(float64, ...string)) {
				out(float64(s.Config.Reloads), "ok")
				out(float64(s.Config.FailedReloads), "failed")
			}, "result"),
	}
}

func messageFamilies() []metric {
	return []metric{
		counter("postern_messages_total", "Decisions by the door the message came by.",
			func(s *Snapshot, out func(float64, ...string)) {
				for name, n := range s.Engine.Doors {
					out(float64(n), name)
				}
			}, "door"),
		counter("postern_actions_total", "Decisions by action.", actions, "action"),
		counter("postern_messages_skipped_total", "Messages not scored, such as those of clients that logged in.",
			one(func(s *Snapshot) uint64 { return s.Engine.Skipped })),
		counter("postern_messages_early_total", "Decisions before the message itself was there.",
			one(func(s *Snapshot) uint64 { return s.Engine.Early })),
		counter("postern_messages_incomplete_total", "Decisions with a check that failed or was late.",
			one(func(s *Snapshot) uint64 { return s.Engine.Incomplete })),
		counter("postern_symbols_total", "How often each symbol was found.",
			func(s *Snapshot, out func(float64, ...string)) {
				names := slices.Sorted(maps.Keys(s.Engine.Symbols))
				for _, name := range names[:min(len(names), maxSymbols)] {
					out(float64(s.Engine.Symbols[name]), name)
				}
			}, "symbol"),
	}
}

// actions tells the decisions by action.
func actions(s *Snapshot, out func(float64, ...string)) {
	for a, n := range s.Engine.Actions {
		out(float64(n), verdict.Action(a).String())
	}
}

func checkFamilies() []metric {
	each := func(value func(s *Snapshot, i int) float64) func(*Snapshot, func(float64, ...string)) {
		return func(s *Snapshot, out func(float64, ...string)) {
			for i := range s.Engine.Checks {
				out(value(s, i), s.Engine.Checks[i].Name)
			}
		}
	}
	return []metric{
		counter("postern_check_runs_total", "Runs of each check.",
			each(func(s *Snapshot, i int) float64 { return float64(s.Engine.Checks[i].Runs) }), "check"),
		counter("postern_check_failures_total", "Runs in which a check could not find out.",
			each(func(s *Snapshot, i int) float64 { return float64(s.Engine.Checks[i].Failed) }), "check"),
		counter("postern_check_late_total", "Runs in which a check did not end in time.",
			each(func(s *Snapshot, i int) float64 { return float64(s.Engine.Checks[i].Late) }), "check"),
		counter("postern_check_seconds_total", "Time that each check took in all its runs.",
			each(func(s *Snapshot, i int) float64 { return s.Engine.Checks[i].Total.Seconds() }), "check"),
	}
}

func doorFamilies() []metric {
	each := func(value func(d *Door) float64) func(*Snapshot, func(float64, ...string)) {
		return func(s *Snapshot, out func(float64, ...string)) {
			for i := range s.Doors {
				out(value(&s.Doors[i]), s.Doors[i].Name)
			}
		}
	}
	return []metric{
		gauge("postern_door_connections", "Connections open at a door.",
			each(func(d *Door) float64 { return float64(d.Connections) }), "door"),
		counter("postern_door_connections_total", "Connections a door has accepted.",
			each(func(d *Door) float64 { return float64(d.Accepted) }), "door"),
		counter("postern_door_faults_total", "Connections or requests at a door that ended with an error.",
			each(func(d *Door) float64 { return float64(d.Faults) }), "door"),
	}
}

// keepingFamilies tell of what is kept on disk.
func keepingFamilies() []metric {
	return []metric{
		gauge("postern_store_healthy", "1 when the embedded storage works, 0 when the disk is full, read-only or missing.",
			flag(func(s *Snapshot) bool { return s.Store.OK })),
		counter("postern_history_written_total", "Decisions written to the history.",
			one(func(s *Snapshot) uint64 { return s.History.Written })),
		counter("postern_history_dropped_total", "Decisions the history's queue had no room for.",
			one(func(s *Snapshot) uint64 { return s.History.Dropped })),
		counter("postern_history_failed_total", "Decisions that could not be written to the history.",
			one(func(s *Snapshot) uint64 { return s.History.Failed })),
		counter("postern_history_deleted_total", "Decisions deleted because of their age or the history's size.",
			one(func(s *Snapshot) uint64 { return s.History.Deleted })),
		gauge("postern_history_waiting", "Decisions waiting to be written.",
			one(func(s *Snapshot) uint64 { return s.History.Waiting })),
		gauge("postern_history_size_bytes", "Size of the history on disk.",
			one(func(s *Snapshot) int64 { return s.History.Size })),
		gauge("postern_history_oldest_time_seconds", "Time of the oldest decision kept.",
			moment(func(s *Snapshot) time.Time { return s.History.Oldest })),
	}
}

// dnsFamilies tell of the resolver and of the DNS lists, whose zones are
// those of the configuration.
func dnsFamilies() []metric {
	resolver := func(value func(*dns.Stats) uint64) func(*Snapshot, func(float64, ...string)) {
		return func(s *Snapshot, out func(float64, ...string)) {
			if s.DNS != nil {
				out(float64(value(s.DNS)))
			}
		}
	}
	lists := func(value func(*dnslist.ListStatus) float64) func(*Snapshot, func(float64, ...string)) {
		return func(s *Snapshot, out func(float64, ...string)) {
			for i := range s.Lists {
				out(value(&s.Lists[i]), s.Lists[i].Zone)
			}
		}
	}
	return []metric{
		counter("postern_dns_questions_total", "Questions to the resolver.", resolver(func(s *dns.Stats) uint64 { return s.Questions })),
		counter("postern_dns_cached_total", "Questions whose answer was known or under way.",
			resolver(func(s *dns.Stats) uint64 { return s.Cached + s.Coalesced })),
		counter("postern_dns_failed_total", "Questions that no server could answer.", resolver(func(s *dns.Stats) uint64 { return s.Failed })),
		counter("postern_dns_turned_away_total", "Questions beyond a mail's budget or the bound on questions under way.",
			resolver(func(s *dns.Stats) uint64 { return s.OverBudget + s.Overload })),
		gauge("postern_dns_cache_bytes", "Memory of the answers kept.", resolver(func(s *dns.Stats) uint64 { return uint64(max(s.Bytes, 0)) })),
		gauge("postern_dns_list_off", "1 for a DNS list that is switched off because it does not work.",
			lists(func(l *dnslist.ListStatus) float64 {
				if l.State == dnslist.Off.String() {
					return 1
				}
				return 0
			}), "zone"),
		counter("postern_dns_list_asked_total", "Questions to a DNS list.",
			lists(func(l *dnslist.ListStatus) float64 { return float64(l.Asked) }), "zone"),
		counter("postern_dns_list_hits_total", "Questions to a DNS list that found something.",
			lists(func(l *dnslist.ListStatus) float64 { return float64(l.Hits) }), "zone"),
	}
}

// rspamdFamilies bear rspamd's names, so that dashboards made for it work.
func rspamdFamilies() []metric {
	return []metric{
		gauge("rspamd_build_info", "The program running, under rspamd's name.",
			func(s *Snapshot, out func(float64, ...string)) { out(1, s.Version) }, "version"),
		counter("rspamd_scanned_total", "Messages examined, under rspamd's name.",
			one(func(s *Snapshot) uint64 { return total(s) })),
		counter("rspamd_actions_total", "Decisions by action, under rspamd's name.", actions, "type"),
		counter("rspamd_spam_total", "Messages treated as spam, soft rejects among them, under rspamd's name.",
			one(func(s *Snapshot) uint64 { return total(s) - ham(s) })),
		counter("rspamd_ham_total", "Messages let through or greylisted, under rspamd's name.",
			one(ham)),
		gauge("rspamd_scan_time_average", "Seconds one examination takes, the mean since the start, under rspamd's name.",
			one(meanScan)),
	}
}

// total counts all decisions.
func total(s *Snapshot) uint64 {
	var n uint64
	for _, c := range s.Engine.Actions {
		n += c
	}
	return n
}

// ham counts the decisions that rspamd counts as ham.
func ham(s *Snapshot) uint64 {
	return s.Engine.Actions[verdict.NoAction] + s.Engine.Actions[verdict.Greylist]
}

// meanScan is the mean time of one examination in seconds.
func meanScan(s *Snapshot) float64 {
	var n uint64
	for _, c := range s.Engine.ScanCounts {
		n += c
	}
	if n == 0 {
		return 0
	}
	return s.Engine.ScanTotal.Seconds() / float64(n)
}

// collector turns snapshots into Prometheus metrics.
type collector struct {
	source   Source
	families []metric
	scan     *prometheus.Desc
}

func newCollector(source Source) *collector {
	return &collector{source, families(), prometheus.NewDesc("postern_scan_seconds",
		"How long examining one message took.", nil, nil)}
}

// Describe names all metrics.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for i := range c.families {
		ch <- c.families[i].desc
	}
	ch <- c.scan
}

// Collect tells all values of this moment.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	s := c.source.Metrics()
	for i := range c.families {
		f := &c.families[i]
		f.tell(&s, func(value float64, labels ...string) {
			ch <- metricOf(prometheus.NewConstMetric(f.desc, f.kind, value, labels...))(f.desc)
		})
	}
	ch <- c.scanHistogram(&s)
}

// metricOf makes a metric that reports the error where there is one.
func metricOf(m prometheus.Metric, err error) func(*prometheus.Desc) prometheus.Metric {
	return func(d *prometheus.Desc) prometheus.Metric {
		if err != nil {
			return prometheus.NewInvalidMetric(d, err)
		}
		return m
	}
}

// scanHistogram makes Prometheus's cumulative buckets of the engine's plain
// ones.
func (c *collector) scanHistogram(s *Snapshot) prometheus.Metric {
	buckets := make(map[float64]uint64, len(s.Engine.ScanBounds))
	var n uint64
	for i, count := range s.Engine.ScanCounts {
		n += count
		if i < len(s.Engine.ScanBounds) {
			buckets[s.Engine.ScanBounds[i].Seconds()] = n
		}
	}
	return metricOf(prometheus.NewConstHistogram(c.scan, n, s.Engine.ScanTotal.Seconds(), buckets))(c.scan)
}

// Bounds on scraping.
const (
	maxScrapes    = 4
	scrapeTimeout = 10 * time.Second
)

// newMetricsHandler answers /metrics from a registry of its own.
func newMetricsHandler(source Source) (http.Handler, error) {
	reg := prometheus.NewRegistry()
	for _, c := range []prometheus.Collector{
		newCollector(source),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{
		EnableOpenMetrics: true, MaxRequestsInFlight: maxScrapes, Timeout: scrapeTimeout,
	}), nil
}
