-- What a run that was let go has taken, whatever becomes of its task; and runs called back.

ALTER TABLE scheduler.occurrences
    ADD COLUMN slot text,                         -- the key whose slot it has, '' for its task's; null: not admitted
    ADD COLUMN locks text,                        -- JSON array of the locks that it has; null: none
    ADD COLUMN recalled_at timestamptz,           -- its order is called back; cleared once that is certain
    ADD COLUMN recalls smallint NOT NULL DEFAULT 0; -- how often
CREATE INDEX occurrences_locked ON scheduler.occurrences (run_id) WHERE locks IS NOT NULL AND NOT settled;
CREATE INDEX occurrences_recalled ON scheduler.occurrences (recalled_at) WHERE recalled_at IS NOT NULL;

-- Runs that are held until the end of a blackout follow their calendars.
CREATE INDEX occurrences_blacked_out ON scheduler.occurrences (task_id)
    WHERE held AND waits_for = 'blackout';

-- What is called back cannot be claimed any more.
CREATE OR REPLACE VIEW scheduler.executor_runs AS
SELECT o.run_id, o.task_id, o.trigger, o.scheduled_for, o.due_at, o.requested_by, o.missed_count,
       o.missed_since, o.attempt, j.version, j.name, j.action,
       coalesce(o.params, j.action_config) AS action_config, j.timeout_seconds,
       j.policy, o.origin, o.cancel_reason  -- not null: it is to end without being begun (again)
FROM scheduler.occurrences o JOIN scheduler.jobs j USING (task_id)
WHERE o.outcome = 'fired' AND NOT o.held AND o.recalled_at IS NULL;

-- How many runs may wait in a queue; null: no limit.
ALTER TABLE api.queues ADD COLUMN max_depth integer;
CREATE OR REPLACE VIEW api.scheduler_queues AS
SELECT name, paused, concurrency, rate_limit, rate_period_seconds, max_depth FROM api.queues;

-- So that people can be told who has what a run waits for.
CREATE OR REPLACE VIEW scheduler.api_occurrences AS
SELECT o.run_id, o.task_id, o.trigger, o.scheduled_for, o.due_at, o.outcome, o.reason, o.missed_count,
       o.missed_since, o.held, o.waits_for, o.not_before, o.admitted_at, o.created_at, o.attempt,
       o.settled, o.queue, o.priority, o.requested_by, o.origin, o.params, o.cancel_requested_at,
       o.version, o.slot, o.locks
FROM scheduler.occurrences o;
