-- Lines of runs by day, so that old ones go with their table and not row by row. Three files, so that nobody waits while
-- a table of any size is converted with its writers at work:
--   0036  the table is told until when it is the one that takes lines: a promise about new rows, not checked on old ones
--   0037  that is checked on old rows, which takes as long as it takes and stops nobody
--   0038  the table becomes the first part of a new one of the same name; nothing is copied or read for it
-- A line is told apart by run, attempt and number, and says the same time however often it comes. So it always comes to
-- the same part, and the primary key of each part is as strong as one over all.
-- Statements of the previous code go on: they name no key ("ON CONFLICT DO NOTHING").

-- A week, so that nothing is refused even if the third file comes days after this one.
DO $$
BEGIN
    EXECUTE format('ALTER TABLE log.lines ADD CONSTRAINT lines_before CHECK (at < %L::timestamptz) NOT VALID',
                   to_char(date_trunc('day', now() AT TIME ZONE 'UTC') + interval '7 days', 'YYYY-MM-DD') || ' 00:00:00+00');
END $$;

-- What is not to be forgotten, for the log writer.
CREATE VIEW scheduler.log_writer_unsettled AS
SELECT run_id, created_at FROM scheduler.occurrences WHERE NOT settled;
CREATE VIEW notify.log_writer_incident_runs AS
SELECT first_run_id AS run_id FROM notify.incidents WHERE closed_at IS NULL
UNION
SELECT last_run_id FROM notify.incidents WHERE closed_at IS NULL;
CREATE VIEW api.log_writer_dead_run_decisions AS SELECT run_id FROM api.dead_run_decisions;
CREATE VIEW api.log_writer_dead_letter_decisions AS SELECT letter_id FROM api.dead_letter_decisions;

-- Rows of the log that nobody needs go in small bites, by an index over time, as their owner does it for the log writer:
-- the log writer itself can delete nothing. A run stays as long as somebody may still speak of it: its ledger row is not
-- settled, its lease is there (its report would be said again, and counted again), its incident is open, it is dead.
-- What was counted of it stays where it was counted (task_statistics, run_tallies, task_health).
CREATE FUNCTION log.forget_runs(keep interval, most integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog SET lock_timeout = '1s' AS $$
DECLARE
    before constant timestamptz := clock_timestamp() - greatest(keep, interval '1 day');
    gone integer;
BEGIN
    WITH old AS MATERIALIZED (
        SELECT r.run_id FROM log.runs r
        WHERE r.final AND r.started_at < before AND r.completed_at < before
          AND NOT EXISTS (SELECT FROM executor.log_writer_leases l WHERE l.run_id = r.run_id OFFSET 0)
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

-- Dead runs, dead letters and silences that are over. What an operator has not decided on stays for `undecided`.
CREATE FUNCTION log.forget_others(keep interval, undecided interval, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '1s' AS $$
DECLARE
    before constant timestamptz := clock_timestamp() - greatest(keep, interval '1 day');
    long_before constant timestamptz := clock_timestamp() - greatest(undecided, keep, interval '1 day');
    gone integer;
    largest integer := 0;
BEGIN
    DELETE FROM log.dead_runs WHERE run_id = ANY(ARRAY(
        SELECT d.run_id FROM log.dead_runs d
        WHERE d.died_at < before AND (d.died_at < long_before OR EXISTS (
                  SELECT FROM api.log_writer_dead_run_decisions c WHERE c.run_id = d.run_id))
          AND d.run_id NOT IN (SELECT i.run_id FROM notify.log_writer_incident_runs i)
        ORDER BY d.died_at LIMIT most FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS gone = ROW_COUNT;
    largest := greatest(largest, gone);
    DELETE FROM log.dead_letters WHERE id = ANY(ARRAY(
        SELECT l.id FROM log.dead_letters l
        WHERE l.created_at < before AND (l.created_at < long_before OR EXISTS (
                  SELECT FROM api.log_writer_dead_letter_decisions c WHERE c.letter_id = l.id))
        ORDER BY l.id LIMIT most FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS gone = ROW_COUNT;
    largest := greatest(largest, gone);
    DELETE FROM log.silences WHERE run_id = ANY(ARRAY(
        SELECT s.run_id FROM log.silences s WHERE s.closed_at < before LIMIT most FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN greatest(largest, gone);
END $$;
