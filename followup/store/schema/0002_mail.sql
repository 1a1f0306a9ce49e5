-- Sending by itself: when a message was handed over to the mail server, which limits per hour and day count from.

ALTER TABLE attempt ADD COLUMN handed_over_at TEXT;  -- the instant before the final dot; NULL: never got so far

CREATE INDEX attempt_by_hand_over ON attempt (handed_over_at) WHERE handed_over_at IS NOT NULL;
