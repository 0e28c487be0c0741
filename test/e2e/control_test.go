package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestControlPort asks a daemon that has seen two mails how it fares.
func TestControlPort(t *testing.T) {
	d := startPostern(t, "")
	file := filepath.Join(t.TempDir(), "mail.eml")
	for _, text := range []string{clean("Minutes"), with(clean("Test"), gtube)} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		postern(t, "", "scan", "--server", "http://"+d.http, file)
	}
	metrics := d.get("/metrics")
	for _, want := range []string{
		`rspamd_actions_total{type="reject"} 1`, `rspamd_scanned_total 2`, `postern_store_healthy 1`,
		`postern_symbols_total{symbol="GTUBE"} 1`, `process_start_time_seconds `,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("metrics do not have %q", want)
		}
	}
	var status map[string]any
	if err := json.Unmarshal([]byte(d.get("/api/v1/status")), &status); err != nil {
		t.Fatalf("status: %v", err)
	}
	if got := postern(t, "", "status", "--server", "http://"+d.control); !strings.Contains(got, "healthy") {
		t.Errorf("postern status prints:\n%s", got)
	}
}

// TestPortInUse wants the port named, and nothing half started.
func TestPortInUse(t *testing.T) {
	d := startPostern(t, "")
	second := &daemon{t: t, dir: t.TempDir(), milter: freePort(t), http: d.http, control: freePort(t)}
	second.config = filepath.Join(second.dir, "postern.toml")
	second.configure("")
	out, code := fails(t, "serve", "--config", second.config, "--data", second.dir)
	if code != 3 || !strings.Contains(out, d.http) || !strings.Contains(out, "in use") {
		t.Errorf("exit status %d:\n%s", code, out)
	}
}

// TestBadConfiguration wants every fault shown, and nothing started.
func TestBadConfiguration(t *testing.T) {
	d := &daemon{t: t, dir: t.TempDir(), milter: freePort(t), http: freePort(t), control: freePort(t)}
	d.config = filepath.Join(d.dir, "postern.toml")
	d.configure("[actions]\nrejct = 5\n[symbols.GTUB]\nscore = 1\n")
	out, code := fails(t, "serve", "--config", d.config, "--data", d.dir)
	if code == 0 || !strings.Contains(out, `postern.toml:5:1`) || !strings.Contains(out, `"reject"`) || !strings.Contains(out, `"GTUBE"`) {
		t.Errorf("exit status %d:\n%s", code, out)
	}
}

// TestStoreFaults starts the daemon on a damaged history and on a disk that
// takes nothing; mail is answered all the same.
func TestStoreFaults(t *testing.T) {
	t.Run("damaged", func(t *testing.T) {
		d := startPostern(t, "")
		d.stop()
		db := filepath.Join(d.dir, "data", "history.db")
		if err := os.WriteFile(db, []byte(strings.Repeat("garbage", 10000)), 0o600); err != nil {
			t.Fatal(err)
		}
		d.start()
		answered(t, d)
		d.log.wait(t, ".corrupt-")
		eventually(t, 10*time.Second, "the new history is used", func() bool {
			return strings.Contains(postern(t, "", "log", "--config", d.config, "--data", filepath.Join(d.dir, "data")), "alice@example.com")
		})
	})
	t.Run("not a directory", func(t *testing.T) {
		d := startPostern(t, "")
		d.stop()
		if err := os.RemoveAll(filepath.Join(d.dir, "data")); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(d.dir, "data"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		d.start()
		answered(t, d)
		eventually(t, 10*time.Second, "the metric is red", func() bool {
			return strings.Contains(d.get("/metrics"), "postern_store_healthy 0")
		})
	})
}

// answered scans one mail by the daemon.
func answered(t *testing.T, d *daemon) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "mail.eml")
	if err := os.WriteFile(file, []byte(clean("Minutes")), 0o600); err != nil {
		t.Fatal(err)
	}
	out := postern(t, "", "scan", "--server", "http://"+d.http, "--from", "alice@example.com", file)
	if !strings.Contains(out, "no action") {
		t.Errorf("the mail was answered:\n%s", out)
	}
}
