-- The facts of a home. Read by SQLite and PostgreSQL alike: dates are ISO text (2026-03-02), instants are UTC text
-- (2026-03-02T09:15:00+00:00), amounts are integers in minor units, truth is 0 or 1, lists and unknown columns are JSON text.
-- /*SQLite ...*/ is for SQLite alone: tables that are only looked up by their key are kept in its order, without another.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE person (
    id        TEXT PRIMARY KEY,   -- [people.ID] in followup.toml
    name      TEXT NOT NULL,
    email     TEXT NOT NULL DEFAULT '',
    phone     TEXT NOT NULL DEFAULT '',
    signature TEXT NOT NULL DEFAULT ''
);

CREATE TABLE client (
    id                TEXT PRIMARY KEY,
    full_name         TEXT NOT NULL DEFAULT '',
    first_name        TEXT NOT NULL DEFAULT '',
    last_name         TEXT NOT NULL DEFAULT '',
    title             TEXT NOT NULL DEFAULT '',
    company           TEXT NOT NULL DEFAULT '',
    address_as        TEXT NOT NULL DEFAULT '',
    street            TEXT NOT NULL DEFAULT '',
    city              TEXT NOT NULL DEFAULT '',
    region            TEXT NOT NULL DEFAULT '',
    postal_code       TEXT NOT NULL DEFAULT '',
    country           TEXT NOT NULL DEFAULT '',
    language          TEXT NOT NULL DEFAULT '',
    preferred_channel TEXT NOT NULL DEFAULT '',
    no_channels       TEXT NOT NULL DEFAULT '[]',
    tags              TEXT NOT NULL DEFAULT '[]',
    notes             TEXT NOT NULL DEFAULT '',
    note              TEXT NOT NULL DEFAULT '',
    consent           TEXT NOT NULL DEFAULT 'unknown',
    consent_evidence  TEXT NOT NULL DEFAULT '',
    referred_by       TEXT NOT NULL DEFAULT '',
    referred_by_id    TEXT NOT NULL DEFAULT '',
    owner             TEXT NOT NULL DEFAULT '',
    extra             TEXT NOT NULL DEFAULT '{}',
    created_on        TEXT,
    merged_into       TEXT NOT NULL DEFAULT '',
    erased_on         TEXT
);

CREATE TABLE client_email (
    client_id TEXT    NOT NULL REFERENCES client (id),
    position  INTEGER NOT NULL,
    address   TEXT    NOT NULL,   -- as written
    canonical TEXT    NOT NULL,   -- identity.canonical_address
    PRIMARY KEY (client_id, position)
) /*SQLite WITHOUT ROWID*/;
CREATE INDEX client_email_by_canonical ON client_email (canonical, client_id);

CREATE TABLE client_phone (
    client_id TEXT    NOT NULL REFERENCES client (id),
    position  INTEGER NOT NULL,
    number    TEXT    NOT NULL,   -- E.164 where it could be read
    PRIMARY KEY (client_id, position)
) /*SQLite WITHOUT ROWID*/;
CREATE INDEX client_phone_by_number ON client_phone (number, client_id);

-- Names as they are looked for: accents, case and punctuation folded. Derived; rebuildable.
CREATE TABLE client_name (
    client_id TEXT    NOT NULL REFERENCES client (id),
    position  INTEGER NOT NULL,   -- 0: what lists are sorted by; then other names
    name      TEXT    NOT NULL,
    PRIMARY KEY (client_id, position)
) /*SQLite WITHOUT ROWID*/;
CREATE INDEX client_name_by_name ON client_name (name, client_id, position);

-- Clients that share a key share a budget. Derived from postal address and phones; rebuildable.
CREATE TABLE household_key (
    client_id TEXT NOT NULL REFERENCES client (id),
    key       TEXT NOT NULL,      -- 'address:...' or 'phone:...'
    PRIMARY KEY (client_id, key)
) /*SQLite WITHOUT ROWID*/;
CREATE INDEX household_key_by_key ON household_key (key, client_id);

CREATE TABLE external_id (
    source    TEXT NOT NULL,      -- the exporter or the name given with --source
    kind      TEXT NOT NULL,      -- client | job
    value     TEXT NOT NULL,
    record_id TEXT NOT NULL,
    PRIMARY KEY (source, kind, value)
) /*SQLite WITHOUT ROWID*/;
CREATE INDEX external_id_by_record ON external_id (record_id);

CREATE TABLE job (
    id           TEXT PRIMARY KEY,
    client_id    TEXT    NOT NULL REFERENCES client (id),
    service      TEXT    NOT NULL DEFAULT '',
    service_key  TEXT    NOT NULL DEFAULT '',   -- lower case, for the index
    status       TEXT    NOT NULL DEFAULT 'open',
    completed_on TEXT,
    promised_on  TEXT,
    amount_minor BIGINT,
    currency     TEXT    NOT NULL DEFAULT '',
    paid_on      TEXT,
    unpaid       INTEGER NOT NULL DEFAULT 0,
    invoice_ref  TEXT    NOT NULL DEFAULT '',
    site_address TEXT    NOT NULL DEFAULT '',
    assigned_to  TEXT    NOT NULL DEFAULT '',
    owner        TEXT    NOT NULL DEFAULT '',
    note         TEXT    NOT NULL DEFAULT '',
    extra        TEXT    NOT NULL DEFAULT '{}',
    created_on   TEXT
);
CREATE INDEX job_by_client ON job (client_id, completed_on);
-- These hold all that the planner asks for, so that it need not read the table; status too, or SQLite would.
CREATE INDEX job_by_completion ON job (completed_on, client_id, status) WHERE status = 'completed';
CREATE INDEX job_by_service ON job (service_key, completed_on, client_id, status) WHERE status = 'completed';

-- "case" is a reserved word of SQL.
CREATE TABLE trouble_case (
    id          TEXT PRIMARY KEY,
    client_id   TEXT NOT NULL REFERENCES client (id),
    job_id      TEXT NOT NULL DEFAULT '',
    opened_on   TEXT NOT NULL,
    opened_by   TEXT NOT NULL DEFAULT 'us',
    summary     TEXT NOT NULL DEFAULT '',
    severity    TEXT NOT NULL DEFAULT '',
    cause       TEXT NOT NULL DEFAULT '',
    owner       TEXT NOT NULL DEFAULT '',
    resolved_on TEXT,
    resolution  TEXT NOT NULL DEFAULT ''
);
CREATE INDEX trouble_case_by_client ON trouble_case (client_id, opened_on);
CREATE INDEX trouble_case_by_opening ON trouble_case (opened_on, client_id);
CREATE INDEX trouble_case_by_resolution ON trouble_case (resolved_on, client_id);

CREATE TABLE attempt (
    id          TEXT PRIMARY KEY,
    key         TEXT NOT NULL,
    client_id   TEXT NOT NULL,
    step        TEXT NOT NULL,
    channel     TEXT NOT NULL,
    state       TEXT NOT NULL,
    purpose     TEXT NOT NULL,
    address     TEXT NOT NULL DEFAULT '',
    subject     TEXT NOT NULL DEFAULT '',
    text        TEXT NOT NULL DEFAULT '',
    message     TEXT NOT NULL DEFAULT '',
    message_id  TEXT NOT NULL DEFAULT '',
    made_at     TEXT NOT NULL,
    made_on     TEXT NOT NULL,
    job_ids     TEXT NOT NULL DEFAULT '[]',
    person      TEXT NOT NULL DEFAULT '',
    settled_at  TEXT,
    server_said TEXT NOT NULL DEFAULT '',
    file_name   TEXT NOT NULL DEFAULT ''
);
-- At most once: the database itself forbids a second hand-over of a key.
CREATE UNIQUE INDEX one_hand_over ON attempt (key)
    WHERE state IN ('drafted', 'claimed', 'handing_over', 'unknown', 'sent');
CREATE INDEX attempt_by_client ON attempt (client_id, made_at);
CREATE INDEX attempt_by_key ON attempt (key);
CREATE INDEX attempt_by_step ON attempt (step, made_on, client_id);
CREATE INDEX attempt_open ON attempt (state, client_id)
    WHERE state IN ('drafted', 'claimed', 'handing_over', 'unknown', 'temporary', 'permanent');

CREATE TABLE contact (
    id         TEXT PRIMARY KEY,
    client_id  TEXT NOT NULL,
    channel    TEXT NOT NULL,
    direction  TEXT NOT NULL,
    at         TEXT NOT NULL,
    on_day     TEXT NOT NULL,
    purpose    TEXT,
    key        TEXT NOT NULL DEFAULT '',
    step       TEXT NOT NULL DEFAULT '',
    job_id     TEXT NOT NULL DEFAULT '',
    by_person  TEXT NOT NULL DEFAULT '',
    outcome    TEXT,
    summary    TEXT NOT NULL DEFAULT '',
    note       TEXT NOT NULL DEFAULT '',
    reference  TEXT NOT NULL DEFAULT '',
    attempt_id TEXT NOT NULL DEFAULT ''
);
CREATE INDEX contact_by_client ON contact (client_id, on_day);
CREATE INDEX contact_by_key ON contact (key) WHERE key <> '';
CREATE INDEX contact_by_day ON contact (on_day, at, id, client_id);
CREATE INDEX contact_by_step ON contact (step, on_day, client_id);

CREATE TABLE instruction (
    id        TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    key       TEXT NOT NULL DEFAULT '',
    kind      TEXT NOT NULL,
    given_at  TEXT NOT NULL,
    on_day    TEXT NOT NULL,
    until_day TEXT,
    subject   TEXT NOT NULL DEFAULT '',
    text      TEXT NOT NULL DEFAULT '',
    reason    TEXT NOT NULL DEFAULT ''
);
CREATE INDEX instruction_by_client ON instruction (client_id, given_at);
CREATE INDEX instruction_by_key ON instruction (key);
CREATE INDEX instruction_by_day ON instruction (on_day, client_id);
CREATE INDEX instruction_by_until ON instruction (until_day, client_id);

CREATE TABLE suppression (
    address_hash TEXT PRIMARY KEY,
    reason       TEXT NOT NULL DEFAULT '',
    evidence     TEXT NOT NULL DEFAULT '',
    since_at     TEXT NOT NULL,
    lifted_at    TEXT
);

-- Kept ready per client, written in the transaction of the fact; rebuildable, never edited.
CREATE TABLE client_summary (
    client_id       TEXT PRIMARY KEY REFERENCES client (id),
    jobs            INTEGER NOT NULL DEFAULT 0,
    first_job_on    TEXT,
    last_job_on     TEXT,
    last_job_id     TEXT    NOT NULL DEFAULT '',
    usual_gap_days  INTEGER,
    last_contact_on TEXT,
    last_reply_on   TEXT,
    last_outcome    TEXT,
    last_outcome_on TEXT,
    worth_minor     BIGINT  NOT NULL DEFAULT 0,
    currency        TEXT    NOT NULL DEFAULT ''
) /*SQLite WITHOUT ROWID*/;
CREATE INDEX client_summary_by_first_job ON client_summary (first_job_on, client_id);
CREATE INDEX client_summary_by_last_job ON client_summary (last_job_on, client_id);
CREATE INDEX client_summary_by_gap ON client_summary (usual_gap_days, last_job_on, client_id);

-- One batch is one command that wrote; `change` has a row for every field it changed. What is derived (names, household
-- keys, summaries) or only kept for speed (known rows, holidays) is not recorded.
CREATE TABLE batch (
    id        TEXT PRIMARY KEY,
    number    INTEGER NOT NULL UNIQUE,  -- 1, 2, 3 ...: the order of writing, and what `imports show N` takes
    kind      TEXT    NOT NULL,         -- import | hand | contact | wish | system | undo
    command   TEXT    NOT NULL,
    person    TEXT    NOT NULL DEFAULT '',
    at        TEXT    NOT NULL,
    detail    TEXT    NOT NULL DEFAULT '{}',  -- JSON: files, counts
    undone_at TEXT
);
CREATE TABLE change (
    batch_id  TEXT    NOT NULL REFERENCES batch (id),
    number    INTEGER NOT NULL,
    record    TEXT    NOT NULL,   -- table
    record_id TEXT    NOT NULL,
    field     TEXT    NOT NULL,   -- '' when the whole record was added or removed
    old       TEXT,               -- JSON; NULL: it was not there
    new       TEXT,               -- JSON; NULL: it is not there any more
    PRIMARY KEY (batch_id, number)
);
CREATE INDEX change_by_record ON change (record_id);

-- Answers to an import's questions, by the fingerprint of the header.
CREATE TABLE answer (
    fingerprint TEXT NOT NULL,
    about       TEXT NOT NULL,
    value       TEXT NOT NULL,
    given_at    TEXT NOT NULL,
    PRIMARY KEY (fingerprint, about)
);

-- Rows of files that the home knows already, so that the same file is not parsed twice.
CREATE TABLE known_row (
    fingerprint TEXT NOT NULL,
    digest      TEXT NOT NULL,
    record_id   TEXT NOT NULL,
    batch_id    TEXT NOT NULL,
    PRIMARY KEY (fingerprint, digest)
) /*SQLite WITHOUT ROWID*/;
CREATE INDEX known_row_by_record ON known_row (record_id);

CREATE TABLE holiday (
    country TEXT NOT NULL,
    region  TEXT NOT NULL,
    year    INTEGER NOT NULL,
    on_day  TEXT NOT NULL,        -- '' marks a year as looked up
    name    TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (country, region, year, on_day)
);
