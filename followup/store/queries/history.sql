-- What was tried, what happened, what the owner decided.

-- name: attempt_insert
INSERT INTO attempt (
    id, key, client_id, step, channel, state, purpose, address, subject, text, message, message_id, made_at,
    made_on, job_ids, person, to_person, handed_over_at, settled_at, server_said, file_name
) VALUES (
    :id, :key, :client_id, :step, :channel, :state, :purpose, :address, :subject, :text, :message, :message_id,
    :made_at, :made_on, :job_ids, :person, :to_person, :handed_over_at, :settled_at, :server_said,
    :file_name
)
ON CONFLICT DO NOTHING;

-- name: attempts_among
SELECT
    id, key, client_id, step, channel, state, purpose, address, subject, text, message, message_id, made_at,
    made_on, job_ids, person, to_person, handed_over_at, settled_at, server_said, file_name
FROM attempt
WHERE id IN (:ids...)
ORDER BY made_at, id;

-- name: attempts_of_clients
-- Without the words and the bytes: the planner needs neither.
SELECT
    id, key, client_id, step, channel, state, purpose, address, subject, '', '', message_id, made_at, made_on,
    job_ids, person, to_person, handed_over_at, settled_at, server_said, file_name
FROM attempt
WHERE client_id IN (:ids...)
ORDER BY client_id, made_at, id;

-- name: attempts_after
-- Without the bytes: what a person can read.
SELECT
    id, key, client_id, step, channel, state, purpose, address, subject, text, '', message_id, made_at, made_on,
    job_ids, person, to_person, handed_over_at, settled_at, server_said, file_name
FROM attempt
WHERE id > :id
ORDER BY id LIMIT :size;

-- name: attempts_of_key
SELECT
    id, key, client_id, step, channel, state, purpose, address, subject, text, message, message_id, made_at,
    made_on, job_ids, person, to_person, handed_over_at, settled_at, server_said, file_name
FROM attempt
WHERE key = :key
ORDER BY made_at, id;

-- name: attempt_ids_open
SELECT id FROM attempt
WHERE state IN ('drafted', 'claimed', 'handing_over', 'unknown', 'temporary', 'permanent')
    AND state IN (:states...)
ORDER BY made_at, id;

-- name: attempt_marks_of_clients
SELECT client_id, key, job_ids FROM attempt WHERE client_id IN (:ids...);

-- name: attempt_ids_of_clients
SELECT id, client_id FROM attempt WHERE client_id IN (:ids...);

-- name: attempt_hand_over
-- The fence: it opens for one that is still claimed, and once.
UPDATE attempt SET state = 'handing_over', handed_over_at = :at WHERE id = :id AND state = 'claimed';

-- name: hand_overs_since
SELECT handed_over_at FROM attempt WHERE handed_over_at > :since ORDER BY handed_over_at;

-- name: last_accepted
SELECT handed_over_at FROM attempt WHERE handed_over_at IS NOT NULL AND state = 'sent'
ORDER BY handed_over_at DESC LIMIT 1;

-- name: attempt_states_among
SELECT id, state FROM attempt WHERE id IN (:ids...);

-- name: attempt_settle
-- Nothing happens when the key would be held twice.
UPDATE attempt
SET state = :state, settled_at = :settled_at, server_said = :server_said
WHERE id = :id AND NOT EXISTS (
    SELECT 1 FROM attempt AS other
    WHERE other.key = attempt.key AND other.id <> attempt.id
        AND other.state IN ('drafted', 'claimed', 'handing_over', 'unknown', 'sent')
        AND :state IN ('drafted', 'claimed', 'handing_over', 'unknown', 'sent')
);

-- name: attempts_move
UPDATE attempt SET client_id = :client_id WHERE id IN (:ids...);

-- name: attempts_erase
UPDATE attempt
SET address = '', subject = '', text = '', message = '', server_said = '', file_name = ''
WHERE client_id IN (:ids...);

-- name: attempt_keys_among
SELECT DISTINCT key FROM attempt WHERE key IN (:keys...);

-- name: contact_insert
INSERT INTO contact (
    id, client_id, channel, direction, at, on_day, purpose, key, step, job_id, by_person, outcome, summary, note,
    reference, attempt_id, score
) VALUES (
    :id, :client_id, :channel, :direction, :at, :on_day, :purpose, :key, :step, :job_id, :by_person, :outcome,
    :summary, :note, :reference, :attempt_id, :score
);

-- name: contact_any
SELECT 1 FROM contact LIMIT 1;

-- name: contact_update
UPDATE contact SET
    client_id = :client_id, channel = :channel, direction = :direction, at = :at, on_day = :on_day,
    purpose = :purpose, key = :key, step = :step, job_id = :job_id, by_person = :by_person, outcome = :outcome,
    summary = :summary, note = :note, reference = :reference, attempt_id = :attempt_id, score = :score
WHERE id = :id;

-- name: contacts_among
SELECT
    id, client_id, channel, direction, at, on_day, purpose, key, step, job_id, by_person, outcome, summary, note,
    reference, attempt_id, score
FROM contact
WHERE id IN (:ids...);

-- name: contacts_of_clients
SELECT
    id, client_id, channel, direction, at, on_day, purpose, key, step, job_id, by_person, outcome, summary, note,
    reference, attempt_id, score
FROM contact
WHERE client_id IN (:ids...)
ORDER BY client_id, on_day, at, id;

-- name: contacts_between
SELECT
    id, client_id, channel, direction, at, on_day, purpose, key, step, job_id, by_person, outcome, summary, note,
    reference, attempt_id, score
FROM contact
WHERE on_day >= :from_on AND on_day <= :to_on 
    AND (:channel = '' OR channel = :channel)
ORDER BY on_day, at, id;

-- name: contacts_between_of_client
SELECT
    id, client_id, channel, direction, at, on_day, purpose, key, step, job_id, by_person, outcome, summary, note,
    reference, attempt_id, score
FROM contact
WHERE client_id = :client_id AND on_day >= :from_on AND on_day <= :to_on 
    AND (:channel = '' OR channel = :channel)
ORDER BY on_day, at, id;

-- name: contact_rows
-- One row for the contact report, with what its columns need. The client's name is the firm's, else the person's.
SELECT
    contact.on_day, contact.at,
    CASE WHEN client.company <> '' THEN client.company ELSE COALESCE(client.full_name, '') END,
    contact.client_id, contact.by_person, contact.channel, contact.direction, COALESCE(contact.purpose, ''),
    COALESCE(job.service, ''), contact.job_id, COALESCE(job.invoice_ref, ''), COALESCE(contact.outcome, ''),
    contact.summary, contact.reference, contact.step, contact.key, contact.note
FROM contact
LEFT JOIN client ON client.id = contact.client_id
LEFT JOIN job ON job.id = contact.job_id
WHERE contact.on_day >= :from_on AND contact.on_day <= :to_on
    AND (:channel = '' OR contact.channel = :channel)
ORDER BY contact.on_day, contact.at, contact.id;

-- name: contact_rows_of_client
-- One row for the contact report, with what its columns need. The client's name is the firm's, else the person's.
SELECT
    contact.on_day, contact.at,
    CASE WHEN client.company <> '' THEN client.company ELSE COALESCE(client.full_name, '') END,
    contact.client_id, contact.by_person, contact.channel, contact.direction, COALESCE(contact.purpose, ''),
    COALESCE(job.service, ''), contact.job_id, COALESCE(job.invoice_ref, ''), COALESCE(contact.outcome, ''),
    contact.summary, contact.reference, contact.step, contact.key, contact.note
FROM contact
LEFT JOIN client ON client.id = contact.client_id
LEFT JOIN job ON job.id = contact.job_id
WHERE contact.client_id = :client_id AND contact.on_day >= :from_on AND contact.on_day <= :to_on
    AND (:channel = '' OR contact.channel = :channel)
ORDER BY contact.on_day, contact.at, contact.id;

-- name: days_on_record
-- The day alone, by the indexes on days.
SELECT MIN(on_day), MAX(on_day) FROM (
    SELECT MIN(on_day) AS on_day FROM contact WHERE on_day >= :from_on AND on_day <= :to_on
    UNION ALL SELECT MAX(on_day) FROM contact WHERE on_day >= :from_on AND on_day <= :to_on
    UNION ALL SELECT MIN(completed_on) FROM job
    WHERE status = 'completed' AND completed_on >= :from_on AND completed_on <= :to_on
    UNION ALL SELECT MAX(completed_on) FROM job
    WHERE status = 'completed' AND completed_on >= :from_on AND completed_on <= :to_on
) AS days;

-- name: contacts_counted
SELECT channel, direction, COALESCE(outcome, ''), step, COUNT(*)
FROM contact
WHERE on_day >= :from_on AND on_day <= :to_on
GROUP BY channel, direction, COALESCE(outcome, ''), step;

-- name: contact_clients_counted
SELECT COUNT(DISTINCT client_id) FROM contact
WHERE on_day >= :from_on AND on_day <= :to_on AND direction = :direction;

-- name: contact_marks_of_clients
SELECT client_id, key, job_id FROM contact WHERE client_id IN (:ids...);

-- name: contact_ids_of_clients
SELECT id, client_id FROM contact WHERE client_id IN (:ids...);

-- name: contacts_move
UPDATE contact SET client_id = :client_id WHERE id IN (:ids...);

-- name: contacts_erase
UPDATE contact SET summary = '', note = '' WHERE client_id IN (:ids...);

-- name: contact_delete
DELETE FROM contact WHERE id = :id;

-- name: instruction_insert
INSERT INTO instruction (
    id, client_id, kind, given_at, on_day, key, until_day, subject, text, reason
) VALUES (
    :id, :client_id, :kind, :given_at, :on_day, :key, :until_day, :subject, :text, :reason
);

-- name: instruction_any
SELECT 1 FROM instruction LIMIT 1;

-- name: instruction_update
UPDATE instruction SET
    client_id = :client_id, kind = :kind, given_at = :given_at, on_day = :on_day, key = :key,
    until_day = :until_day, subject = :subject, text = :text, reason = :reason
WHERE id = :id;

-- name: instructions_among
SELECT
    id, client_id, kind, given_at, on_day, key, until_day, subject, text, reason
FROM instruction
WHERE id IN (:ids...);

-- name: instructions_after
SELECT
    id, client_id, kind, given_at, on_day, key, until_day, subject, text, reason
FROM instruction
WHERE id > :id
ORDER BY id LIMIT :size;

-- name: instructions_of_clients
SELECT
    id, client_id, kind, given_at, on_day, key, until_day, subject, text, reason
FROM instruction
WHERE client_id IN (:ids...)
ORDER BY client_id, given_at, id;

-- name: instruction_ids_of_clients
SELECT id, client_id FROM instruction WHERE client_id IN (:ids...);

-- name: instructions_erase
UPDATE instruction SET subject = '', text = '', reason = '' WHERE client_id IN (:ids...);

-- name: instruction_delete
DELETE FROM instruction WHERE id = :id;

-- name: keys_like
SELECT key FROM attempt WHERE key >= :start AND key < :end
UNION SELECT key FROM contact WHERE key >= :start AND key < :end AND key <> ''
UNION SELECT key FROM instruction WHERE key >= :start AND key < :end AND key <> ''
ORDER BY key LIMIT 50;

-- name: step_names
-- One look into the index per step, however long the history is.
WITH RECURSIVE tried (step) AS (
    SELECT MIN(step) FROM attempt
    UNION ALL SELECT (SELECT MIN(step) FROM attempt WHERE step > tried.step) FROM tried WHERE tried.step IS NOT NULL
), happened (step) AS (
    SELECT MIN(step) FROM contact
    UNION ALL SELECT (SELECT MIN(step) FROM contact WHERE step > happened.step)
    FROM happened WHERE happened.step IS NOT NULL
)
SELECT step FROM tried WHERE step <> ''
UNION SELECT step FROM happened WHERE step <> ''
ORDER BY step;

-- name: suppression_put
INSERT INTO suppression (
    address_hash, reason, since_at, evidence, lifted_at
) VALUES (
    :address_hash, :reason, :since_at, :evidence, :lifted_at
)
ON CONFLICT (address_hash) DO UPDATE SET
    reason = excluded.reason, since_at = excluded.since_at, evidence = excluded.evidence,
    lifted_at = excluded.lifted_at;

-- name: suppressions_after
SELECT
    address_hash, reason, since_at, evidence, lifted_at
FROM suppression
WHERE address_hash > :id
ORDER BY address_hash LIMIT :size;

-- name: suppressions_among
SELECT
    address_hash, reason, since_at, evidence, lifted_at
FROM suppression
WHERE address_hash IN (:hashes...);

-- name: suppression_any
SELECT 1 FROM suppression WHERE lifted_at IS NULL LIMIT 1;

-- name: suppressed_among
SELECT address_hash, reason FROM suppression WHERE address_hash IN (:hashes...) AND lifted_at IS NULL;

-- name: asks_answered
-- How often a step went out in a period, and after how many of these the client said something until its end.
SELECT contact.step, COUNT(*), COALESCE(SUM(CASE WHEN EXISTS (
    SELECT 1 FROM contact AS answer
    WHERE answer.client_id = contact.client_id AND answer.on_day >= contact.on_day AND answer.on_day <= :to_on
        AND answer.direction = 'in'
) THEN 1 ELSE 0 END), 0)
FROM contact
WHERE contact.step IN (:steps...) AND contact.on_day >= :from_on AND contact.on_day <= :to_on
    AND contact.direction = 'out'
GROUP BY contact.step ORDER BY contact.step;

-- name: step_days
-- To whom a step went out, from when on and until when.
SELECT client_id, MIN(on_day), MAX(on_day) FROM contact
WHERE step = :step AND direction = 'out'
GROUP BY client_id;

-- name: contacts_of_steps
SELECT
    id, client_id, channel, direction, at, on_day, purpose, key, step, job_id, by_person, outcome, summary, note,
    reference, attempt_id, score
FROM contact
WHERE step IN (:steps...) AND on_day >= :from_on AND on_day <= :to_on;

-- name: contacts_scored
SELECT
    id, client_id, channel, direction, at, on_day, purpose, key, step, job_id, by_person, outcome, summary, note,
    reference, attempt_id, score
FROM contact
WHERE score IS NOT NULL AND on_day >= :from_on AND on_day <= :to_on
ORDER BY on_day, at, id;
