-- The home itself: what it notes, its people, its calendar, its counts.

-- name: meta
SELECT value FROM meta WHERE key = :key;

-- name: meta_put
INSERT INTO meta (key, value) VALUES (:key, :value)
ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: meta_delete
DELETE FROM meta WHERE key = :key;

-- name: people
SELECT
    id, name, email, phone, signature
FROM person
ORDER BY id;

-- name: person_put
INSERT INTO person (
    id, name, email, phone, signature
) VALUES (
    :id, :name, :email, :phone, :signature
)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, email = excluded.email, phone = excluded.phone, signature = excluded.signature;

-- name: holidays
SELECT year, on_day, name FROM holiday
WHERE country = :country AND region = :region AND year >= :first AND year <= :last
ORDER BY year, on_day;

-- name: holidays_delete
DELETE FROM holiday WHERE country = :country AND region = :region AND year = :year;

-- name: holiday_insert
INSERT INTO holiday (country, region, year, on_day, name) VALUES (:country, :region, :year, :on_day, :name);

-- name: counts
SELECT
    (SELECT COUNT(*) FROM client_name WHERE position = 0),
    (SELECT COUNT(*) FROM job),
    (SELECT COUNT(*) FROM job WHERE status = 'completed'),
    (SELECT COUNT(*) FROM care WHERE kind = 'case' AND closed_on IS NULL),
    (SELECT COUNT(*) FROM care WHERE kind = 'case'),
    (SELECT COUNT(*) FROM contact),
    (SELECT COUNT(*) FROM attempt),
    (SELECT COUNT(*) FROM attempt WHERE state = 'drafted'),
    (SELECT COUNT(*) FROM attempt WHERE state = 'unknown'),
    (SELECT COUNT(*) FROM suppression WHERE lifted_at IS NULL AND reason <> 'refused'),
    (SELECT COUNT(*) FROM client WHERE erased_on IS NOT NULL);
