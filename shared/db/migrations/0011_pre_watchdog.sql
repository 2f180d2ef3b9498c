-- The watchdog: another service than the scheduler works out what should have fired, and looks.

CREATE VIEW api.log_writer_tasks AS
SELECT id, name, schedule_config, updated_at FROM api.tasks
WHERE enabled AND task_type = 'scheduled' AND schedule_config IS NOT NULL;

CREATE VIEW scheduler.log_writer_occurrences AS
SELECT run_id, task_id, scheduled_for, due_at, outcome, reason, created_at,
       coalesce(decided_at, created_at) AS decided_at
FROM scheduler.occurrences WHERE trigger = 'schedule';

-- How far the round over all tasks is. Whoever holds the row's lock walks; the others rest.
CREATE TABLE log.watchdog (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    looked_from timestamptz NOT NULL,             -- this round looks at what was due after this
    looked_to   timestamptz NOT NULL,             -- up to this, included; the next one goes on from it
    behind      uuid                              -- the last task looked at; null: the round is over
);
INSERT INTO log.watchdog (looked_from, looked_to) VALUES (clock_timestamp(), clock_timestamp());

-- A task whose fires nobody entered, from the first one until its schedule goes on.
CREATE TABLE log.silences (
    run_id    uuid PRIMARY KEY,                   -- that the first of them would have had
    task_id   uuid NOT NULL,
    since     timestamptz NOT NULL,               -- the first of them
    last      timestamptz NOT NULL,
    fires     integer NOT NULL,
    raised_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at timestamptz,
    fires_again boolean NOT NULL DEFAULT false    -- false though closed: the task was changed
);
CREATE UNIQUE INDEX silences_open ON log.silences (task_id) WHERE closed_at IS NULL;
CREATE INDEX silences_raised ON log.silences (raised_at);
CREATE INDEX silences_closed ON log.silences (closed_at) WHERE closed_at IS NOT NULL;
CREATE VIEW log.notifier_silences AS
SELECT run_id, task_id, since, fires, raised_at AS at, 'silent' AS kind, true AS is_told
FROM log.silences
UNION ALL
SELECT run_id, task_id, since, fires, closed_at, 'heard', fires_again
FROM log.silences WHERE closed_at IS NOT NULL;
