-- What the scheduler owns: its copy of the tasks (when is each due next?) and the ledger.
CREATE SCHEMA scheduler;

CREATE TABLE scheduler.jobs (
    task_id      uuid PRIMARY KEY,
    version      bigint NOT NULL,
    deleted      boolean NOT NULL DEFAULT false,  -- a tombstone: late events of a deleted task stay harmless
    enabled      boolean NOT NULL,
    name         text NOT NULL,
    action       text NOT NULL,
    action_config text NOT NULL,                  -- JSON, only ever handed on
    timeout_seconds integer NOT NULL,
    queue        text NOT NULL,
    priority     smallint NOT NULL,
    schedule     text,                            -- JSON; null: no time of its own
    next_fire_at timestamptz,                     -- nominal time of the first fire not yet in the ledger
    next_due_at  timestamptz,                     -- when the ticker looks at it again (jitter added)
    backlog      text,                            -- JSON; state of a catch-up that takes several ticks
    changed_at   timestamptz NOT NULL             -- when this version became true
) WITH (fillfactor = 70);
CREATE INDEX jobs_due ON scheduler.jobs (next_due_at) WHERE next_due_at IS NOT NULL;

-- The ledger: one row for every fire that was expected or asked for, with what became of it.
CREATE TABLE scheduler.occurrences (
    run_id        uuid PRIMARY KEY,
    task_id       uuid NOT NULL,
    trigger       text NOT NULL,                  -- schedule, manual, ...
    scheduled_for timestamptz NOT NULL,           -- nominal time; for a request the time it was made
    moment        text NOT NULL DEFAULT '',       -- tells requests of one instant apart; empty for schedules
    due_at        timestamptz NOT NULL,
    outcome       text NOT NULL,
    reason        text,
    missed_count  integer NOT NULL DEFAULT 0,
    missed_since  timestamptz,
    version       bigint NOT NULL,                -- of the task that fired
    requested_by  text,
    queue         text NOT NULL,
    priority      smallint NOT NULL,
    attempt       integer NOT NULL DEFAULT 1,     -- the newest attempt ordered
    settled       boolean NOT NULL,               -- true: it ended, or there was nothing to run
    cancelled_at  timestamptz,                    -- taken back while waiting; cleared once that is certain
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (task_id, scheduled_for, trigger, moment)
) WITH (fillfactor = 80);
CREATE INDEX occurrences_open ON scheduler.occurrences (created_at) WHERE NOT settled;
-- Rows come in the order of this column: a few kilobytes tell where the old ones lie.
CREATE INDEX occurrences_age ON scheduler.occurrences USING brin (created_at);
CREATE INDEX occurrences_cancelled ON scheduler.occurrences (cancelled_at) WHERE cancelled_at IS NOT NULL;
