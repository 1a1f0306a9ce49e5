-- Summaries: what is kept ready about each client.

-- name: summary_put
INSERT INTO client_summary (
    client_id, jobs, first_job_on, last_job_on, last_job_id, usual_gap_days, last_contact_on, last_reply_on,
    last_outcome, last_outcome_on, worth_minor, currency
) VALUES (
    :client_id, :jobs, :first_job_on, :last_job_on, :last_job_id, :usual_gap_days, :last_contact_on, :last_reply_on,
    :last_outcome, :last_outcome_on, :worth_minor, :currency
)
ON CONFLICT (client_id) DO UPDATE SET
    jobs = excluded.jobs, first_job_on = excluded.first_job_on, last_job_on = excluded.last_job_on,
    last_job_id = excluded.last_job_id, usual_gap_days = excluded.usual_gap_days,
    last_contact_on = excluded.last_contact_on, last_reply_on = excluded.last_reply_on,
    last_outcome = excluded.last_outcome, last_outcome_on = excluded.last_outcome_on,
    worth_minor = excluded.worth_minor, currency = excluded.currency;

-- name: summaries_among
SELECT
    client_id, jobs, first_job_on, last_job_on, last_job_id, usual_gap_days, last_contact_on, last_reply_on,
    last_outcome, last_outcome_on, worth_minor, currency
FROM client_summary
WHERE client_id IN (:ids...);

-- name: summaries_delete
DELETE FROM client_summary WHERE client_id IN (:ids...);

-- name: completed_jobs_of_clients
SELECT client_id, completed_on, id, amount_minor, currency FROM job
WHERE client_id IN (:ids...) AND status = 'completed' AND completed_on IS NOT NULL
ORDER BY client_id, completed_on, id;

-- name: last_contacts_of_clients
SELECT client_id, direction, MAX(on_day) FROM contact
WHERE client_id IN (:ids...)
GROUP BY client_id, direction;

-- name: outcomes_of_clients
SELECT client_id, on_day, outcome FROM contact
WHERE client_id IN (:ids...) AND outcome IN ('happy', 'unhappy', 'neutral')
ORDER BY client_id, on_day, at, id;

-- name: newcomers
-- Clients whose first job was done in a period, and the day of the next one, if there was one.
SELECT first_job_on, (
    SELECT MIN(job.completed_on) FROM job
    WHERE job.client_id = client_summary.client_id AND job.status = 'completed'
        AND job.completed_on > client_summary.first_job_on
)
FROM client_summary
WHERE first_job_on >= :from_on AND first_job_on <= :to_on;

-- name: came_again
-- Clients for whom something was completed in a period, the first day of that, and the day of what they had done next.
SELECT client_id, begun_on, (
    SELECT MIN(job.completed_on) FROM job
    WHERE job.client_id = begun.client_id AND job.status = 'completed' AND job.completed_on > begun_on
)
FROM (
    SELECT client_id, MIN(completed_on) AS begun_on FROM job
    WHERE status = 'completed' AND completed_on >= :from_on AND completed_on <= :to_on
    GROUP BY client_id
) AS begun;
