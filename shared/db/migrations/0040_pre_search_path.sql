-- Functions that act as their owner look names up in the system's schema, and in the session's own temporary one last:
-- where that is not named it comes first, and whoever may make temporary tables could make one called pg_class.
ALTER FUNCTION log.summarize_runs() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION log.forget_runs(interval, integer) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION log.forget_others(interval, interval, integer) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION log.make_line_days(integer) SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION log.drop_line_day(interval) SET search_path = pg_catalog, pg_temp;
