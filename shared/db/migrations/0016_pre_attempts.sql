-- What is known of attempts that others followed, and how far one is that is under way.

-- How attempts ended that did not end their run: a lease tells only of the newest one. They are said
-- again until the log has them, and kept for as long as ended leases are.
CREATE TABLE executor.attempt_ends (
    run_id      uuid NOT NULL,
    attempt     integer NOT NULL,
    claimed_at  timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    report      bytea NOT NULL,                   -- the RunFinished record
    PRIMARY KEY (run_id, attempt)
);
CREATE INDEX attempt_ends_finished ON executor.attempt_ends (finished_at);

-- What the action of the attempt that holds the lease said last of how far it is.
ALTER TABLE executor.leases ADD COLUMN progress text;      -- JSON: percent, message, at

-- The executors see which ends of attempts have become rows.
CREATE VIEW log.executor_ended_attempts AS
SELECT run_id, attempt FROM log.attempts WHERE completed_at IS NOT NULL;

CREATE VIEW executor.api_attempt_claims AS
SELECT run_id, attempt, claimed_at FROM executor.attempt_ends;

CREATE OR REPLACE VIEW executor.api_leases AS
SELECT l.run_id, l.attempt, l.claimed_at, l.lease_until, l.outcome, l.finished_at, l.retry_at,
       l.progress,
       (SELECT e.instance FROM executor.executors e WHERE e.executor_id = l.executor_id) AS executor
FROM executor.leases l;
