-- Cases; "case" is a reserved word of SQL.

-- name: trouble_case_insert
INSERT INTO trouble_case (
    id, client_id, opened_on, summary, job_id, opened_by, severity, cause, owner, resolved_on, resolution
) VALUES (
    :id, :client_id, :opened_on, :summary, :job_id, :opened_by, :severity, :cause, :owner, :resolved_on, :resolution
);

-- name: trouble_case_any
SELECT 1 FROM trouble_case LIMIT 1;

-- name: trouble_case_update
UPDATE trouble_case SET
    client_id = :client_id, opened_on = :opened_on, summary = :summary, job_id = :job_id, opened_by = :opened_by,
    severity = :severity, cause = :cause, owner = :owner, resolved_on = :resolved_on, resolution = :resolution
WHERE id = :id;

-- name: trouble_cases_among
SELECT
    id, client_id, opened_on, summary, job_id, opened_by, severity, cause, owner, resolved_on, resolution
FROM trouble_case
WHERE id IN (:ids...);

-- name: trouble_cases_of_clients
SELECT
    id, client_id, opened_on, summary, job_id, opened_by, severity, cause, owner, resolved_on, resolution
FROM trouble_case
WHERE client_id IN (:ids...)
ORDER BY client_id, opened_on, id;

-- name: trouble_cases_open
SELECT
    id, client_id, opened_on, summary, job_id, opened_by, severity, cause, owner, resolved_on, resolution
FROM trouble_case
WHERE resolved_on IS NULL
ORDER BY opened_on, id;

-- name: trouble_cases_all
SELECT
    id, client_id, opened_on, summary, job_id, opened_by, severity, cause, owner, resolved_on, resolution
FROM trouble_case
ORDER BY opened_on, id;

-- name: trouble_case_ids_like
SELECT id FROM trouble_case WHERE id >= :start AND id < :end ORDER BY id LIMIT 50;

-- name: trouble_case_ids_of_clients
SELECT id, client_id, job_id FROM trouble_case WHERE client_id IN (:ids...);

-- name: trouble_case_delete
DELETE FROM trouble_case WHERE id = :id;
