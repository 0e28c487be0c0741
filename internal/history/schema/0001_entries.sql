-- One row for each symbol with the group and description it had.
CREATE TABLE symbols (
	id          INTEGER PRIMARY KEY,
	name        TEXT NOT NULL,
	family      TEXT NOT NULL,
	description TEXT NOT NULL,
	UNIQUE (name, family, description)
);

-- One row for each decision: columns for what is searched for, the rest as
-- JSON in detail.
CREATE TABLE entries (
	id         INTEGER PRIMARY KEY,
	time       INTEGER NOT NULL, -- microseconds since 1970
	case_id    TEXT NOT NULL,
	queue_id   TEXT NOT NULL,
	actions    INTEGER NOT NULL, -- bit n: some verdict has action n
	score      REAL NOT NULL,    -- the highest of the verdicts
	ip         BLOB,             -- 4 or 16 bytes
	sender     TEXT NOT NULL,
	recipients TEXT NOT NULL,    -- separated by line feeds
	symbols    TEXT NOT NULL,    -- ids between commas: ",3,17,"
	detail     TEXT NOT NULL
);
CREATE INDEX entries_time ON entries (time);
CREATE INDEX entries_case ON entries (case_id);
