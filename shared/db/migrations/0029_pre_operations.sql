-- What operators look at and switch: the dashboard's counts, failing tasks, drained executors, pauses
-- and limits that end by themselves, decisions about dead letters.

-- Ends of runs by time and status, counted in the statement that makes a row of the log final. Each
-- connection of a log writer adds to a share of its own, so that none waits for another's.
CREATE TABLE log.run_tallies (
    bucket timestamptz NOT NULL,                  -- five minutes, by the time of the end
    status text NOT NULL,
    share  smallint NOT NULL,
    runs   bigint NOT NULL,
    PRIMARY KEY (bucket, status, share)
) WITH (fillfactor = 70);
INSERT INTO log.run_tallies (bucket, status, share, runs)
SELECT date_bin('5 minutes', completed_at, 'epoch'), status, 0, count(*)
FROM log.runs WHERE final AND completed_at > clock_timestamp() - interval '35 days' GROUP BY 1, 2;
CREATE VIEW log.api_run_tallies AS SELECT bucket, status, runs FROM log.run_tallies;

-- How often each task has failed since it last went well. A run that was cancelled tells nothing.
CREATE TABLE log.task_health (
    task_id         uuid PRIMARY KEY,
    failures        integer NOT NULL,             -- in a row; 0: the last one went well
    failing_since   timestamptz,                  -- the end of the first of them
    last_failed_at  timestamptz,
    last_failed_run uuid,
    last_status     text,                         -- of the last one that failed
    last_error      text,
    last_success_at timestamptz
) WITH (fillfactor = 50);
INSERT INTO log.task_health
SELECT r.task_id, count(*) FILTER (WHERE r.failed AND r.at > coalesce(g.at, '-infinity')),
       min(r.at) FILTER (WHERE r.failed AND r.at > coalesce(g.at, '-infinity')),
       max(r.at) FILTER (WHERE r.failed),
       (array_agg(r.run_id ORDER BY r.at DESC) FILTER (WHERE r.failed))[1],
       (array_agg(r.status ORDER BY r.at DESC) FILTER (WHERE r.failed))[1],
       (array_agg(r.line ORDER BY r.at DESC) FILTER (WHERE r.failed))[1], g.at
FROM (SELECT task_id, run_id, status, completed_at AS at, status <> 'success' AS failed,
             left(split_part(coalesce(error_message, result, status), E'\n', 1), 500) AS line
      FROM log.runs WHERE final AND completed_at IS NOT NULL AND status <> 'cancelled') r
LEFT JOIN (SELECT task_id, max(completed_at) AS at FROM log.runs
           WHERE final AND status = 'success' GROUP BY task_id) g USING (task_id)
GROUP BY r.task_id, g.at;
CREATE VIEW log.api_task_health AS
SELECT task_id, failures, failing_since, last_failed_at, last_failed_run, last_status, last_error,
       last_success_at
FROM log.task_health;

CREATE VIEW log.api_open_silences AS
SELECT run_id, task_id, since, last, fires, raised_at FROM log.silences WHERE closed_at IS NULL;

-- When tasks fire next, as the scheduler has it.
CREATE VIEW scheduler.api_next_fires AS
SELECT task_id, next_fire_at, next_due_at FROM scheduler.jobs
WHERE next_due_at IS NOT NULL AND enabled AND NOT deleted;
-- Fires that started nothing, in the order in which that was decided.
CREATE VIEW scheduler.api_unstarted AS
SELECT run_id, task_id, trigger, scheduled_for, due_at, outcome, reason, missed_count, missed_since,
       coalesce(decided_at, created_at) AS decided_at
FROM scheduler.occurrences WHERE outcome <> 'fired' AND cancelled_at IS NULL;
-- What was heard of the upstreams of a task with depends_on.
CREATE VIEW scheduler.api_upstream_ends AS
SELECT downstream, upstream, place, run_id, state, at FROM scheduler.upstream_ends;

-- Executors that are to take nothing more, until somebody says otherwise. One that is started anew is
-- another executor.
CREATE TABLE api.drains (
    executor_id uuid PRIMARY KEY,
    instance    text NOT NULL,
    reason      text,
    drained_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    drained_by  text
);
CREATE VIEW api.executor_drains AS SELECT executor_id FROM api.drains;
ALTER TABLE executor.executors
    ADD COLUMN cordoned boolean NOT NULL DEFAULT false,   -- it has heard that it is to take nothing
    ADD COLUMN version text,
    ADD COLUMN clock_offset double precision;             -- its clock less the database's, in seconds
CREATE OR REPLACE VIEW executor.api_executors AS
SELECT executor_id, instance, host, started_at, seen_at, slots, running,
       draining OR cordoned AS draining, actions, queues, labels, cordoned, version, clock_offset
FROM executor.executors;
CREATE OR REPLACE VIEW executor.scheduler_executors AS
SELECT executor_id, seen_at, draining OR cordoned AS draining, actions, queues, labels
FROM executor.executors;
CREATE VIEW executor.api_in_hand AS
SELECT executor_id, run_id, task_id, attempt, claimed_at, lease_until, progress, lost
FROM executor.leases WHERE outcome IS NULL;

-- Pauses and limits that end by themselves: by the database's clock, whoever is down at that time.
ALTER TABLE api.queues
    ADD COLUMN pause_reason text,
    ADD COLUMN paused_at timestamptz,
    ADD COLUMN paused_by text,
    ADD COLUMN paused_until timestamptz,                  -- null: until somebody resumes it
    ADD COLUMN override_concurrency integer,              -- in the stead of `concurrency` ...
    ADD COLUMN override_until timestamptz,                -- ... until then
    ADD COLUMN override_reason text,
    ADD COLUMN override_by text;
ALTER TABLE api.switches
    ADD COLUMN reason text,
    ADD COLUMN paused_until timestamptz;
CREATE OR REPLACE VIEW api.scheduler_queues AS
SELECT name, paused AND coalesce(paused_until > clock_timestamp(), true) AS paused,
       CASE WHEN override_until > clock_timestamp() THEN override_concurrency ELSE concurrency END
           AS concurrency,
       rate_limit, rate_period_seconds, max_depth
FROM api.queues;
CREATE OR REPLACE VIEW api.scheduler_switches AS
SELECT paused AND coalesce(paused_until > clock_timestamp(), true) AS paused FROM api.switches;

-- What people decided about dead letters. No row: nobody has.
CREATE TABLE api.dead_letter_decisions (
    letter_id  bigint PRIMARY KEY,
    decision   text NOT NULL,                             -- resent, discarded
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    decided_by text
);
