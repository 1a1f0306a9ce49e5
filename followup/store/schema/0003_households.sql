-- Households: who shares a phone is asked of client_phone, which has an index for it; the keys are of addresses only.

DELETE FROM household_key WHERE key LIKE 'phone:%';
