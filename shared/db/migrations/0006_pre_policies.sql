-- How tasks are to be run: policies, runs that wait to be admitted, attempts that are tried again.

ALTER TABLE api.tasks ADD COLUMN policy json NOT NULL DEFAULT '{}';

-- Queues by name. One that has no row has no limits.
CREATE TABLE api.queues (
    name           text PRIMARY KEY,
    description    text,
    paused         boolean NOT NULL DEFAULT false,
    concurrency    integer,                       -- live runs at once; null: no limit
    rate_limit     integer,                       -- starts per period; null: no limit
    rate_period_seconds integer,
    updated_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_by     text
);

-- Times that schedules keep clear of, by name; `spec` is judged by shared/domain/blackout.py.
CREATE TABLE api.calendars (
    name        text PRIMARY KEY,
    description text,
    spec        json NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_by  text
);

-- Switches of the whole system.
CREATE TABLE api.switches (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    paused     boolean NOT NULL DEFAULT false,    -- nothing starts anywhere
    changed_at timestamptz,
    changed_by text
);
INSERT INTO api.switches DEFAULT VALUES;

CREATE VIEW api.scheduler_queues AS
SELECT name, paused, concurrency, rate_limit, rate_period_seconds FROM api.queues;
CREATE VIEW api.scheduler_calendars AS SELECT name, spec FROM api.calendars;
CREATE VIEW api.scheduler_switches AS SELECT paused FROM api.switches;

ALTER TABLE scheduler.jobs
    ADD COLUMN policy text NOT NULL DEFAULT '{}',          -- JSON of contracts.policy.TaskPolicy
    ADD COLUMN trigger_config text;                        -- JSON; null: no event starts it

ALTER TABLE scheduler.occurrences
    ADD COLUMN held boolean NOT NULL DEFAULT false,        -- fired, but waits to be admitted
    ADD COLUMN waits_for text,                             -- why it waits; null unless held
    ADD COLUMN not_before timestamptz,                     -- not to be admitted before
    ADD COLUMN admitted_at timestamptz,                    -- when a held run was let go
    ADD COLUMN params text,                                -- JSON; instead of the task's action_config
    ADD COLUMN overlap text,                               -- instead of the task's
    ADD COLUMN unique_key text,
    ADD COLUMN origin text,                                -- JSON: the event, the run, the backfill that caused it
    ADD COLUMN cancel_requested_at timestamptz,            -- its live attempt is to stop
    ADD COLUMN cancel_reason text;
CREATE INDEX occurrences_live ON scheduler.occurrences (task_id) WHERE NOT settled;
CREATE INDEX occurrences_held ON scheduler.occurrences (due_at) WHERE held;
CREATE UNIQUE INDEX occurrences_unique ON scheduler.occurrences (unique_key)
    WHERE unique_key IS NOT NULL AND NOT settled;

-- Whoever holds this row's lock admits; the others go on with something else.
CREATE TABLE scheduler.admission (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row));
INSERT INTO scheduler.admission DEFAULT VALUES;

-- An attempt that failed and will be followed by another has the outcome `retry`; one that asked to
-- be called again, `snoozed`. Neither is the end of its run.
ALTER TABLE executor.leases
    ADD COLUMN failed integer NOT NULL DEFAULT 0,          -- attempts before this one that failed
    ADD COLUMN retry_at timestamptz;
ALTER TABLE executor.executors
    ADD COLUMN queues text[] NOT NULL DEFAULT '{default}',
    ADD COLUMN labels json NOT NULL DEFAULT '{}';

DROP VIEW scheduler.executor_runs;
CREATE VIEW scheduler.executor_runs AS
SELECT o.run_id, o.task_id, o.trigger, o.scheduled_for, o.due_at, o.requested_by, o.missed_count,
       o.missed_since, o.attempt, j.version, j.name, j.action,
       coalesce(o.params, j.action_config) AS action_config, j.timeout_seconds,
       j.policy, o.origin, o.cancel_reason  -- not null: it is to end without being begun (again)
FROM scheduler.occurrences o JOIN scheduler.jobs j USING (task_id)
WHERE o.outcome = 'fired' AND NOT o.held;

-- What executors must stop.
CREATE VIEW scheduler.executor_cancels AS
SELECT run_id, cancel_reason FROM scheduler.occurrences
WHERE cancel_requested_at IS NOT NULL AND NOT settled;

DROP VIEW scheduler.api_occurrences;
CREATE VIEW scheduler.api_occurrences AS
SELECT o.run_id, o.task_id, o.trigger, o.scheduled_for, o.due_at, o.outcome, o.reason, o.missed_count,
       o.missed_since, o.held, o.waits_for, o.not_before, o.admitted_at, o.created_at, o.attempt,
       o.settled, o.queue, o.priority, o.requested_by, o.origin, o.params, o.cancel_requested_at,
       o.version
FROM scheduler.occurrences o;

DROP VIEW executor.scheduler_leases;
CREATE VIEW executor.scheduler_leases AS
SELECT run_id, task_id, attempt, lease_until, outcome, claimed_at, retry_at, finished_at
FROM executor.leases;

DROP VIEW executor.api_executors;
CREATE VIEW executor.api_executors AS
SELECT executor_id, instance, host, started_at, seen_at, slots, running, draining, actions, queues,
       labels
FROM executor.executors;
CREATE VIEW executor.scheduler_executors AS
SELECT executor_id, seen_at, draining, actions, queues, labels FROM executor.executors;
CREATE VIEW executor.api_leases AS
SELECT run_id, attempt, claimed_at, lease_until, outcome, finished_at, retry_at FROM executor.leases;

-- One row per attempt, beside the one per run.
CREATE TABLE log.attempts (
    run_id        uuid NOT NULL,
    attempt       integer NOT NULL,
    status        text NOT NULL,
    started_at    timestamptz NOT NULL,
    completed_at  timestamptz,
    error_message text,
    result        text,
    executor      text NOT NULL,
    retry_at      timestamptz,                             -- when the next one may begin
    PRIMARY KEY (run_id, attempt)
);
CREATE VIEW log.api_attempts AS
SELECT run_id, attempt, status, started_at, completed_at, error_message, result, executor, retry_at
FROM log.attempts;
