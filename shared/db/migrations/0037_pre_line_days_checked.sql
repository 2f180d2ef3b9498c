-- outside a transaction
-- Each of these reads a large table from end to end beside its writers (SHARE UPDATE EXCLUSIVE at most), and may be
-- begun anew at any point.

-- A clock that was far ahead.
UPDATE log.lines SET at = clock_timestamp() WHERE at >= clock_timestamp() + interval '5 days';
ALTER TABLE log.lines VALIDATE CONSTRAINT lines_before;

-- By which old rows of the ledger are found. The BRIN index finds them only as long as the table lies in the order of
-- time: once old rows were deleted and their pages used again, each of its ranges holds old and new.
DROP INDEX CONCURRENTLY IF EXISTS scheduler.occurrences_settled;
CREATE INDEX CONCURRENTLY occurrences_settled ON scheduler.occurrences (created_at) WHERE settled;
