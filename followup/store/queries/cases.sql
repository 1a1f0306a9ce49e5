-- Cases; "case" is a reserved word of SQL.

-- name: trouble_case_put
INSERT INTO trouble_case (
    id, client_id, opened_on, summary, job_id, opened_by, severity, cause, owner, resolved_on, resolution
) VALUES (
    :id, :client_id, :opened_on, :summary, :job_id, :opened_by, :severity, :cause, :owner, :resolved_on, :resolution
)
ON CONFLICT (id) DO UPDATE SET
    client_id = excluded.client_id, opened_on = excluded.opened_on, summary = excluded.summary,
    job_id = excluded.job_id, opened_by = excluded.opened_by, severity = excluded.severity, cause = excluded.cause,
    owner = excluded.owner, resolved_on = excluded.resolved_on, resolution = excluded.resolution;

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
