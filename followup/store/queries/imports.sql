-- Outside numbers, rows and answers that an import remembers.

-- name: external_id_put
INSERT INTO external_id (source, kind, value, record_id) VALUES (:source, :kind, :value, :record_id)
ON CONFLICT (source, kind, value) DO UPDATE SET record_id = excluded.record_id;

-- name: external_ids_any
SELECT 1 FROM external_id WHERE source = :source AND kind = :kind LIMIT 1;

-- name: external_ids_among
SELECT value, record_id FROM external_id WHERE source = :source AND kind = :kind AND value IN (:values...);

-- name: external_ids_of_records
SELECT source, kind, value, record_id FROM external_id WHERE record_id IN (:ids...)
ORDER BY record_id, source, kind, value;

-- name: external_ids_after
SELECT source, kind, value, record_id FROM external_id
WHERE (source, kind, value) > (:source, :kind, :value)
ORDER BY source, kind, value LIMIT :size;

-- name: external_ids_by_value
-- Whatever the source: what a person types. There are as many sources as programs that were exported from.
SELECT record_id FROM external_id
WHERE kind = :kind AND value = :value AND source IN (:sources...)
ORDER BY record_id;

-- name: external_id_sources
WITH RECURSIVE found (source) AS (
    SELECT MIN(source) FROM external_id
    UNION ALL
    SELECT (SELECT MIN(source) FROM external_id WHERE source > found.source) FROM found WHERE found.source IS NOT NULL
)
SELECT source FROM found WHERE source IS NOT NULL;

-- name: external_id_delete
DELETE FROM external_id WHERE source = :source AND kind = :kind AND value = :value AND record_id = :record_id;

-- name: known_rows_among
SELECT digest FROM known_row WHERE fingerprint = :fingerprint AND digest IN (:digests...);

-- name: known_row_put
INSERT INTO known_row (fingerprint, digest, record_id, batch_id)
VALUES (:fingerprint, :digest, :record_id, :batch_id)
ON CONFLICT (fingerprint, digest) DO NOTHING;

-- name: known_rows_exist
SELECT 1 FROM known_row WHERE fingerprint = :fingerprint LIMIT 1;

-- name: known_rows_outdated
-- A record whose row reads otherwise now: its earlier rows are not known any more.
DELETE FROM known_row
WHERE record_id IN (:ids...) AND fingerprint = :fingerprint AND batch_id <> :batch_id;

-- name: known_rows_of_records_delete
DELETE FROM known_row WHERE record_id IN (:ids...);

-- name: known_rows_of_batch_delete
DELETE FROM known_row WHERE batch_id = :batch_id;

-- name: answers
SELECT about, value FROM answer WHERE fingerprint = :fingerprint ORDER BY about;

-- name: answer_put
INSERT INTO answer (fingerprint, about, value, given_at) VALUES (:fingerprint, :about, :value, :given_at)
ON CONFLICT (fingerprint, about) DO UPDATE SET value = excluded.value, given_at = excluded.given_at;

-- name: answer_delete
DELETE FROM answer WHERE fingerprint = :fingerprint AND about = :about;
