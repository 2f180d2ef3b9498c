-- Ranges of past fires that were asked for again. The runs' ids are known when they are asked for,
-- so that how far a backfill is can be read from the ledger and the log by primary key.
CREATE TABLE api.backfills (
    id           uuid PRIMARY KEY,
    task_id      uuid NOT NULL,
    first_at     timestamptz NOT NULL,            -- included
    last_at      timestamptz NOT NULL,            -- excluded
    overlap      text NOT NULL,
    run_ids      uuid[] NOT NULL,                 -- one per fire, oldest first
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by   text,
    cancelled_at timestamptz,
    cancelled_by text
);
CREATE INDEX backfills_of_task ON api.backfills (task_id, created_at DESC, id DESC);
