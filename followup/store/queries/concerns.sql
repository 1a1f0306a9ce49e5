-- Which clients show a sign of trouble: one statement per sign, each answered by an index over recent days alone
-- (test_signs_of_trouble_search_an_index reads the query plans).

-- name: troubled_late
-- Done after the day that was said, or not done yet.
SELECT DISTINCT client_id FROM job
WHERE status = 'completed' AND promised_on IS NOT NULL AND completed_on >= :from_on AND completed_on <= :to_on
    AND promised_on < completed_on
UNION SELECT client_id FROM job
WHERE status = 'open' AND promised_on IS NOT NULL AND promised_on >= :from_on AND promised_on < :to_on
UNION SELECT client_id FROM care
WHERE kind = 'promise' AND closed_on IS NULL AND due_on >= :from_on AND due_on < :to_on
UNION SELECT client_id FROM care
WHERE kind = 'promise' AND closed_on IS NOT NULL AND closed_on >= :from_on AND closed_on <= :to_on
    AND opened_by = 'us' AND state = 'kept' AND due_on < closed_on;

-- name: troubled_broken
SELECT DISTINCT client_id FROM care
WHERE kind = 'promise' AND closed_on IS NOT NULL AND closed_on >= :from_on AND closed_on <= :to_on
    AND opened_by = 'us' AND state = 'broken';

-- name: troubled_reopened
-- A case that goes on from another one, or is about trouble that came back, says so in its detail.
SELECT DISTINCT client_id FROM care
WHERE kind = 'case' AND opened_on >= :from_on AND opened_on <= :to_on
    AND (detail LIKE '%"continues_id":%' OR detail LIKE '%"return_of":%');

-- name: troubled_rework
-- The same work again for the same client, begun or done: after something done since :since.
SELECT DISTINCT job.client_id FROM job
WHERE job.status = 'completed' AND job.completed_on >= :from_on AND job.completed_on <= :to_on AND EXISTS (
    SELECT 1 FROM job AS earlier
    WHERE earlier.client_id = job.client_id AND earlier.completed_on >= :since
        AND earlier.completed_on < job.completed_on AND earlier.service_key = job.service_key
)
UNION SELECT job.client_id FROM job
WHERE job.status = 'open' AND job.created_on >= :from_on AND job.created_on <= :to_on AND EXISTS (
    SELECT 1 FROM job AS earlier
    WHERE earlier.client_id = job.client_id AND earlier.completed_on >= :since
        AND earlier.completed_on < job.created_on AND earlier.service_key = job.service_key
);

-- name: troubled_calls
SELECT client_id FROM contact
WHERE outcome IN ('voicemail', 'no-answer') AND direction = 'out' AND on_day >= :from_on AND on_day <= :to_on
GROUP BY client_id HAVING COUNT(*) > 1;

-- name: troubled_bounced
SELECT DISTINCT client_id FROM attempt
WHERE state IN ('drafted', 'claimed', 'handing_over', 'unknown', 'temporary', 'permanent')
    AND state = 'permanent' AND made_on >= :from_on AND made_on <= :to_on;

-- name: troubled_score
SELECT DISTINCT client_id FROM contact
WHERE score IS NOT NULL AND on_day >= :from_on AND on_day <= :to_on AND score <= :low;

-- name: troubled_answer
-- Whoever was answered on the same day did not wait.
SELECT client_id FROM contact
WHERE direction = 'in' AND on_day >= :from_on AND on_day <= :to_on
    AND (channel IN ('email', 'text', 'letter', 'card') OR outcome = 'voicemail') AND NOT EXISTS (
        SELECT 1 FROM contact AS answer
        WHERE answer.client_id = contact.client_id AND answer.on_day = contact.on_day AND answer.direction = 'out'
    )
UNION SELECT client_id FROM care
WHERE kind = 'enquiry' AND acted_on IS NOT NULL AND acted_on >= :from_on AND acted_on <= :to_on
    AND opened_on < acted_on
UNION SELECT client_id FROM care
WHERE kind = 'enquiry' AND opened_on >= :from_on AND opened_on <= :to_on AND acted_on IS NULL;
