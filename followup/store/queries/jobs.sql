-- Jobs. service_key is the service in lower case.

-- name: job_put
INSERT INTO job (
    id, client_id, service, service_key, status, completed_on, promised_on, amount_minor, currency, paid_on, unpaid,
    invoice_ref, site_address, assigned_to, owner, note, extra, created_on
) VALUES (
    :id, :client_id, :service, :service_key, :status, :completed_on, :promised_on, :amount_minor, :currency,
    :paid_on, :unpaid, :invoice_ref, :site_address, :assigned_to, :owner, :note, :extra, :created_on
)
ON CONFLICT (id) DO UPDATE SET
    client_id = excluded.client_id, service = excluded.service, service_key = excluded.service_key,
    status = excluded.status, completed_on = excluded.completed_on, promised_on = excluded.promised_on,
    amount_minor = excluded.amount_minor, currency = excluded.currency, paid_on = excluded.paid_on,
    unpaid = excluded.unpaid, invoice_ref = excluded.invoice_ref, site_address = excluded.site_address,
    assigned_to = excluded.assigned_to, owner = excluded.owner, note = excluded.note, extra = excluded.extra,
    created_on = excluded.created_on;

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

-- name: jobs_completed
SELECT
    id, client_id, service, status, completed_on, promised_on, amount_minor, currency, paid_on, unpaid, invoice_ref,
    site_address, assigned_to, owner, note, extra, created_on
FROM job
WHERE status = 'completed' AND completed_on BETWEEN :from_on AND :to_on
ORDER BY completed_on, id;

-- name: job_ids_of_clients
SELECT id, client_id FROM job WHERE client_id IN (:ids...);

-- name: job_ids_like
SELECT id FROM job WHERE id >= :start AND id < :end ORDER BY id LIMIT 50;

-- name: job_ids_by_invoice
SELECT invoice_ref, id FROM job WHERE invoice_ref IN (:values...) AND invoice_ref <> '' ORDER BY invoice_ref, id;

-- name: job_delete
DELETE FROM job WHERE id = :id;
