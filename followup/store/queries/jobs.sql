-- Jobs. service_key is the service in lower case.

-- name: job_insert
INSERT INTO job (
    id, client_id, service, status, completed_on, promised_on, amount_minor, currency, paid_on, unpaid, invoice_ref,
    site_address, assigned_to, owner, note, extra, created_on, service_key
) VALUES (
    :id, :client_id, :service, :status, :completed_on, :promised_on, :amount_minor, :currency, :paid_on, :unpaid,
    :invoice_ref, :site_address, :assigned_to, :owner, :note, :extra, :created_on, :service_key
);

-- name: job_any
SELECT 1 FROM job LIMIT 1;

-- name: job_update
UPDATE job SET
    client_id = :client_id, service = :service, status = :status, completed_on = :completed_on,
    promised_on = :promised_on, amount_minor = :amount_minor, currency = :currency, paid_on = :paid_on,
    unpaid = :unpaid, invoice_ref = :invoice_ref, site_address = :site_address, assigned_to = :assigned_to,
    owner = :owner, note = :note, extra = :extra, created_on = :created_on, service_key = :service_key
WHERE id = :id;

-- name: jobs_among
SELECT
    id, client_id, service, status, completed_on, promised_on, amount_minor, currency, paid_on, unpaid, invoice_ref,
    site_address, assigned_to, owner, note, extra, created_on
FROM job
WHERE id IN (:ids...);

-- name: jobs_of_clients
SELECT
    id, client_id, service, status, completed_on, promised_on, amount_minor, currency, paid_on, unpaid, invoice_ref,
    site_address, assigned_to, owner, note, extra, created_on
FROM job
WHERE client_id IN (:ids...)
ORDER BY client_id, completed_on, id;

-- name: jobs_after
SELECT
    id, client_id, service, status, completed_on, promised_on, amount_minor, currency, paid_on, unpaid, invoice_ref,
    site_address, assigned_to, owner, note, extra, created_on
FROM job
WHERE id > :id
ORDER BY id LIMIT :size;

-- name: jobs_promised
SELECT
    id, client_id, service, status, completed_on, promised_on, amount_minor, currency, paid_on, unpaid, invoice_ref,
    site_address, assigned_to, owner, note, extra, created_on
FROM job
WHERE status = 'completed' AND promised_on IS NOT NULL AND completed_on >= :from_on AND completed_on <= :to_on;

-- name: jobs_promised_open
SELECT
    id, client_id, service, status, completed_on, promised_on, amount_minor, currency, paid_on, unpaid, invoice_ref,
    site_address, assigned_to, owner, note, extra, created_on
FROM job
WHERE
    status = 'open' AND promised_on IS NOT NULL AND promised_on <= :to_on
    AND NOT EXISTS (SELECT 1 FROM client WHERE client.id = job.client_id AND client.erased_on IS NOT NULL)
ORDER BY promised_on, id;

-- name: job_ids_newest
SELECT id FROM job
WHERE :open_only = 0 OR status = 'open'
ORDER BY COALESCE(completed_on, promised_on, :today) DESC, id DESC;

-- name: jobs_counted
-- All completed in a period, and those for which thanks went out in another; one mail can speak of several jobs.
SELECT COUNT(*), COALESCE(SUM(CASE WHEN EXISTS (
    SELECT 1 FROM contact
    WHERE contact.client_id = job.client_id AND contact.on_day >= :said_from AND contact.on_day <= :said_to
        AND contact.direction = 'out' AND contact.step = :step
        AND (contact.job_id = job.id OR (contact.key <> '' AND EXISTS (
            SELECT 1 FROM attempt
            WHERE attempt.key = contact.key AND attempt.state = 'sent'
                AND REPLACE(attempt.job_ids, '"' || job.id || '"', '') <> attempt.job_ids
        )))
) THEN 1 ELSE 0 END), 0)
FROM job
WHERE job.status = 'completed' AND job.completed_on >= :from_on AND job.completed_on <= :to_on;

-- name: job_ids_of_clients
SELECT id, client_id FROM job WHERE client_id IN (:ids...);

-- name: job_ids_like
SELECT id FROM job WHERE id >= :start AND id < :end ORDER BY id LIMIT 50;

-- name: job_ids_by_invoice
-- Reads all jobs: it is asked for what a person types, once.
SELECT invoice_ref, id FROM job WHERE invoice_ref IN (:values...) ORDER BY invoice_ref, id;

-- name: job_delete
DELETE FROM job WHERE id = :id;
