-- How a queue finds an agent, as JSON (`model::config::Routing`); an empty object is the default.
ALTER TABLE queue ADD COLUMN routing TEXT NOT NULL DEFAULT '{}';
-- none, optional, timed, extendable or open. `wrap_up_limit_s` is the time of the three in the middle.
ALTER TABLE queue ADD COLUMN wrap_up_mode TEXT NOT NULL DEFAULT 'timed';
UPDATE queue SET wrap_up_mode = 'none' WHERE wrap_up_limit_s IS NULL;
-- The agent's part of the work where a queue shares by weight.
ALTER TABLE users ADD COLUMN weight BIGINT NOT NULL DEFAULT 1;
-- Announcements are rules now, and the position is one of them.
UPDATE queue SET routing = '{"announcements":[{"after_s":' || announce_every_s || ',"every_s":' || announce_every_s
    || ',"say":{"kind":"position"}}]}' WHERE announce_every_s > 0;
ALTER TABLE queue DROP COLUMN announce_every_s;
-- Who looks after the customer.
ALTER TABLE customer ADD COLUMN owner_id TEXT;
-- What the caller was told first of the wait, in seconds from `promised_at`; no `promised_high_s` is "more than an hour".
ALTER TABLE queue_visit ADD COLUMN promised_at BIGINT;
ALTER TABLE queue_visit ADD COLUMN promised_low_s BIGINT;
ALTER TABLE queue_visit ADD COLUMN promised_high_s BIGINT;
