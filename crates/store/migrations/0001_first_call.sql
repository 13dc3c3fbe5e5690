-- One text for SQLite and PostgreSQL: ids are UUIDv7 text, times UTC milliseconds, JSON is TEXT, truth is 0 or 1.
-- Keys are (tenant_id, id), so that a foreign key can never join rows of two tenants.
-- Unique indexes are named TABLE_FIELD_key: the error to the user names FIELD.

CREATE TABLE tenant (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    region TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    config_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- One row per server: the last moment at which it surely ran.
CREATE TABLE heartbeat (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);

CREATE TABLE users (
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    id TEXT NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    language TEXT NOT NULL,
    device TEXT NOT NULL,
    sip_username TEXT,
    ha1_md5 TEXT,
    ha1_sha256 TEXT,
    phone_uri TEXT,
    password TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    archived_at BIGINT,
    PRIMARY KEY (tenant_id, id)
);
-- People sign in by e-mail and phones register by name before any tenant is known: both are unique everywhere.
CREATE UNIQUE INDEX users_email_key ON users (email) WHERE archived_at IS NULL;
CREATE UNIQUE INDEX users_sip_username_key ON users (sip_username) WHERE archived_at IS NULL;

CREATE TABLE session (
    token_sha256 TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX session_of_user ON session (tenant_id, user_id);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE skill (
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    id TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX skill_key_key ON skill (tenant_id, key);

CREATE TABLE queue (
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    id TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    ring_timeout_s BIGINT NOT NULL,
    wrap_up_limit_s BIGINT,
    service_level_s BIGINT NOT NULL,
    service_level_target BIGINT NOT NULL,
    short_abandon_s BIGINT NOT NULL,
    announce_every_s BIGINT NOT NULL,
    max_waiting BIGINT NOT NULL,
    record BIGINT NOT NULL,
    archived_at BIGINT,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX queue_key_key ON queue (tenant_id, key) WHERE archived_at IS NULL;

CREATE TABLE queue_skill (
    tenant_id TEXT NOT NULL,
    queue_id TEXT NOT NULL,
    skill_id TEXT NOT NULL,
    level BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, queue_id, skill_id),
    FOREIGN KEY (tenant_id, queue_id) REFERENCES queue (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, skill_id) REFERENCES skill (tenant_id, id)
);

CREATE TABLE user_queue (
    tenant_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    queue_id TEXT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, queue_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, queue_id) REFERENCES queue (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE user_skill (
    tenant_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    skill_id TEXT NOT NULL,
    level BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, skill_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, skill_id) REFERENCES skill (tenant_id, id)
);

CREATE TABLE disposition (
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    id TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    archived_at BIGINT,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX disposition_key_key ON disposition (tenant_id, key) WHERE archived_at IS NULL;

CREATE TABLE disposition_queue (
    tenant_id TEXT NOT NULL,
    disposition_id TEXT NOT NULL,
    queue_id TEXT NOT NULL,
    PRIMARY KEY (tenant_id, disposition_id, queue_id),
    FOREIGN KEY (tenant_id, disposition_id) REFERENCES disposition (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, queue_id) REFERENCES queue (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE flow (
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    id TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX flow_key_key ON flow (tenant_id, key);

CREATE TABLE number (
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    id TEXT NOT NULL,
    number TEXT NOT NULL,
    flow_id TEXT NOT NULL,
    language TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, flow_id) REFERENCES flow (tenant_id, id)
);
-- A dialled number names its tenant, so it is unique everywhere.
CREATE UNIQUE INDEX number_number_key ON number (number);

CREATE TABLE trunk (
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    id TEXT NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    sources TEXT NOT NULL,
    registrar TEXT,
    username TEXT,
    password TEXT,
    expires_s BIGINT,
    max_calls BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX trunk_key_key ON trunk (tenant_id, key);

CREATE TABLE customer (
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    company TEXT NOT NULL,
    numbers TEXT NOT NULL,
    fields TEXT NOT NULL,
    note TEXT NOT NULL,
    -- Name, company and numbers in lower case, as searched and sorted.
    search TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX customer_search ON customer (tenant_id, search, id);

-- The numbers of `customer.numbers` once more, so that a number leads to one customer and at once.
CREATE TABLE customer_number (
    tenant_id TEXT NOT NULL,
    number TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    PRIMARY KEY (tenant_id, number),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customer (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX customer_number_customer ON customer_number (tenant_id, customer_id);

-- The journal is the truth. The tables after it are computed from it and are never written by hand; they refer to
-- configuration without foreign keys, so that no change of configuration can ever stop the journal.
CREATE TABLE journal_head (
    tenant_id TEXT NOT NULL PRIMARY KEY REFERENCES tenant (id),
    seq BIGINT NOT NULL
);

CREATE TABLE journal (
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    seq BIGINT NOT NULL,
    id TEXT NOT NULL,
    at BIGINT NOT NULL,
    interaction_id TEXT,
    agent_id TEXT,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);
CREATE UNIQUE INDEX journal_id_key ON journal (tenant_id, id);
CREATE INDEX journal_interaction ON journal (tenant_id, interaction_id, seq) WHERE interaction_id IS NOT NULL;

CREATE TABLE interaction (
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    id TEXT NOT NULL,
    channel TEXT NOT NULL,
    direction TEXT NOT NULL,
    from_text TEXT NOT NULL,
    to_text TEXT NOT NULL,
    flow_id TEXT NOT NULL,
    trunk_id TEXT,
    customer_id TEXT,
    queue_id TEXT,
    agent_id TEXT,
    started_at BIGINT NOT NULL,
    answered_at BIGINT,
    ended_at BIGINT,
    wait_ms BIGINT NOT NULL,
    talk_ms BIGINT NOT NULL,
    hold_ms BIGINT NOT NULL,
    wrap_up_ms BIGINT NOT NULL,
    outcome TEXT,
    cause TEXT,
    ended_by TEXT,
    disposition_id TEXT,
    note TEXT NOT NULL,
    -- The note in lower case, as searched.
    search TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX interaction_started ON interaction (tenant_id, started_at, id);
CREATE INDEX interaction_customer ON interaction (tenant_id, customer_id, started_at, id)
    WHERE customer_id IS NOT NULL;
CREATE INDEX interaction_open ON interaction (tenant_id, id) WHERE ended_at IS NULL;

-- One stay in one queue. `clock_at` is where the caller's queue time began: a re-queue keeps it.
CREATE TABLE queue_visit (
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    id TEXT NOT NULL,
    interaction_id TEXT NOT NULL,
    queue_id TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    clock_at BIGINT NOT NULL,
    queued_at BIGINT NOT NULL,
    outcome TEXT,
    queue_ms BIGINT NOT NULL,
    handled BIGINT NOT NULL,
    talk_ms BIGINT NOT NULL,
    hold_ms BIGINT NOT NULL,
    wrap_up_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX queue_visit_queued ON queue_visit (tenant_id, queued_at);
CREATE INDEX queue_visit_interaction ON queue_visit (tenant_id, interaction_id);

-- One agent's part of an interaction, from the moment they hear each other to the end of the wrap-up.
CREATE TABLE agent_part (
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    id TEXT NOT NULL,
    interaction_id TEXT NOT NULL,
    agent_id TEXT NOT NULL,
    queue_id TEXT,
    state TEXT NOT NULL,
    connected_at BIGINT NOT NULL,
    talk_ms BIGINT NOT NULL,
    hold_ms BIGINT NOT NULL,
    wrap_up_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX agent_part_connected ON agent_part (tenant_id, connected_at);
CREATE INDEX agent_part_interaction ON agent_part (tenant_id, interaction_id);
CREATE INDEX agent_part_open ON agent_part (tenant_id, interaction_id) WHERE state <> 'ended';

-- What an agent was in, from one change to the next.
CREATE TABLE agent_interval (
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    id TEXT NOT NULL,
    agent_id TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    presence TEXT NOT NULL,
    reason TEXT NOT NULL,
    activity TEXT NOT NULL,
    device TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX agent_interval_agent ON agent_interval (tenant_id, agent_id, started_at);
CREATE INDEX agent_interval_open ON agent_interval (tenant_id, agent_id) WHERE ended_at IS NULL;

CREATE TABLE recording (
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    id TEXT NOT NULL,
    interaction_id TEXT NOT NULL,
    state TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX recording_interaction ON recording (tenant_id, interaction_id);
CREATE INDEX recording_growing ON recording (tenant_id, started_at, id) WHERE state = 'growing';
