-- The relationship beyond jobs: enquiries, promises, cases, referrals, gifts, praise, lessons, recaps. What all kinds have
-- in common has a column, so that one statement answers for all of them; what only one kind has is in `detail`.

CREATE TABLE care (
    id          TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,               -- enquiry | promise | case | referral | gift | praise | lesson | recap
    client_id   TEXT NOT NULL,
    opened_on   TEXT NOT NULL,
    opened_at   TEXT,
    state       TEXT NOT NULL DEFAULT '',
    summary     TEXT NOT NULL DEFAULT '',
    job_id      TEXT NOT NULL DEFAULT '',
    owner       TEXT NOT NULL DEFAULT '',
    opened_by   TEXT NOT NULL DEFAULT 'us',
    due_on      TEXT,
    acted_on    TEXT,
    closed_on   TEXT,
    resolution  TEXT NOT NULL DEFAULT '',
    recorded_at TEXT,
    detail      TEXT NOT NULL DEFAULT '{}'
);

-- Cases had a table of their own. Text is JSON text but for line feeds, which its reader takes as they are.
INSERT INTO care (
    id, kind, client_id, opened_on, state, summary, job_id, owner, opened_by, closed_on, resolution, detail
)
SELECT
    id, 'case', client_id, opened_on, CASE WHEN resolved_on IS NULL THEN 'open' ELSE 'resolved' END, summary, job_id,
    owner, opened_by, resolved_on, resolution,
    '{"severity":"' || REPLACE(REPLACE(severity, '\', '\\'), '"', '\"')
    || '","cause":"' || REPLACE(REPLACE(cause, '\', '\\'), '"', '\"') || '"}'
FROM trouble_case;
DROP TABLE trouble_case;
UPDATE change SET field = 'closed_on' WHERE record = 'trouble_case' AND field = 'resolved_on';
UPDATE change SET record = 'case' WHERE record = 'trouble_case';

-- These hold all that the planner asks for, so that it need not read the table.
CREATE INDEX care_by_client ON care (client_id, opened_on);
CREATE INDEX care_by_opening ON care (kind, opened_on, client_id);
CREATE INDEX care_by_deadline ON care (kind, due_on, client_id) WHERE due_on IS NOT NULL;
CREATE INDEX care_by_act ON care (kind, acted_on, client_id) WHERE acted_on IS NOT NULL;
CREATE INDEX care_by_end ON care (kind, closed_on, client_id) WHERE closed_on IS NOT NULL;
CREATE INDEX care_open ON care (kind, due_on, client_id, closed_on) WHERE closed_on IS NULL;
CREATE INDEX care_won ON care (kind, client_id, state, closed_on) WHERE state = 'won' AND closed_on IS NULL;

-- A job's promised day is a promise while the job is open.
CREATE INDEX job_by_promise ON job (promised_on, client_id, status) WHERE status = 'open' AND promised_on IS NOT NULL;

ALTER TABLE contact ADD COLUMN score INTEGER;                       -- 0 to 10, as the client said
CREATE INDEX contact_by_score ON contact (on_day, client_id, score) WHERE score IS NOT NULL;
ALTER TABLE attempt ADD COLUMN to_person TEXT NOT NULL DEFAULT '';  -- it went to one of us, not to the client

-- Signs that a client may be unhappy are rare among what is there, and so are these indexes small.
CREATE INDEX job_promised ON job (completed_on, promised_on, client_id, status)
    WHERE status = 'completed' AND promised_on IS NOT NULL;
CREATE INDEX job_open ON job (created_on, client_id, service_key, status) WHERE status = 'open';
CREATE INDEX contact_unreached ON contact (on_day, client_id, direction, outcome)
    WHERE outcome IN ('voicemail', 'no-answer');
CREATE INDEX contact_scored ON contact (on_day, score, client_id) WHERE score IS NOT NULL;
CREATE INDEX contact_incoming ON contact (on_day, client_id, channel, outcome, direction) WHERE direction = 'in';
