-- Tasks that start, or wait for, other tasks.

-- The task graph as the API saves it, kept with the tasks so that a walk through it is quick in
-- either direction. `owner` is the task whose definition says so: `upstream` for dependent_tasks,
-- `downstream` for depends_on. The other end may have been deleted.
CREATE TABLE api.edges (
    owner      uuid NOT NULL,
    upstream   uuid NOT NULL,
    downstream uuid NOT NULL,
    kind       text NOT NULL,                     -- dependent_tasks | depends_on
    rule       text NOT NULL,                     -- of shared/domain/dependency.py
    PRIMARY KEY (upstream, downstream, kind)
);
CREATE INDEX edges_downstream ON api.edges (downstream);
CREATE INDEX edges_owner ON api.edges (owner);

-- The scheduler's copy, from the events of the tasks.
CREATE TABLE scheduler.edges (
    upstream       uuid NOT NULL,
    downstream     uuid NOT NULL,
    kind           text NOT NULL,
    rule           text NOT NULL,
    window_seconds integer NOT NULL,              -- ends further apart do not meet in one round
    PRIMARY KEY (upstream, downstream, kind)
);
CREATE INDEX edges_downstream ON scheduler.edges (downstream);

INSERT INTO api.edges (owner, upstream, downstream, kind, rule)
SELECT DISTINCT id, id, unnest(dependent_tasks), 'dependent_tasks', 'one_success' FROM api.tasks;
INSERT INTO scheduler.edges (upstream, downstream, kind, rule, window_seconds)
SELECT e.upstream, e.downstream, e.kind, e.rule, 86400
FROM api.edges e JOIN scheduler.jobs j ON j.task_id = e.upstream AND NOT j.deleted;

-- The latest end of each upstream of a task with depends_on. Written under the lock of its job.
CREATE TABLE scheduler.upstream_ends (
    downstream uuid NOT NULL,
    upstream   uuid NOT NULL,
    place      text NOT NULL,                     -- open | spent | owed
    run_id     uuid,                              -- the run heard last
    state      text,
    at         timestamptz NOT NULL,              -- its end; of one that is owed: when that was decided
    PRIMARY KEY (downstream, upstream)
) WITH (fillfactor = 70);

-- Ledger rows that started nothing, of tasks on which others depend: no lease will tell their end.
CREATE TABLE scheduler.runless_ends (
    run_id   uuid PRIMARY KEY,
    ended_at timestamptz NOT NULL
);
