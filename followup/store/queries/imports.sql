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
SELECT digest FROM known_row WHERE fingerprint = :fingerprint AND digest IN (:digests...) AND outdated_by = '';

-- name: known_row_put
INSERT INTO known_row (fingerprint, digest, record_id, batch_id)
VALUES (:fingerprint, :digest, :record_id, :batch_id)
ON CONFLICT (fingerprint, digest) DO UPDATE
SET record_id = excluded.record_id, outdated_by = '',
    -- Outdated a moment ago, with the other rows of its record: it is known from that earlier import as before.
    batch_id = CASE WHEN known_row.outdated_by = excluded.batch_id THEN known_row.batch_id ELSE excluded.batch_id END
WHERE known_row.outdated_by <> '';

-- name: known_rows_exist
SELECT 1 FROM known_row WHERE fingerprint = :fingerprint LIMIT 1;

-- name: known_rows_outdated
-- A record whose row reads otherwise now: its earlier rows are not known any more.
UPDATE known_row SET outdated_by = :batch_id
WHERE record_id IN (:ids...) AND fingerprint = :fingerprint AND batch_id <> :batch_id AND outdated_by = '';

-- name: known_rows_of_records
SELECT DISTINCT record_id FROM known_row WHERE record_id IN (:ids...) AND fingerprint = :fingerprint;

-- name: known_row_digests_of_records
SELECT digest FROM known_row WHERE record_id IN (:ids...) AND fingerprint = :fingerprint AND outdated_by = '';

-- name: known_rows_of_records_delete
DELETE FROM known_row WHERE record_id IN (:ids...);

-- name: known_rows_of_batch_restore
-- What this batch outdated is known again, unless a later batch outdated what took its place.
UPDATE known_row SET outdated_by = COALESCE(
    (
        SELECT MAX(later.outdated_by) FROM known_row AS later
        WHERE later.record_id = known_row.record_id AND later.fingerprint = known_row.fingerprint
        AND later.batch_id = :batch_id
    ),
    ''
)
WHERE outdated_by = :batch_id;

-- name: known_rows_since_delete
-- A row that was read after a batch may say what only that batch had written: it is to be read again, with the batch's
-- own. Imports that changed nothing are in no table, and may be later than anything.
DELETE FROM known_row WHERE batch_id NOT IN (SELECT id FROM batch WHERE number < :number);

-- name: known_rows_of_kind_delete
DELETE FROM known_row WHERE fingerprint = :fingerprint;

-- name: imported_file_put
INSERT INTO imported_file (number, batch_id, fingerprint, book, name, looks_like, header, at)
VALUES (:number, :batch_id, :fingerprint, :book, :name, :looks_like, :header, :at);

-- name: imported_file_last
SELECT COALESCE(MAX(number), 0) FROM imported_file;

-- name: imported_files
SELECT number, batch_id, fingerprint, book, name, looks_like, header, at FROM imported_file
ORDER BY number;

-- name: imported_files_of_kind
SELECT number, batch_id, fingerprint, book, name, looks_like, header, at FROM imported_file
WHERE fingerprint = :fingerprint
ORDER BY number;

-- name: imported_files_of_kind_delete
DELETE FROM imported_file WHERE fingerprint = :fingerprint;

-- name: imported_files_of_batch_delete
DELETE FROM imported_file WHERE batch_id = :batch_id;

-- name: answers
SELECT about, value FROM answer WHERE fingerprint = :fingerprint ORDER BY about;

-- name: answer_put
INSERT INTO answer (fingerprint, about, value, given_at) VALUES (:fingerprint, :about, :value, :given_at)
ON CONFLICT (fingerprint, about) DO UPDATE SET value = excluded.value, given_at = excluded.given_at;

-- name: answer_delete
DELETE FROM answer WHERE fingerprint = :fingerprint AND about = :about;

-- name: answers_of_all
SELECT fingerprint, about, value, given_at FROM answer ORDER BY given_at, fingerprint, about;

-- name: answer_given_at
-- When the answer that stood before a batch was given.
SELECT MAX(batch.at) FROM change JOIN batch ON batch.id = change.batch_id
WHERE change.record_id = :fingerprint AND change.record = 'answer' AND change.field = :about
AND batch.number < :number AND batch.kind <> 'undo' AND batch.undone_at IS NULL;
