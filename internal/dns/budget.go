package dns

import (
	"context"
	"errors"
	"sync/atomic"
)

// ErrBudget is wrapped, besides ErrTemporary, by the error of a question that
// was not asked because the context's budget is spent.
var ErrBudget = errors.New("this mail caused too many questions")

// freshKey is the key of the wish for fresh answers in a context.
type freshKey struct{}

// Fresh gives a context in which questions are asked even if the answer is
// known, for those who watch whether something changes.
func Fresh(ctx context.Context) context.Context { return context.WithValue(ctx, freshKey{}, true) }

func wantsFresh(ctx context.Context) bool { return ctx.Value(freshKey{}) != nil }

// budgetKey is the key of a budget in a context.
type budgetKey struct{}

// Budget counts the questions that a transaction may still cause.
type Budget struct {
	limit int64
	spent atomic.Int64
}

// WithBudget gives a context in which n questions may be asked that are not
// in the cache, by whoever shares it; those beyond fail with ErrTemporary. A
// mail that names thousands of hosts cannot make us ask for all of them. n
// below 1 means no bound.
func WithBudget(ctx context.Context, n int) context.Context {
	if n < 1 {
		return ctx
	}
	return NewBudget(n).In(ctx)
}

// NewBudget makes a budget of n questions, for contexts that come one after
// the other; n below 1 means no bound.
func NewBudget(n int) *Budget { return &Budget{limit: int64(n)} }

// In gives a context that spends from the budget.
func (b *Budget) In(ctx context.Context) context.Context {
	if b.limit < 1 {
		return ctx
	}
	return context.WithValue(ctx, budgetKey{}, b)
}

// Spent tells how many questions were asked of a context's budget; ok is
// false where there is none.
func Spent(ctx context.Context) (spent, limit int, ok bool) {
	b, ok := ctx.Value(budgetKey{}).(*Budget)
	if !ok {
		return 0, 0, false
	}
	return int(min(b.spent.Load(), b.limit)), int(b.limit), true
}

// spend takes one question from the context's budget and tells whether there
// was one left.
func spend(ctx context.Context) bool {
	b, ok := ctx.Value(budgetKey{}).(*Budget)
	return !ok || b.spent.Add(1) <= b.limit
}
