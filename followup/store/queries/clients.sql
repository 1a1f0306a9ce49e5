-- Clients with their addresses, names and household keys.

-- name: client_insert
INSERT INTO client (
    id, full_name, first_name, last_name, title, company, address_as, street, city, region, postal_code, country,
    language, preferred_channel, no_channels, tags, notes, note, consent, consent_evidence, referred_by,
    referred_by_id, owner, extra, created_on, merged_into, erased_on
) VALUES (
    :id, :full_name, :first_name, :last_name, :title, :company, :address_as, :street, :city, :region, :postal_code,
    :country, :language, :preferred_channel, :no_channels, :tags, :notes, :note, :consent, :consent_evidence,
    :referred_by, :referred_by_id, :owner, :extra, :created_on, :merged_into, :erased_on
);

-- name: client_any
SELECT 1 FROM client LIMIT 1;

-- name: client_update
UPDATE client SET
    full_name = :full_name, first_name = :first_name, last_name = :last_name, title = :title, company = :company,
    address_as = :address_as, street = :street, city = :city, region = :region, postal_code = :postal_code,
    country = :country, language = :language, preferred_channel = :preferred_channel, no_channels = :no_channels,
    tags = :tags, notes = :notes, note = :note, consent = :consent, consent_evidence = :consent_evidence,
    referred_by = :referred_by, referred_by_id = :referred_by_id, owner = :owner, extra = :extra,
    created_on = :created_on, merged_into = :merged_into, erased_on = :erased_on
WHERE id = :id;

-- name: client_note
SELECT note FROM client WHERE id = :id;

-- name: known_clients_among
SELECT id, full_name, first_name, last_name, company, street, postal_code, merged_into, erased_on
FROM client
WHERE id IN (:ids...);

-- name: clients_among
SELECT
    id, full_name, first_name, last_name, title, company, address_as, street, city, region, postal_code, country,
    language, preferred_channel, no_channels, tags, notes, note, consent, consent_evidence, referred_by,
    referred_by_id, owner, extra, created_on, merged_into, erased_on
FROM client
WHERE id IN (:ids...);

-- name: client_delete
DELETE FROM client WHERE id = :id;

-- name: client_ids_like
SELECT id FROM client WHERE id >= :start AND id < :end ORDER BY id LIMIT 50;

-- name: clients_not_erased
SELECT id FROM client WHERE id IN (:ids...) AND erased_on IS NULL;

-- name: clients_kept
SELECT id, merged_into FROM client WHERE id IN (:ids...);

-- name: clients_merged_into
SELECT merged_into, id FROM client WHERE merged_into IN (:ids...) AND merged_into <> '' ORDER BY id;

-- name: clients_referred_by
SELECT referred_by_id, id FROM client WHERE referred_by_id IN (:ids...) AND referred_by_id <> '' ORDER BY id;

-- name: clients_referred_by_name
-- Typed in, without anybody looking up who that is.
SELECT referred_by, id FROM client WHERE referred_by_id = '' AND referred_by IN (:names...) ORDER BY id;

-- name: clients_unlinked
-- Brought by somebody, without it being known who that is.
SELECT id, referred_by FROM client WHERE referred_by <> '' AND referred_by_id = '' ORDER BY id;

-- name: clients_naming
-- Texts about one client that name another.
SELECT id FROM client WHERE notes LIKE :pattern ESCAPE '!' OR note LIKE :pattern ESCAPE '!'
    OR referred_by LIKE :pattern ESCAPE '!'
UNION SELECT client_id FROM job WHERE note LIKE :pattern ESCAPE '!' OR site_address LIKE :pattern ESCAPE '!'
UNION SELECT client_id FROM care WHERE summary LIKE :pattern ESCAPE '!' OR detail LIKE :pattern ESCAPE '!'
    OR resolution LIKE :pattern ESCAPE '!'
UNION SELECT client_id FROM contact WHERE summary LIKE :pattern ESCAPE '!' OR note LIKE :pattern ESCAPE '!'
UNION SELECT client_id FROM instruction WHERE text LIKE :pattern ESCAPE '!' OR reason LIKE :pattern ESCAPE '!'
UNION SELECT client_id FROM attempt WHERE text LIKE :pattern ESCAPE '!';

-- name: emails_among
SELECT client_id, address FROM client_email WHERE client_id IN (:ids...) ORDER BY client_id, position;

-- name: phones_among
SELECT client_id, number FROM client_phone WHERE client_id IN (:ids...) ORDER BY client_id, position;

-- name: email_insert
INSERT INTO client_email (client_id, position, address, canonical)
VALUES (:client_id, :position, :address, :canonical);

-- name: phone_insert
INSERT INTO client_phone (client_id, position, number) VALUES (:client_id, :position, :number);

-- name: name_insert
INSERT INTO client_name (client_id, position, name) VALUES (:client_id, :position, :name);

-- name: household_key_insert
INSERT INTO household_key (client_id, key) VALUES (:client_id, :key);

-- name: emails_delete
DELETE FROM client_email WHERE client_id IN (:ids...);

-- name: phones_delete
DELETE FROM client_phone WHERE client_id IN (:ids...);

-- name: names_delete
DELETE FROM client_name WHERE client_id IN (:ids...);

-- name: household_keys_delete
DELETE FROM household_key WHERE client_id IN (:ids...);

-- name: client_ids_by_name
-- Everybody, a page at a time: the next page begins behind (name, id).
SELECT client_id, name FROM client_name
WHERE (name, client_id) > (:name, :id) AND position = 0
ORDER BY name, client_id LIMIT :size;

-- name: client_ids_after
SELECT id FROM client WHERE id > :id ORDER BY id LIMIT :size;

-- name: emails_by_canonical
SELECT canonical, client_id FROM client_email WHERE canonical IN (:values...) ORDER BY canonical, client_id;

-- name: phones_by_number
SELECT number, client_id FROM client_phone WHERE number IN (:values...) ORDER BY number, client_id;

-- name: names_by_name
SELECT name, client_id FROM client_name WHERE name IN (:values...) ORDER BY name, client_id;

-- name: names_like
-- All names are read: people look for any word of a name.
SELECT client_id, name FROM client_name WHERE name LIKE :pattern ORDER BY name, client_id;

-- name: names_among
SELECT client_id, name FROM client_name WHERE client_id IN (:ids...) ORDER BY client_id, position;

-- name: phones_like
SELECT client_id FROM client_phone WHERE number LIKE :pattern ORDER BY client_id;
