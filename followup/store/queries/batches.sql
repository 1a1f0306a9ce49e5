-- Who wrote what, and when.

-- name: batch_insert
INSERT INTO batch (id, number, kind, command, person, at, detail, undone_at)
SELECT :id, COALESCE(MAX(number), 0) + 1, :kind, :command, :person, :at, :detail, NULL FROM batch;

-- name: batch_detail
UPDATE batch SET detail = :detail WHERE id = :id;

-- name: batch_undone
UPDATE batch SET undone_at = :at, detail = :detail WHERE id = :id;

-- name: batches
SELECT id, number, kind, command, person, at, detail, undone_at FROM batch ORDER BY number DESC;

-- name: batch_latest
SELECT MAX(at) FROM batch;

-- name: batch_undoable
SELECT id, number, kind, command, person, at, detail, undone_at FROM batch
WHERE kind IN ('hand', 'import') AND undone_at IS NULL
ORDER BY number DESC LIMIT 1;

-- name: batch_last_of_facts
-- Contacts and attempts come in all the time; these are the ones that say something else about clients and jobs.
SELECT COALESCE(MAX(number), 0) FROM batch WHERE kind IN ('hand', 'import', 'wish', 'undo');

-- name: batch_by_id
SELECT id, number, kind, command, person, at, detail, undone_at FROM batch WHERE id = :id;

-- name: batch_by_number
SELECT id, number, kind, command, person, at, detail, undone_at FROM batch WHERE number = :number;

-- name: changes_since
-- By whom a record was changed after a batch, the latest last; what was taken back meanwhile was no change.
SELECT change.record, change.record_id, change.field, change.new, batch.number, batch.kind
FROM change JOIN batch ON batch.id = change.batch_id
WHERE batch.number > :number AND batch.kind <> 'undo' AND batch.undone_at IS NULL
ORDER BY batch.number, change.number;

-- name: kinds_of_files_since
SELECT imported_file.fingerprint, imported_file.book, batch.number
FROM imported_file JOIN batch ON batch.id = imported_file.batch_id
WHERE batch.number > :number AND batch.undone_at IS NULL
ORDER BY batch.number;

-- name: batches_undone_before
SELECT 1 FROM batch WHERE number < :number AND undone_at IS NOT NULL LIMIT 1;

-- name: changes_before
SELECT change.record, change.record_id, change.field, change.old, change.new, batch.undone_at
FROM change JOIN batch ON batch.id = change.batch_id
WHERE change.record_id IN (:ids...) AND change.field <> '' AND batch.number < :number AND batch.kind <> 'undo'
ORDER BY batch.number DESC, change.number DESC;

-- name: change_insert
INSERT INTO change (batch_id, number, record, record_id, field, old, new)
VALUES (:batch_id, :number, :record, :record_id, :field, :old, :new);

-- name: added
SELECT record_id, new FROM change WHERE batch_id = :batch_id AND record = :record AND field = '' AND old IS NULL;

-- name: changes
SELECT batch_id, number, record, record_id, field, old, new FROM change WHERE batch_id = :batch_id ORDER BY number;

-- name: changes_of_record
SELECT change.batch_id, change.number, record, record_id, field, old, new
FROM change JOIN batch ON batch.id = change.batch_id
WHERE record_id = :record_id OR (record_id = :together AND REPLACE(new, '"' || :record_id || '"', '') <> new)
ORDER BY batch.number, change.number;

-- name: changes_by_hand
-- With what imports wrote over it since, in the order of writing.
SELECT change.record_id, change.field, change.new, batch.kind
FROM change JOIN batch ON batch.id = change.batch_id
WHERE change.record_id IN (:ids...) AND batch.kind IN ('hand', 'wish', 'import') AND batch.undone_at IS NULL
ORDER BY batch.number, change.number;

-- name: change_put
UPDATE change SET old = :old, new = :new WHERE batch_id = :batch_id AND number = :number;

-- name: changes_erase
-- That there was a change stays; what it said goes.
UPDATE change
SET old = CASE WHEN old IS NULL THEN NULL ELSE '""' END, new = CASE WHEN new IS NULL THEN NULL ELSE '""' END
WHERE record_id IN (:ids...);
