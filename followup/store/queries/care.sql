-- Records of a relationship, of every kind.

-- name: care_insert
INSERT INTO care (
    id, kind, client_id, opened_on, opened_at, state, summary, job_id, owner, opened_by, due_on, acted_on, closed_on,
    resolution, recorded_at, detail
) VALUES (
    :id, :kind, :client_id, :opened_on, :opened_at, :state, :summary, :job_id, :owner, :opened_by, :due_on, :acted_on,
    :closed_on, :resolution, :recorded_at, :detail
);

-- name: care_any
SELECT 1 FROM care LIMIT 1;

-- name: care_update
UPDATE care SET
    kind = :kind, client_id = :client_id, opened_on = :opened_on, opened_at = :opened_at, state = :state,
    summary = :summary, job_id = :job_id, owner = :owner, opened_by = :opened_by, due_on = :due_on,
    acted_on = :acted_on, closed_on = :closed_on, resolution = :resolution, recorded_at = :recorded_at, detail = :detail
WHERE id = :id;

-- name: care_among
SELECT
    id, kind, client_id, opened_on, opened_at, state, summary, job_id, owner, opened_by, due_on, acted_on, closed_on,
    resolution, recorded_at, detail
FROM care
WHERE id IN (:ids...);

-- name: care_of_clients
SELECT
    id, kind, client_id, opened_on, opened_at, state, summary, job_id, owner, opened_by, due_on, acted_on, closed_on,
    resolution, recorded_at, detail
FROM care
WHERE client_id IN (:ids...)
ORDER BY client_id, opened_on, id;

-- name: care_of_kind
SELECT
    id, kind, client_id, opened_on, opened_at, state, summary, job_id, owner, opened_by, due_on, acted_on, closed_on,
    resolution, recorded_at, detail
FROM care
WHERE kind = :kind
ORDER BY opened_on, id;

-- name: care_open
SELECT
    id, kind, client_id, opened_on, opened_at, state, summary, job_id, owner, opened_by, due_on, acted_on, closed_on,
    resolution, recorded_at, detail
FROM care
WHERE kind = :kind AND closed_on IS NULL
ORDER BY opened_on, id;

-- name: care_opened
SELECT
    id, kind, client_id, opened_on, opened_at, state, summary, job_id, owner, opened_by, due_on, acted_on, closed_on,
    resolution, recorded_at, detail
FROM care
WHERE kind = :kind AND opened_on >= :from_on AND opened_on <= :to_on
ORDER BY opened_on, id;

-- name: care_acted
SELECT
    id, kind, client_id, opened_on, opened_at, state, summary, job_id, owner, opened_by, due_on, acted_on, closed_on,
    resolution, recorded_at, detail
FROM care
WHERE kind = :kind AND acted_on IS NOT NULL AND acted_on >= :from_on AND acted_on <= :to_on
ORDER BY acted_on, id;

-- name: care_closed
SELECT
    id, kind, client_id, opened_on, opened_at, state, summary, job_id, owner, opened_by, due_on, acted_on, closed_on,
    resolution, recorded_at, detail
FROM care
WHERE kind = :kind AND closed_on IS NOT NULL AND closed_on >= :from_on AND closed_on <= :to_on
ORDER BY closed_on, id;

-- name: care_ids_like
SELECT id FROM care WHERE id >= :start AND id < :end ORDER BY id LIMIT 50;

-- name: care_ids_of_clients
SELECT id, client_id, job_id, kind FROM care WHERE client_id IN (:ids...);

-- name: care_delete
DELETE FROM care WHERE id = :id;
