-- log.lines becomes a table of days; what it was is its first part. See 0036.

-- safe: a table of the same name takes its place in this transaction, and statements find it by its name.
ALTER TABLE log.lines RENAME TO lines_before;
ALTER INDEX log.lines_pkey RENAME TO lines_before_pkey;
CREATE TABLE log.lines (LIKE log.lines_before) PARTITION BY RANGE (at);

-- The constraint says what the scan of the table would find out.
DO $$
BEGIN
    EXECUTE (SELECT format('ALTER TABLE log.lines ATTACH PARTITION log.lines_before FOR VALUES FROM (MINVALUE) TO (%L)',
                           substring(pg_get_constraintdef(oid) FROM '''([^'']+)'''))
             FROM pg_constraint WHERE conrelid = 'log.lines_before'::regclass AND conname = 'lines_before');
END $$;
-- safe: the bound of the part says the same.
ALTER TABLE log.lines_before DROP CONSTRAINT lines_before;

-- What no day takes: lines of a day that nobody has made in time, and those that are kept beyond their day.
CREATE TABLE log.lines_strays PARTITION OF log.lines DEFAULT;
ALTER TABLE log.lines_strays ADD PRIMARY KEY (run_id, attempt, seq);

CREATE OR REPLACE VIEW log.api_lines AS SELECT run_id, attempt, seq, at, level, text FROM log.lines;

-- Days are made and dropped by the owner of the table, for the log writer, which is not. Nobody may wait long behind
-- either of them: whoever does not get its locks at once leaves it for the next time.

-- The days up to so many ahead; returns how many were made.
CREATE FUNCTION log.make_line_days(ahead integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog SET timezone = 'UTC' SET lock_timeout = '200ms' AS $$
DECLARE
    before constant timestamptz := (
        SELECT substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''([^'']+)''\)')::timestamptz
        FROM pg_class c WHERE c.oid = to_regclass('log.lines_before') AND c.relispartition);
    today constant date := clock_timestamp()::date;
    made integer := 0;
    day date;
    name text;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('log.lines')) THEN
        RETURN 0;
    END IF;
    FOR day IN SELECT today + i FROM generate_series(0, least(ahead, 60)) AS i LOOP
        name := 'lines_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN day < coalesce(before, '-infinity') OR to_regclass('log.' || name) IS NOT NULL;
        EXECUTE format('CREATE TABLE log.%I (LIKE log.lines, PRIMARY KEY (run_id, attempt, seq))', name);
        LOCK TABLE log.lines_strays IN ACCESS EXCLUSIVE MODE;
        EXECUTE format('WITH came AS (DELETE FROM log.lines_strays WHERE at >= %L AND at < %L RETURNING *)'
                       ' INSERT INTO log.%I SELECT * FROM came', day, day + 1, name);
        EXECUTE format('ALTER TABLE log.lines ATTACH PARTITION log.%I FOR VALUES FROM (%L) TO (%L)', name, day, day + 1);
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;

-- Drop the oldest part whose last moment is longer ago than `keep`; returns its name, or null. Lines of runs that are not
-- over for everybody (not settled, in an open incident, dead and not decided on) stay, among the strays, and go from there
-- later: the first thousand of a run, and 100,000 in all.
CREATE FUNCTION log.drop_line_day(keep interval) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog SET timezone = 'UTC' SET lock_timeout = '200ms' AS $$
DECLARE
    before constant timestamptz := clock_timestamp() - greatest(keep, interval '1 day');
    part record;
    kept uuid[];
    saved log.lines[];
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('log.lines')) THEN
        RETURN NULL;
    END IF;
    SELECT array_agg(k.run_id) INTO kept FROM (
        -- By when it was entered: in the log a later attempt says another beginning.
        SELECT u.run_id FROM scheduler.log_writer_unsettled u WHERE u.created_at < before
        UNION SELECT i.run_id FROM notify.log_writer_incident_runs i
        UNION SELECT d.run_id FROM log.dead_runs d WHERE NOT EXISTS (
            SELECT FROM api.log_writer_dead_run_decisions c WHERE c.run_id = d.run_id)) AS k;
    SELECT c.relname AS name, b.until INTO part
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
         LATERAL (SELECT substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''([^'']+)''\)')::timestamptz) b (until)
    WHERE i.inhparent = 'log.lines'::regclass AND b.until <= before
    ORDER BY b.until LIMIT 1;
    IF NOT FOUND THEN
        DELETE FROM log.lines_strays l WHERE l.ctid = ANY(ARRAY(
            SELECT s.ctid FROM log.lines_strays s
            WHERE s.at < before AND s.run_id <> ALL(coalesce(kept, '{}')) LIMIT 5000));
        RETURN NULL;
    END IF;
    -- Read before anybody has to wait: by the primary key, a few rows.
    EXECUTE format('SELECT array_agg(l::log.lines) FROM (SELECT * FROM log.%I WHERE run_id = ANY($1) AND seq <= 1000'
                   ' LIMIT 100000) l', part.name) INTO saved USING kept;
    EXECUTE format('ALTER TABLE log.lines DETACH PARTITION log.%I', part.name);
    INSERT INTO log.lines_strays SELECT s.* FROM unnest(saved) s ON CONFLICT DO NOTHING;
    EXECUTE format('DROP TABLE log.%I', part.name);
    RETURN part.name;
END $$;

