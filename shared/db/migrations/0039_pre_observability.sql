-- The trace that a run belongs to lies with its ledger row: what NATS loses, the trace survives.

ALTER TABLE scheduler.occurrences
    ADD COLUMN traceparent text;                  -- W3C trace context of the row's own span; null: not traced

CREATE OR REPLACE VIEW scheduler.executor_runs AS
SELECT o.run_id, o.task_id, o.trigger, o.scheduled_for, o.due_at, o.requested_by, o.missed_count,
       o.missed_since, o.attempt, j.version, j.name, j.action,
       coalesce(o.params, j.action_config) AS action_config, j.timeout_seconds,
       j.policy, o.origin, o.cancel_reason,  -- not null: it is to end without being begun (again)
       o.traceparent
FROM scheduler.occurrences o JOIN scheduler.jobs j USING (task_id)
WHERE o.outcome = 'fired' AND NOT o.held AND o.recalled_at IS NULL;

CREATE OR REPLACE VIEW scheduler.api_occurrences AS
SELECT o.run_id, o.task_id, o.trigger, o.scheduled_for, o.due_at, o.outcome, o.reason, o.missed_count,
       o.missed_since, o.held, o.waits_for, o.not_before, o.admitted_at, o.created_at, o.attempt,
       o.settled, o.queue, o.priority, o.requested_by, o.origin, o.params, o.cancel_requested_at,
       o.version, o.slot, o.locks, o.traceparent
FROM scheduler.occurrences o;

-- So that each service can say which migration it misses, though none may read the table itself.
CREATE VIEW api.api_migrations AS SELECT name FROM public.schema_migrations;
CREATE VIEW scheduler.scheduler_migrations AS SELECT name FROM public.schema_migrations;
CREATE VIEW executor.executor_migrations AS SELECT name FROM public.schema_migrations;
CREATE VIEW log.log_writer_migrations AS SELECT name FROM public.schema_migrations;
CREATE VIEW notify.notifier_migrations AS SELECT name FROM public.schema_migrations;
