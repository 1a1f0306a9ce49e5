-- Imports that can be shown and forgotten: which kinds of files came in, and what a correction took the place of.

-- A row for every file of every import, also of those that changed nothing (their batch is in no other table).
CREATE TABLE imported_file (
    number      INTEGER PRIMARY KEY,    -- 1, 2, 3 ...: the order of reading
    batch_id    TEXT    NOT NULL,
    fingerprint TEXT    NOT NULL,   -- of the header: the kind of file, as in `answer`
    book        TEXT    NOT NULL DEFAULT '',    -- of the sheets, where it is a spreadsheet of several
    name        TEXT    NOT NULL,
    looks_like  TEXT    NOT NULL DEFAULT '',    -- the exporter
    header      TEXT    NOT NULL DEFAULT '[]',
    at          TEXT    NOT NULL
);
CREATE INDEX imported_file_by_kind ON imported_file (fingerprint);

-- An earlier row of a record is not known any more once a file has it otherwise; with that import it comes back.
ALTER TABLE known_row ADD COLUMN outdated_by TEXT NOT NULL DEFAULT '';
