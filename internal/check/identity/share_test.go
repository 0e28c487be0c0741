package identity

import (
	"context"
	"errors"
	"sync"
	"testing"

	"postern/internal/check"
)

func TestShare(t *testing.T) {
	tx := &check.Transaction{Memory: &check.Memory{}}
	asked := 0
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			n, err := share(t.Context(), tx, "n", func() int { asked++; return asked })
			if n != 1 || err != nil {
				t.Errorf("%d, %v", n, err)
			}
		})
	}
	all.Wait()
	if n, err := share(t.Context(), &check.Transaction{}, "n", func() int { return 7 }); n != 7 || err != nil {
		t.Errorf("without a memory: %d, %v", n, err)
	}
}

// TestShareInVain waits for somebody who never comes to an end.
func TestShareInVain(t *testing.T) {
	tx := &check.Transaction{Memory: &check.Memory{}}
	begun, end := make(chan struct{}), make(chan struct{})
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer func() { _ = recover() }()
		_, _ = share(context.Background(), tx, "n", func() int { close(begun); <-end; panic("no") })
	}()
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := share(ctx, tx, "n", func() int { return 1 }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	close(end)
	<-over
	if _, err := share(t.Context(), tx, "n", func() int { return 1 }); !errors.Is(err, errNotKnown) {
		t.Errorf("panicked: %v", err)
	}
}
