-- What the pages about runs ask for: days at a glance, and what came of a run.

-- How runs ended, by when they began: a calendar of a year is read from this index alone.
CREATE INDEX runs_by_day ON log.runs (started_at) INCLUDE (status) WHERE final;

-- Runs that another run caused. Spelled as a search in the text: what an event carries need not be
-- JSON that the database takes. `run_id` comes first in what the scheduler writes.
CREATE INDEX occurrences_caused_by ON scheduler.occurrences
    ((substring(origin FROM '^\{"run_id":"([0-9a-f-]{36})"')))
    WHERE origin LIKE '{"run_id":"%';
CREATE VIEW scheduler.api_causes AS
SELECT run_id, task_id, trigger, outcome, created_at,
       substring(origin FROM '^\{"run_id":"([0-9a-f-]{36})"') AS caused_by
FROM scheduler.occurrences WHERE origin LIKE '{"run_id":"%';
