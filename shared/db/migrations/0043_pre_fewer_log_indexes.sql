-- outside a transaction
-- Two indexes of the log instead of four: what they hold beside their keys answers what the other two were for.
DROP INDEX CONCURRENTLY IF EXISTS log.runs_by_task;
CREATE INDEX CONCURRENTLY runs_by_task ON log.runs (task_id, started_at DESC, run_id)
    INCLUDE (final, status, duration_seconds, scheduled_for);
DROP INDEX CONCURRENTLY IF EXISTS log.runs_by_start;
CREATE INDEX CONCURRENTLY runs_by_start ON log.runs (started_at) INCLUDE (final, status);
DROP INDEX CONCURRENTLY IF EXISTS log.runs_of_task;
DROP INDEX CONCURRENTLY IF EXISTS log.runs_ended_of_task;
DROP INDEX CONCURRENTLY IF EXISTS log.runs_newest;
DROP INDEX CONCURRENTLY IF EXISTS log.runs_by_day;
