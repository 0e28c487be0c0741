package table

import (
	"context"
	"fmt"
	"strings"
)

// unionTable asks all its tables and joins what they give by commas.
type unionTable []Table

func (t unionTable) lookup(ctx context.Context, key string) (string, bool, error) {
	var all []string
	for _, inner := range t {
		v, ok, err := inner.Lookup(ctx, key)
		if err != nil {
			return "", false, err
		}
		if ok && (v != "" || len(all) > 0) {
			all = append(all, v)
		}
	}
	return strings.Join(all, ","), len(all) > 0, nil
}

// The first table says whether parts of names are asked for, as in Postfix.
func (t unionTable) partial() bool { return t[0].Partial() }
func (t unionTable) entries() int  { return len(t) }

// pipeTable asks each of its tables for what the one before gave.
type pipeTable []Table

func (t pipeTable) lookup(ctx context.Context, key string) (string, bool, error) {
	for _, inner := range t {
		v, ok, err := inner.Lookup(ctx, key)
		if err != nil || !ok {
			return "", false, err
		}
		key = v
	}
	return key, true, nil
}

func (t pipeTable) partial() bool { return t[0].Partial() }
func (t pipeTable) entries() int  { return len(t) }

// readCombined reads "unionmap:{type:name, …}" and "pipemap:{…}".
func (s *Set) readCombined(kind, name string, depth int) (content, error) {
	bad := &Error{File: kind + ":" + name, Reason: fmt.Sprintf("bad syntax: \"%s:%s\"; need \"%s:{type:name...}\"", kind, name, kind)}
	items, ok := bracedItems(name)
	if !ok || len(items) == 0 {
		return nil, bad
	}
	for _, item := range items {
		if !strings.Contains(item, ":") {
			return nil, bad
		}
	}
	var tables []Table
	for _, item := range items {
		t, err := s.open(item, depth+1)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	if kind == "pipemap" {
		return pipeTable(tables), nil
	}
	return unionTable(tables), nil
}
