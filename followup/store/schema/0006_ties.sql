-- What the owner says of who is who: that two clients are different people, that two are one household though they
-- share neither address nor phone, that one stands alone whatever it shares.
CREATE TABLE tie (
    id        TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    other_id  TEXT NOT NULL DEFAULT '',   -- empty: of one client alone
    kind      TEXT NOT NULL,              -- different | together | alone
    said_at   TEXT NOT NULL
);
CREATE INDEX tie_by_client ON tie (client_id);
CREATE INDEX tie_by_other ON tie (other_id) WHERE other_id <> '';
CREATE INDEX tie_by_kind ON tie (kind, id);

-- Which records became this one is asked of every client that is planned for; few ever were merged.
CREATE INDEX client_by_merger ON client (merged_into) WHERE merged_into <> '';

-- Who was brought by somebody whom nobody knew yet: asked whenever clients come in.
CREATE INDEX client_unlinked ON client (id, referred_by) WHERE referred_by <> '' AND referred_by_id = '';
CREATE INDEX client_by_referrer ON client (referred_by_id) WHERE referred_by_id <> '';
