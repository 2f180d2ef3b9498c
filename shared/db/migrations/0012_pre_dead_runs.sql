-- Runs that ended for good without success, and what people decided about them.

-- The log writer learns from here whether a task's runs are tried again before they are given up.
CREATE VIEW scheduler.log_writer_retries AS
SELECT task_id, name, policy::jsonb ? 'retry' AS retries FROM scheduler.jobs;

-- And from here whether what is said of a run is true.
CREATE VIEW executor.log_writer_leases AS SELECT run_id, attempt, outcome FROM executor.leases;

CREATE TABLE log.dead_runs (
    run_id        uuid PRIMARY KEY,
    task_id       uuid NOT NULL,
    task_name     text,
    trigger       text NOT NULL,
    status        text NOT NULL,                  -- failure, timed_out, needs_operator
    attempt       integer NOT NULL,               -- the last one
    scheduled_for timestamptz NOT NULL,
    died_at       timestamptz NOT NULL,
    error_message text,
    executor      text NOT NULL
);
CREATE INDEX dead_runs_newest ON log.dead_runs (died_at, run_id);
CREATE INDEX dead_runs_of_task ON log.dead_runs (task_id, died_at);

CREATE VIEW log.api_dead_runs AS
SELECT run_id, task_id, task_name, trigger, status, attempt, scheduled_for, died_at, error_message,
       executor
FROM log.dead_runs;

-- One writer per table: what people decide is the API's. No row: nobody has decided yet.
CREATE TABLE api.dead_run_decisions (
    run_id     uuid PRIMARY KEY,
    decision   text NOT NULL,                     -- requeued, discarded
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    decided_by text,
    times      integer NOT NULL DEFAULT 0,        -- how often it was requeued
    new_run_id uuid                               -- the newest run in its stead
);

-- All runs, newest first; those of a task have `runs_of_task`.
CREATE INDEX runs_newest ON log.runs (started_at);

CREATE OR REPLACE VIEW log.api_runs AS
SELECT run_id, task_id, trigger, status, attempt, scheduled_for, started_at, completed_at,
       duration_seconds, result, error_message, execution_data, executor, final
FROM log.runs;

-- Who is shown a run is shown why it was stopped.
CREATE VIEW scheduler.api_cancels AS
SELECT run_id, cancel_requested_at, cancel_reason FROM scheduler.occurrences
WHERE cancel_requested_at IS NOT NULL;
