-- What the owner says of who is who.

-- name: tie_insert
INSERT INTO tie (id, client_id, other_id, kind, said_at) VALUES (:id, :client_id, :other_id, :kind, :said_at);

-- name: tie_any
SELECT 1 FROM tie LIMIT 1;

-- name: tie_update
UPDATE tie SET client_id = :client_id, other_id = :other_id, kind = :kind, said_at = :said_at WHERE id = :id;

-- name: tie_delete
DELETE FROM tie WHERE id = :id;

-- name: ties_among
SELECT id, client_id, other_id, kind, said_at FROM tie WHERE id IN (:ids...);

-- name: ties_of_clients
SELECT id, client_id, other_id, kind, said_at FROM tie WHERE client_id IN (:ids...)
UNION SELECT id, client_id, other_id, kind, said_at FROM tie WHERE other_id IN (:ids...) AND other_id <> ''
ORDER BY said_at, id;

-- name: ties_of_kind
SELECT id, client_id, other_id, kind, said_at FROM tie WHERE kind = :kind ORDER BY id;

-- name: ties_after
SELECT id, client_id, other_id, kind, said_at FROM tie WHERE id > :id ORDER BY id LIMIT :size;
