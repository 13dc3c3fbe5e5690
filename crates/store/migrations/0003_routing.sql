-- How a queue finds an agent, as JSON (`model::config::Routing`); an empty object is the default.
ALTER TABLE queue ADD COLUMN routing TEXT NOT NULL DEFAULT '{}';
-- none, optional, timed, extendable or open. `wrap_up_limit_s` is the time of the three in the middle.
ALTER TABLE queue ADD COLUMN wrap_up_mode TEXT NOT NULL DEFAULT 'timed';
UPDATE queue SET wrap_up_mode = 'none' WHERE wrap_up_limit_s IS NULL;
-- The agent's part of the work where a queue shares by weight.
ALTER TABLE users ADD COLUMN weight BIGINT NOT NULL DEFAULT 1;
