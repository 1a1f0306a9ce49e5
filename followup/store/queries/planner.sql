-- Which clients can matter: one statement per kind of window, each answered by an index alone
-- (test_candidates_search_an_index reads the query plans).

-- name: candidates_job_completed
SELECT DISTINCT client_id FROM job
WHERE status = 'completed' AND completed_on >= :from_on AND completed_on <= :to_on;

-- name: candidates_job_service
SELECT DISTINCT client_id FROM job
WHERE status = 'completed' AND service_key IN (:services...)
    AND completed_on >= :from_on AND completed_on <= :to_on;

-- name: candidates_first_job
-- A call that reached nobody has done nothing yet.
SELECT client_id FROM client_summary
WHERE first_job_on >= :from_on AND first_job_on <= :to_on
    AND (:opted_in = 0 OR EXISTS (
        SELECT 1 FROM client WHERE client.id = client_summary.client_id AND client.consent = 'opted_in'
    ))
    AND (:done = '' OR NOT EXISTS (
        SELECT 1 FROM contact
        WHERE contact.key = client_summary.client_id || :done AND contact.key <> '' AND contact.direction = 'out'
            AND COALESCE(contact.outcome, '') NOT IN ('voicemail', 'no-answer')
    ));

-- name: candidates_last_job
SELECT client_id FROM client_summary
WHERE last_job_on >= :from_on AND last_job_on <= :to_on
    AND (:opted_in = 0 OR EXISTS (
        SELECT 1 FROM client WHERE client.id = client_summary.client_id AND client.consent = 'opted_in'
    ));

-- name: candidates_last_job_gap
SELECT client_id FROM client_summary
WHERE usual_gap_days = :gap_days AND last_job_on >= :from_on AND last_job_on <= :to_on
    AND (:opted_in = 0 OR EXISTS (
        SELECT 1 FROM client WHERE client.id = client_summary.client_id AND client.consent = 'opted_in'
    ));

-- name: candidates_last_job_no_gap
SELECT client_id FROM client_summary
WHERE usual_gap_days IS NULL AND last_job_on >= :from_on AND last_job_on <= :to_on
    AND (:opted_in = 0 OR EXISTS (
        SELECT 1 FROM client WHERE client.id = client_summary.client_id AND client.consent = 'opted_in'
    ));

-- name: candidates_contact
SELECT DISTINCT client_id FROM contact WHERE on_day >= :from_on AND on_day <= :to_on;

-- name: candidates_contact_step
SELECT client_id FROM contact WHERE step = :step AND on_day >= :from_on AND on_day <= :to_on
UNION SELECT client_id FROM attempt WHERE step = :step AND made_on >= :from_on AND made_on <= :to_on;

-- name: candidates_care_opened
SELECT DISTINCT client_id FROM care WHERE kind = :kind AND opened_on >= :from_on AND opened_on <= :to_on;

-- name: candidates_care_due
SELECT DISTINCT client_id FROM care
WHERE kind = :kind AND due_on IS NOT NULL AND due_on >= :from_on AND due_on <= :to_on;

-- name: candidates_care_acted
SELECT DISTINCT client_id FROM care
WHERE kind = :kind AND acted_on IS NOT NULL AND acted_on >= :from_on AND acted_on <= :to_on;

-- name: candidates_care_closed
SELECT DISTINCT client_id FROM care
WHERE kind = :kind AND closed_on IS NOT NULL AND closed_on >= :from_on AND closed_on <= :to_on;

-- name: candidates_care_open
-- What is due later than the last day matters later.
SELECT client_id FROM care WHERE kind = :kind AND closed_on IS NULL AND due_on IS NULL
UNION SELECT client_id FROM care WHERE kind = :kind AND closed_on IS NULL AND due_on <= :to_on;

-- name: candidates_care_won
SELECT client_id FROM care WHERE kind = :kind AND state = 'won' AND closed_on IS NULL;

-- name: candidates_contact_score
SELECT DISTINCT client_id FROM contact WHERE score IS NOT NULL AND on_day >= :from_on AND on_day <= :to_on;

-- name: candidates_job_promised
SELECT DISTINCT client_id FROM job
WHERE status = 'open' AND promised_on IS NOT NULL AND promised_on >= :from_on AND promised_on <= :to_on;

-- name: candidates_instruction_until
SELECT DISTINCT client_id FROM instruction WHERE until_day >= :from_on AND until_day <= :to_on;

-- name: candidates_instruction_on
SELECT DISTINCT client_id FROM instruction WHERE on_day >= :from_on AND on_day <= :to_on;

-- name: candidates_attempt_open
SELECT DISTINCT client_id FROM attempt
WHERE state IN ('drafted', 'claimed', 'handing_over', 'unknown', 'temporary', 'permanent');

-- name: usual_gaps
-- One look into the index per gap, however many clients there are.
WITH RECURSIVE gap (days) AS (
    SELECT MIN(usual_gap_days) FROM client_summary
    UNION ALL
    SELECT (SELECT MIN(usual_gap_days) FROM client_summary WHERE usual_gap_days > gap.days)
    FROM gap WHERE gap.days IS NOT NULL
)
SELECT days FROM gap WHERE days IS NOT NULL;

-- name: household_keys_of_clients
-- What clients share with their households: the postal address, and every phone that could be read (E.164).
SELECT client_id, key FROM household_key WHERE client_id IN (:ids...)
UNION ALL
SELECT client_id, number FROM client_phone WHERE client_id IN (:ids...) AND SUBSTR(number, 1, 1) = '+';

-- name: household_members
SELECT key, client_id FROM household_key WHERE key IN (:keys...)
UNION ALL
SELECT number, client_id FROM client_phone WHERE number IN (:keys...);

-- name: client_of_job
SELECT client_id FROM job WHERE id = :id;

-- name: client_of_record
SELECT client_id FROM care WHERE id = :id;

-- name: client_of_contact
SELECT client_id FROM contact WHERE id = :id;

-- name: client_exists
SELECT id FROM client WHERE id = :id;
