-- What the engine was given, so that its decisions can be made once more (docs/replay.md).

-- One life of a tenant's engine: what it began with.
CREATE TABLE input_run (
    tenant_id TEXT NOT NULL REFERENCES tenant (id),
    id TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    -- The 64 bits of the seed.
    seed BIGINT NOT NULL,
    -- Version of the program.
    program TEXT NOT NULL,
    -- The day's sums given after the first input, as JSON (`engine::Today`).
    today TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX input_run_started ON input_run (tenant_id, started_at, id);

-- Inputs of a run, in order, each batch written in one transaction with the journal's rows that they made: those from
-- `first_seq` to `last_seq`, and no others.
CREATE TABLE input_batch (
    tenant_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    -- The number in its run of the first input; the run begins with 1.
    first BIGINT NOT NULL,
    inputs BIGINT NOT NULL,
    -- Engine time of the first and of the last input.
    began_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    -- Less than `first_seq` when the inputs made no row.
    last_seq BIGINT NOT NULL,
    -- One line each: time and JSON.
    lines TEXT NOT NULL,
    PRIMARY KEY (tenant_id, run_id, first),
    FOREIGN KEY (tenant_id, run_id) REFERENCES input_run (tenant_id, id)
);
