package history

import (
	"context"
	"iter"
	"time"
)

// followPause is how often Follow looks for new entries.
const followPause = 250 * time.Millisecond

// Follow gives the entries after afterID that the filter asks for in the
// order in which they were written, and waits for more until ctx ends, which
// is no error. The filter's Before and Limit are not looked at. Errors are as
// with Query.
func (r *Reader) Follow(ctx context.Context, afterID int64, f Filter) iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		for ctx.Err() == nil {
			last, page, err := r.news(ctx, afterID, f)
			if err != nil && ctx.Err() == nil {
				if !yield(nil, err) {
					return
				}
			}
			for i := range page {
				p := &page[i]
				afterID = p.row.id
				if p.err == nil && !f.matches(p.entry) {
					continue
				}
				if !yield(p.entry, p.err) {
					return
				}
			}
			if len(page) < pageRows {
				afterID = max(afterID, last)
				if !pause(ctx, followPause) {
					return
				}
			}
		}
	}
}

// news reads a page of what was written after the ID, and the ID up to which
// everything was looked at if the page is not full.
func (r *Reader) news(ctx context.Context, after int64, f Filter) (last int64, page []found, err error) {
	// The ID comes first: what is written meanwhile is looked at next time.
	if last, err = r.Last(ctx); err != nil {
		return 0, nil, err
	}
	if last <= after {
		return last, nil, nil
	}
	if page, err = r.after(ctx, after, f); err != nil {
		return 0, nil, err
	}
	return last, page, nil
}

// after reads a page of what was written after the ID.
func (r *Reader) after(ctx context.Context, id int64, f Filter) ([]found, error) {
	s, err := r.statement(ctx, f)
	if err != nil {
		return nil, err
	}
	s.and("id > ?", id)
	s.tail = "ORDER BY id LIMIT ?"
	s.args = append(s.args, pageRows)
	return r.page(ctx, s)
}

// pause waits, and tells whether ctx is still going on.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
