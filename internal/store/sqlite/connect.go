package sqlite

import (
	"database/sql"
	"fmt"
	"net/url"
)

// connect makes a pool of connections to the file.
func connect(path string, parameters url.Values, connections int) (*sql.DB, error) {
	uri, err := fileURI(path, parameters)
	if err != nil {
		return nil, err
	}
	pool, err := sql.Open("sqlite", uri)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return pool, nil
}
