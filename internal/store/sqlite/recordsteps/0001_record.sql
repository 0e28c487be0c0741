CREATE TABLE record (
    key     INTEGER PRIMARY KEY,
    a       INTEGER NOT NULL,
    b       INTEGER NOT NULL,
    c       INTEGER NOT NULL,
    expires INTEGER NOT NULL
);
