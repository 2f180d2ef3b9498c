-- How services read each other: through views named for the reader, never from tables.

-- The executor claims what the ledger says is to be run, with the task as it now stands.
CREATE VIEW scheduler.executor_runs AS
SELECT o.run_id, o.task_id, o.trigger, o.scheduled_for, o.due_at, o.requested_by, o.missed_count,
       o.missed_since, o.attempt, j.version, j.name, j.action, j.action_config, j.timeout_seconds
FROM scheduler.occurrences o JOIN scheduler.jobs j USING (task_id)
WHERE o.outcome = 'fired';

CREATE VIEW scheduler.api_occurrences AS
SELECT run_id, task_id, trigger, scheduled_for, due_at, outcome, reason, missed_count, missed_since
FROM scheduler.occurrences;

-- The scheduler sees which runs an executor has, and whose executor went silent.
CREATE VIEW executor.scheduler_leases AS
SELECT run_id, task_id, attempt, lease_until, outcome, claimed_at FROM executor.leases;

CREATE VIEW executor.api_executors AS
SELECT executor_id, instance, host, started_at, seen_at, slots, running, draining, actions
FROM executor.executors;

-- The executors see which of their reports have become final rows.
CREATE VIEW log.executor_final_runs AS
SELECT run_id FROM log.runs WHERE final;

CREATE VIEW log.api_runs AS
SELECT run_id, task_id, trigger, status, attempt, scheduled_for, started_at, completed_at,
       duration_seconds, result, error_message, execution_data, executor
FROM log.runs;

CREATE VIEW log.api_lines AS
SELECT run_id, attempt, seq, at, level, text FROM log.lines;

CREATE VIEW log.api_task_statistics AS
SELECT task_id, run_count, success_count, failure_count, last_run_at, last_result
FROM log.task_statistics;

CREATE VIEW log.api_dead_letters AS
SELECT id, stream, subject, reason, payload, headers, created_at FROM log.dead_letters;
