-- The watchdog: another service than the scheduler works out what should have fired, and looks.

CREATE VIEW api.log_writer_tasks AS
SELECT id, name, schedule_config, updated_at FROM api.tasks
WHERE enabled AND task_type = 'scheduled' AND schedule_config IS NOT NULL;

CREATE VIEW scheduler.log_writer_occurrences AS
SELECT run_id, task_id, scheduled_for, due_at, outcome, reason, created_at
FROM scheduler.occurrences WHERE trigger = 'schedule';

-- How far the round over all tasks is. Whoever holds the row's lock walks; the others rest.
CREATE TABLE log.watchdog (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    looked_from timestamptz NOT NULL,             -- this round looks at what was due after this
    looked_to   timestamptz NOT NULL,             -- up to this, included; the next one goes on from it
    behind      uuid                              -- the last task looked at; null: the round is over
);
INSERT INTO log.watchdog (looked_from, looked_to) VALUES (clock_timestamp(), clock_timestamp());
