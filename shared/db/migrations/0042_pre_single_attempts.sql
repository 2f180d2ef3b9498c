-- A run of one attempt, as most are, says all in its own row: `log.attempts` holds those of runs that had, or are to have,
-- another one.
CREATE OR REPLACE VIEW log.api_attempts AS
SELECT run_id, attempt, status, started_at, completed_at, error_message, result, executor, retry_at
FROM log.attempts
UNION ALL
SELECT r.run_id, r.attempt, r.status, r.started_at, r.completed_at, r.error_message, r.result, r.executor, NULL
FROM log.runs r
WHERE r.attempt = 1 AND NOT EXISTS (SELECT FROM log.attempts a WHERE a.run_id = r.run_id AND a.attempt = 1);
