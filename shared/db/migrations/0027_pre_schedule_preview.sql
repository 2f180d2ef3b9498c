-- Who writes a schedule is told how many other tasks are due within the same minute.
CREATE VIEW scheduler.api_due AS
SELECT task_id, next_due_at AS due_at FROM scheduler.jobs
WHERE next_due_at IS NOT NULL AND enabled AND NOT deleted;
