package storetest

import (
	"testing"

	"postern/internal/store"
)

func TestMemory(t *testing.T) {
	Records(t, false, func(*testing.T) (store.Records, func()) { return NewMemory(), func() {} })
}
