-- Who changed what in the configuration, when, from what to what. Written in the transaction of the change.
CREATE TABLE change (
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    -- Of the configuration with this change.
    version BIGINT NOT NULL,
    at BIGINT NOT NULL,
    -- Null: by the command line of the server.
    user_id TEXT,
    -- tenant, queue, user, skill, disposition, flow, number or trunk.
    subject TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    -- What it was called then.
    name TEXT NOT NULL,
    -- JSON; null before it was made and after it was deleted. Secrets are not in it.
    before TEXT,
    after TEXT,
    -- JSON: what the ids in both were called then, by id.
    names TEXT NOT NULL,
    PRIMARY KEY (tenant_id, version)
);
CREATE INDEX change_at ON change (tenant_id, at);
