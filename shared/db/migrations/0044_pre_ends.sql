-- The end of a run is one transaction: its lease goes, its ledger row is settled, its final row is in the log and counted.
-- An executor calls it with what it knows of each attempt that ended; who reads the lease, the ledger or the log sees all
-- of it or nothing.

ALTER TABLE log.runs ADD COLUMN claimed_at timestamptz;
ALTER TABLE log.attempts ADD COLUMN claimed_at timestamptz;
-- Half of it is dead at any time: every lease ends.
ALTER TABLE executor.leases SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Ends of which the tasks that depend on these have yet to be started; in `scheduler.runless_ends` are those that a
-- scheduler of the version before has noted.
CREATE TABLE scheduler.run_ends (
    run_id   uuid PRIMARY KEY,
    task_id  uuid NOT NULL,
    status   text NOT NULL,          -- how the run ended, or why there was none
    ended_at timestamptz NOT NULL
);

-- How an attempt ended. `retry_at`: its run goes on then at the earliest, with another attempt.
CREATE TYPE log.attempt_end AS (
    run_id uuid, task_id uuid, attempt integer, trigger text, scheduled_for timestamptz, claimed_at timestamptz,
    started_at timestamptz, executor text, status text, completed_at timestamptz, result text, error_message text,
    execution_data text, retry_at timestamptz
);

-- Makes rows of ends, at most one of each run, and counts runs in the statement that makes their rows final, hence once.
-- A row moves only forward: no row -> running (attempt n) -> retrying -> running (attempt n+1) -> final, for ever.
-- `last_run_at` and `last_result` are of the run that started last; where two started in the same instant the greater text
-- wins, so that the order of arrival never shows.
-- All writers of the log lock rows of `runs` in order of run_id, then those of `task_statistics` in order of task_id, of
-- `run_tallies` and `task_health` by their keys, and last those of `attempts`: they cannot wait for each other in a circle.
-- Returns how many runs were new among the dead: those that need an operator, and failures of tasks that are tried again.
CREATE FUNCTION log.record_ends(ends log.attempt_end[]) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    dead integer := 0;
BEGIN
    WITH new AS MATERIALIZED (
        SELECT *, retry_at IS NULL AS final FROM unnest(ends)
    ), written AS (
        INSERT INTO log.runs AS known
            (run_id, task_id, trigger, status, final, attempt, scheduled_for, claimed_at, started_at, completed_at,
             duration_seconds, result, error_message, execution_data, executor)
        SELECT run_id, task_id, trigger, CASE WHEN final THEN status ELSE 'retrying' END, final, attempt, scheduled_for,
            claimed_at, started_at, CASE WHEN final THEN completed_at END,
            CASE WHEN final THEN greatest(0, extract(epoch FROM completed_at - started_at)) END,
            CASE WHEN final THEN result END, error_message, execution_data, executor
        FROM new ORDER BY run_id
        ON CONFLICT (run_id) DO UPDATE SET
            task_id = excluded.task_id, trigger = excluded.trigger, status = excluded.status, final = excluded.final,
            attempt = excluded.attempt, scheduled_for = excluded.scheduled_for, claimed_at = excluded.claimed_at,
            started_at = excluded.started_at, completed_at = excluded.completed_at,
            duration_seconds = excluded.duration_seconds, result = excluded.result,
            error_message = excluded.error_message, execution_data = excluded.execution_data,
            executor = excluded.executor, recorded_at = excluded.recorded_at
        WHERE NOT known.final
          AND (excluded.final OR excluded.attempt > known.attempt
               OR excluded.attempt = known.attempt AND known.status = 'running')
        RETURNING *, left(split_part(coalesce(result, error_message, status), E'\n', 1), 500) AS line
    ), ended AS MATERIALIZED (
        SELECT *, status <> 'success' AS failed FROM written WHERE final
    ), counted AS (
        INSERT INTO log.task_statistics AS sum
            (task_id, run_count, success_count, failure_count, last_run_at, last_result)
        SELECT task_id, count(*), count(*) FILTER (WHERE NOT failed),
            count(*) FILTER (WHERE failed AND status <> 'cancelled'), max(started_at),
            (array_agg(line ORDER BY started_at DESC, line DESC))[1]
        FROM ended GROUP BY task_id ORDER BY task_id
        ON CONFLICT (task_id) DO UPDATE SET
            run_count = sum.run_count + excluded.run_count,
            success_count = sum.success_count + excluded.success_count,
            failure_count = sum.failure_count + excluded.failure_count,
            last_run_at = greatest(sum.last_run_at, excluded.last_run_at),
            last_result = CASE
                WHEN (excluded.last_run_at, excluded.last_result) > (sum.last_run_at, sum.last_result)
                THEN excluded.last_result ELSE sum.last_result END
    ), tallied AS (  -- the ends of five minutes by status; connections add to shares of their own
        INSERT INTO log.run_tallies AS sum (bucket, status, share, runs)
        SELECT date_bin('5 minutes', completed_at, 'epoch'), status, pg_backend_pid() % 8, count(*)
        FROM ended GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (bucket, status, share) DO UPDATE SET runs = sum.runs + excluded.runs
    ), judged AS (  -- of the failures of a batch those count that ended after its last success
        SELECT task_id, failed, failed AND completed_at > coalesce(
                max(completed_at) FILTER (WHERE NOT failed) OVER (PARTITION BY task_id), '-infinity') AS counts,
            completed_at AS at, run_id, status, line
        FROM ended WHERE status <> 'cancelled'
    ), health AS (
        -- How often a task failed since it last went well. Of a success that is heard after later failures it is known
        -- when they began, but not how many came before it: then one is counted, the last.
        INSERT INTO log.task_health AS known
            (task_id, failures, failing_since, last_failed_at, last_failed_run, last_status, last_error, last_success_at)
        SELECT task_id, count(*) FILTER (WHERE counts), min(at) FILTER (WHERE counts), max(at) FILTER (WHERE failed),
            (array_agg(run_id ORDER BY at DESC, run_id) FILTER (WHERE failed))[1],
            (array_agg(status ORDER BY at DESC, run_id) FILTER (WHERE failed))[1],
            (array_agg(line ORDER BY at DESC, run_id) FILTER (WHERE failed))[1], max(at) FILTER (WHERE NOT failed)
        FROM judged GROUP BY task_id ORDER BY task_id
        ON CONFLICT (task_id) DO UPDATE SET
            (failures, failing_since) = (
                SELECT old.kept + new.kept,
                    least(CASE WHEN old.kept = known.failures THEN known.failing_since
                               WHEN old.kept > 0 THEN known.last_failed_at END,
                          CASE WHEN new.kept = excluded.failures THEN excluded.failing_since
                               WHEN new.kept > 0 THEN excluded.last_failed_at END)
                FROM (SELECT CASE
                    WHEN excluded.last_success_at IS NULL
                      OR known.failing_since > excluded.last_success_at THEN known.failures
                    WHEN known.last_failed_at > excluded.last_success_at THEN least(known.failures, 1)
                    ELSE 0 END AS kept) old,
                (SELECT CASE
                    WHEN known.last_success_at IS NULL
                      OR excluded.failing_since > known.last_success_at THEN excluded.failures
                    WHEN excluded.last_failed_at > known.last_success_at THEN least(excluded.failures, 1)
                    ELSE 0 END AS kept) new),
            (last_failed_at, last_failed_run, last_status, last_error) = (
                SELECT x.a, x.b, x.c, x.d FROM (VALUES
                    (known.last_failed_at, known.last_failed_run, known.last_status, known.last_error),
                    (excluded.last_failed_at, excluded.last_failed_run, excluded.last_status, excluded.last_error)
                ) AS x (a, b, c, d) ORDER BY x.a DESC NULLS LAST, x.b LIMIT 1),
            last_success_at = greatest(known.last_success_at, excluded.last_success_at)
    ), earlier AS (  -- the attempt that the run's row tells of before a later one takes its place
        INSERT INTO log.attempts (run_id, attempt, status, claimed_at, started_at, executor)
        SELECT known.run_id, known.attempt, known.status, known.claimed_at, known.started_at, known.executor
        FROM new JOIN log.runs known USING (run_id)
        WHERE new.attempt > 1 AND known.attempt < new.attempt AND known.status = 'running'
        ON CONFLICT DO NOTHING
    ), attempts AS (  -- one that ended without an end of its own asked to be called again
        INSERT INTO log.attempts AS known
            (run_id, attempt, status, claimed_at, started_at, completed_at, error_message, result, executor, retry_at)
        SELECT run_id, attempt, CASE WHEN status = 'running' THEN 'snoozed' ELSE status END, claimed_at, started_at,
            completed_at, error_message, result, executor, retry_at
        FROM new WHERE attempt > 1 OR NOT final ORDER BY run_id
        ON CONFLICT (run_id, attempt) DO UPDATE SET
            status = excluded.status, claimed_at = excluded.claimed_at, started_at = excluded.started_at,
            completed_at = excluded.completed_at, error_message = excluded.error_message, result = excluded.result,
            executor = excluded.executor, retry_at = excluded.retry_at
        WHERE known.completed_at IS NULL
    ), died AS (
        INSERT INTO log.dead_runs
            (run_id, task_id, task_name, trigger, status, attempt, scheduled_for, died_at, error_message, executor)
        SELECT e.run_id, e.task_id, j.name, e.trigger, e.status, e.attempt, e.scheduled_for, e.completed_at,
            e.error_message, e.executor
        FROM ended e LEFT JOIN scheduler.jobs j ON j.task_id = e.task_id
        WHERE e.status = 'needs_operator' OR e.status IN ('failure', 'timed_out')
              AND (e.attempt > 1 OR coalesce(j.policy::jsonb ? 'retry', false))
        ORDER BY e.run_id
        ON CONFLICT (run_id) DO NOTHING RETURNING 1
    )
    SELECT count(*) INTO dead FROM died;
    RETURN dead;
END $$;

-- Takes orders (`scheduler.take_orders`) and writes the leases. A first attempt has no lease yet. A later one takes over the
-- lease of one before it that ran out, or that ended without ending its run; if the run ended meanwhile there is no lease
-- left to take over. `failed` and `lost` count attempts before this one.
CREATE FUNCTION executor.claim(
    executor uuid, lease interval, queues text[], most integer, labels jsonb, actions text[], last_chance integer,
    no_last_chance boolean
) RETURNS TABLE (
    run_id uuid, attempt integer, lost integer, task_id uuid, trigger text, scheduled_for timestamptz, due_at timestamptz,
    requested_by text, missed_count integer, missed_since timestamptz, version bigint, name text, action text,
    action_config text, timeout_seconds integer, policy text, origin text, failed integer, cancel_reason text,
    traceparent text, claimed_at timestamptz
) LANGUAGE plpgsql SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    until constant timestamptz := clock_timestamp() + lease;
BEGIN
    RETURN QUERY
    WITH taken AS MATERIALIZED (
        SELECT * FROM scheduler.take_orders(queues, most, labels, actions, last_chance, no_last_chance)
    ), begun AS (
        INSERT INTO executor.leases (run_id, task_id, attempt, executor_id, lease_until)
        SELECT t.run_id, t.task_id, t.attempt, claim.executor, until FROM taken t WHERE t.attempt = 1
        ON CONFLICT DO NOTHING RETURNING *
    ), taken_over AS (
        UPDATE executor.leases l
        SET attempt = t.attempt, executor_id = claim.executor, lease_until = until, claimed_at = clock_timestamp(),
            lost = l.lost + CASE WHEN l.handed_back OR l.outcome IS NOT NULL THEN 0 ELSE 1 END,
            failed = l.failed + CASE WHEN l.outcome = 'retry' THEN 1 ELSE 0 END,
            handed_back = false, outcome = NULL, finished_at = NULL, retry_at = NULL, progress = NULL
        FROM taken t, LATERAL (
            SELECT e.ctid FROM executor.leases e
            WHERE e.run_id = t.run_id AND e.attempt < t.attempt
              AND (e.outcome IS NULL AND e.lease_until < clock_timestamp() OR e.outcome IN ('retry', 'snoozed'))
            OFFSET 0) earlier
        WHERE t.attempt > 1 AND l.ctid = earlier.ctid
        RETURNING l.*
    )
    SELECT t.run_id, t.attempt, coalesce(c.lost, 0), t.task_id, t.trigger, t.scheduled_for, t.due_at, t.requested_by,
           t.missed_count, t.missed_since, t.version, t.name, t.action, t.action_config, t.timeout_seconds, t.policy,
           t.origin, c.failed, t.cancel_reason, t.traceparent, c.claimed_at
    FROM taken t JOIN (SELECT * FROM begun UNION ALL SELECT * FROM taken_over) c USING (run_id);
END $$;

-- Stores how attempts ended whose leases are this executor's; returns those of which this is done. The others lost their
-- lease to a later attempt, or somebody has its row in hand: if all others waited for it, none would be stored in time.
-- `ends` come in the order of run_id, in which all lock ledger rows.
CREATE FUNCTION executor.store_ends(executor uuid, ends log.attempt_end[])
RETURNS TABLE (run_id uuid, attempt integer, dead integer) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    leases tid[];
    places bigint[];
    died integer;
BEGIN
    SELECT array_agg(h.lease ORDER BY h.place), array_agg(h.place ORDER BY h.place) INTO leases, places
    FROM (SELECT l.ctid AS lease, e.place FROM unnest(ends) WITH ORDINALITY AS e (
              run_id, task_id, attempt, trigger, scheduled_for, claimed_at, started_at, executor, status, completed_at,
              result, error_message, execution_data, retry_at, place), LATERAL (
              SELECT l.ctid FROM executor.leases l
              WHERE l.run_id = e.run_id AND l.attempt = e.attempt AND l.executor_id = store_ends.executor
                AND l.outcome IS NULL
              FOR UPDATE SKIP LOCKED) l) h;
    IF places IS NULL THEN
        RETURN;
    END IF;
    IF cardinality(places) < cardinality(ends) THEN
        ends := ARRAY(SELECT ends[p.place] FROM unnest(places) AS p (place));
    END IF;
    IF EXISTS (SELECT FROM unnest(ends) e WHERE e.retry_at IS NOT NULL) THEN
        UPDATE executor.leases l
        SET outcome = CASE e.status WHEN 'running' THEN 'snoozed' ELSE 'retry' END, finished_at = clock_timestamp(),
            retry_at = e.retry_at
        FROM unnest(ends) e WHERE l.run_id = e.run_id AND e.retry_at IS NOT NULL;
        leases := ARRAY(SELECT leases[e.place] FROM unnest(ends) WITH ORDINALITY AS e (
            run_id, task_id, attempt, trigger, scheduled_for, claimed_at, started_at, executor, status, completed_at,
            result, error_message, execution_data, retry_at, place) WHERE e.retry_at IS NULL);
    END IF;
    DELETE FROM executor.leases l WHERE l.ctid = ANY (leases);
    UPDATE scheduler.occurrences o SET settled = true
    FROM unnest(ends) e WHERE o.run_id = e.run_id AND e.retry_at IS NULL;
    INSERT INTO scheduler.run_ends (run_id, task_id, status, ended_at)
    SELECT e.run_id, e.task_id, e.status, clock_timestamp() FROM unnest(ends) e
    WHERE e.retry_at IS NULL AND e.task_id IN (
        SELECT g.upstream FROM (SELECT DISTINCT t.task_id FROM unnest(ends) t) d
               JOIN scheduler.edges g ON g.upstream = d.task_id)
    ON CONFLICT DO NOTHING;
    died := log.record_ends(ends);
    RETURN QUERY SELECT e.run_id, e.attempt, died FROM unnest(ends) e;
END $$;

-- Ends that an executor of the version before this one has stored with its leases: the same is done with them. Goes with
-- the next version, as do executor.attempt_ends, executor.confirmed and what a lease says of a final end.
CREATE FUNCTION executor.settle_former(most integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    former uuid[];
    ends log.attempt_end[];
BEGIN
    WITH ended AS MATERIALIZED (
        SELECT l.run_id, convert_from(l.report, 'UTF8')::json AS said, l.claimed_at FROM executor.leases l
        WHERE l.outcome IS NOT NULL AND l.outcome NOT IN ('retry', 'snoozed')
          AND l.finished_at < clock_timestamp() - interval '1 second'
        ORDER BY l.finished_at LIMIT most FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM executor.attempt_ends a WHERE a.ctid = ANY (ARRAY(
            SELECT p.ctid FROM executor.attempt_ends p
            WHERE p.finished_at < clock_timestamp() - interval '1 second' LIMIT most FOR UPDATE SKIP LOCKED))
        RETURNING convert_from(a.report, 'UTF8')::json AS said, a.claimed_at
    ), said AS (
        SELECT run_id, said, claimed_at FROM ended UNION ALL
        SELECT (said ->> 'run_id')::uuid, said, claimed_at FROM gone
    )
    SELECT array_agg(s.run_id) FILTER (WHERE s.said ->> 'retry_at' IS NULL), array_agg(ROW(
        s.run_id, s.said ->> 'task_id', s.said ->> 'attempt', s.said ->> 'trigger', s.said ->> 'scheduled_for',
        s.claimed_at, s.said ->> 'started_at', s.said ->> 'executor', s.said ->> 'status', s.said ->> 'completed_at',
        s.said ->> 'result', s.said ->> 'error_message', s.said ->> 'execution_data', s.said ->> 'retry_at'
        )::log.attempt_end ORDER BY s.run_id, (s.said ->> 'attempt')::int)
    INTO former, ends FROM said s;
    IF ends IS NULL THEN
        RETURN 0;
    END IF;
    FOR place IN 1 .. cardinality(ends) LOOP  -- one by one: a run may be there with several attempts
        IF ends[place].retry_at IS NOT NULL THEN
            PERFORM log.record_ends(ends[place:place]);
        END IF;
    END LOOP;
    PERFORM log.record_ends(ARRAY(SELECT e FROM unnest(ends) AS e WHERE e.retry_at IS NULL ORDER BY e.run_id));
    DELETE FROM executor.leases l WHERE l.run_id = ANY (former);
    INSERT INTO scheduler.run_ends (run_id, task_id, status, ended_at)
    SELECT e.run_id, e.task_id, e.status, e.completed_at FROM unnest(ends) e, scheduler.occurrences o
    WHERE e.retry_at IS NULL AND o.run_id = e.run_id AND NOT o.settled
      AND EXISTS (SELECT FROM scheduler.edges g WHERE g.upstream = e.task_id)
    ON CONFLICT DO NOTHING;
    UPDATE scheduler.occurrences o SET settled = true WHERE o.run_id = ANY (former) AND NOT o.settled;
    RETURN cardinality(ends);
END $$;

DROP INDEX executor.leases_live;
DROP INDEX scheduler.occurrences_open;  -- `occurrences_live` holds the same rows

-- An executor of the version before inserts the lease of a later attempt, too; not where its run has ended meanwhile.
CREATE FUNCTION executor.refuse_ended() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM scheduler.occurrences o WHERE o.run_id = NEW.run_id AND o.settled) THEN
        RAISE EXCEPTION 'the run has ended' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER refuse_ended AFTER INSERT ON executor.leases FOR EACH ROW WHEN (NEW.attempt > 1)
EXECUTE FUNCTION executor.refuse_ended();

-- What leases said of a run that is over, the log says now: for the readers of `task.started` and `task.finished`, who
-- check what they hear.
CREATE OR REPLACE VIEW executor.log_writer_leases AS
SELECT run_id, attempt, outcome FROM executor.leases
UNION ALL SELECT run_id, attempt, status FROM log.runs WHERE final;
CREATE OR REPLACE VIEW executor.notifier_leases AS
SELECT run_id, attempt, outcome FROM executor.leases
UNION ALL SELECT run_id, attempt, status FROM log.runs WHERE final;
CREATE OR REPLACE VIEW executor.api_attempt_claims AS
SELECT run_id, attempt, claimed_at FROM executor.attempt_ends
UNION ALL SELECT run_id, attempt, claimed_at FROM log.attempts WHERE claimed_at IS NOT NULL
UNION ALL SELECT run_id, attempt, claimed_at FROM log.runs WHERE claimed_at IS NOT NULL;

-- By the leases themselves, as they stand.
CREATE OR REPLACE FUNCTION log.forget_runs(keep interval, most integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
    before constant timestamptz := clock_timestamp() - greatest(keep, interval '1 day');
    gone integer;
BEGIN
    WITH old AS MATERIALIZED (
        SELECT r.run_id FROM log.runs r
        WHERE r.final AND r.started_at < before AND r.completed_at < before
          AND NOT EXISTS (SELECT FROM executor.leases l WHERE l.run_id = r.run_id OFFSET 0)
          AND NOT EXISTS (SELECT FROM scheduler.log_writer_unsettled u WHERE u.run_id = r.run_id OFFSET 0)
          AND NOT EXISTS (SELECT FROM log.dead_runs d WHERE d.run_id = r.run_id OFFSET 0)
          AND r.run_id NOT IN (SELECT i.run_id FROM notify.log_writer_incident_runs i)
        ORDER BY r.started_at LIMIT most
        FOR UPDATE OF r SKIP LOCKED
    ), attempts AS (
        DELETE FROM log.attempts a USING old WHERE a.run_id = old.run_id
    )
    DELETE FROM log.runs r USING old WHERE r.run_id = old.run_id;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;

-- An executor that does not know whether its ends were stored looks here.
CREATE VIEW log.executor_ended AS
SELECT run_id, attempt FROM log.runs WHERE final
UNION ALL SELECT run_id, attempt FROM log.attempts WHERE completed_at IS NOT NULL;
