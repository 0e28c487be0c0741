package callout

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// storeTimeout bounds how long the store may take.
const storeTimeout = 5 * time.Second

// cache is the store, and memory for as long as the store fails.
type cache struct {
	store  Store
	spare  *Memory
	log    *slog.Logger
	failed atomic.Bool
}

// get gives the entry of a key; where the store fails, the one in memory.
func (c *cache) get(ctx context.Context, key string) (Entry, bool) {
	if c.store != nil {
		ctx, cancel := context.WithTimeout(ctx, storeTimeout)
		defer cancel()
		e, found, err := c.store.Get(ctx, key)
		if ctx.Err() == nil || err == nil {
			c.note(err)
		}
		if err == nil {
			return e, found
		}
	}
	e, found, _ := c.spare.Get(ctx, key) // memory never fails
	return e, found
}

// put keeps an entry, also where the mail that asked for it is gone.
func (c *cache) put(ctx context.Context, key string, e Entry, expires time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	if c.store != nil {
		err := c.store.Put(ctx, key, e, expires)
		c.note(err)
		if err == nil {
			return
		}
	}
	_ = c.spare.Put(ctx, key, e, expires) // memory never fails
}

// note logs when the store begins to fail, and when it works again.
func (c *cache) note(err error) {
	switch {
	case err != nil && !c.failed.Swap(true):
		c.log.Warn("storage of address verification fails, keeping answers in memory", "error", err)
	case err == nil && c.failed.Swap(false):
		c.log.Info("storage of address verification works again")
	}
}
