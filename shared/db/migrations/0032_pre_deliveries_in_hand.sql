-- A delivery that is being tried right now is nobody else's to send; runs that another run caused are
-- found by their place in the text: a pattern costs ten times as much for each row.

ALTER TABLE notify.deliveries
    ADD COLUMN in_hand boolean NOT NULL DEFAULT false;  -- claimed, and not failed since

DROP VIEW scheduler.api_causes;
DROP INDEX scheduler.occurrences_caused_by;
CREATE INDEX occurrences_caused_by ON scheduler.occurrences ((substr(origin, 12, 36)))
    WHERE origin LIKE '{"run_id":"%';
CREATE VIEW scheduler.api_causes AS
SELECT run_id, task_id, trigger, outcome, created_at, substr(origin, 12, 36) AS caused_by
FROM scheduler.occurrences WHERE origin LIKE '{"run_id":"%';
