package table

import (
	"errors"
	"testing"
	"time"

	"postern/internal/unit"
)

func TestOptions(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Errorf("the default is refused: %v", err)
	}
	for key, spoil := range map[string]func(o *Options){
		"reload_interval": func(o *Options) { o.ReloadInterval = 1 },
		"max_file_size":   func(o *Options) { o.MaxFileSize = 0 },
		"max_line":        func(o *Options) { o.MaxLine = 1 << 30 },
		"max_rules":       func(o *Options) { o.MaxRules = 0 },
		"max_keys":        func(o *Options) { o.MaxKeys = 0 },
		"max_nesting":     func(o *Options) { o.MaxNesting = 0 },
		"match_timeout":   func(o *Options) { o.MatchTimeout = 0 },
		"feeds.refresh":   func(o *Options) { o.Feeds.Refresh = unit.Duration(time.Second) },
		"feeds.timeout":   func(o *Options) { o.Feeds.Timeout = 0 },
		"feeds.max_size":  func(o *Options) { o.Feeds.MaxSize = 0 },
	} {
		o := DefaultOptions()
		spoil(&o)
		var bad *unit.KeyError
		if err := o.Validate(); !errors.As(err, &bad) || bad.Key != key {
			t.Errorf("%s: error is %v", key, err)
		}
	}
}
