-- What the log writer owns: one row per run, its lines, statistics, and what nobody could handle.
CREATE SCHEMA log;

CREATE TABLE log.runs (
    run_id           uuid PRIMARY KEY,
    task_id          uuid NOT NULL,
    trigger          text NOT NULL,
    status           text NOT NULL,
    final            boolean NOT NULL,
    attempt          integer NOT NULL,
    scheduled_for    timestamptz NOT NULL,
    started_at       timestamptz NOT NULL,
    completed_at     timestamptz,
    duration_seconds double precision,
    result           text,
    error_message    text,
    execution_data   text,                        -- JSON
    executor         text NOT NULL,
    recorded_at      timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 90);
CREATE INDEX runs_of_task ON log.runs (task_id, started_at DESC, run_id);

CREATE TABLE log.lines (
    run_id  uuid NOT NULL,
    attempt integer NOT NULL,
    seq     integer NOT NULL,
    at      timestamptz NOT NULL,
    level   text NOT NULL,
    text    text NOT NULL,
    PRIMARY KEY (run_id, attempt, seq)
);

CREATE TABLE log.task_statistics (
    task_id       uuid PRIMARY KEY,
    run_count     bigint NOT NULL,
    success_count bigint NOT NULL,
    failure_count bigint NOT NULL,
    last_run_at   timestamptz NOT NULL,
    last_result   text
) WITH (fillfactor = 50);

CREATE TABLE log.dead_letters (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    fingerprint text NOT NULL UNIQUE,
    stream      text NOT NULL,
    subject     text NOT NULL,
    reason      text NOT NULL,
    payload     bytea NOT NULL,
    headers     jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
