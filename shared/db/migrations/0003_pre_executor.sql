-- What the executors own: who runs what, until when, and how it ended.
CREATE SCHEMA executor;

CREATE TABLE executor.leases (
    run_id      uuid PRIMARY KEY,
    task_id     uuid NOT NULL,
    attempt     integer NOT NULL,
    executor_id uuid NOT NULL,
    claimed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    lease_until timestamptz NOT NULL,
    handed_back boolean NOT NULL DEFAULT false,   -- given up by an executor that stopped in order
    lost        integer NOT NULL DEFAULT 0,       -- attempts before this one whose executor died
    outcome     text,                             -- null while it runs
    finished_at timestamptz,
    report      bytea                             -- the RunFinished record, to be said again if lost
) WITH (fillfactor = 80);
CREATE INDEX leases_live ON executor.leases (lease_until) WHERE outcome IS NULL;
CREATE INDEX leases_ended ON executor.leases (finished_at) WHERE outcome IS NOT NULL;

-- Results of attempts that had lost their lease: evidence, never the result of the run.
CREATE TABLE executor.superseded (
    run_id      uuid NOT NULL,
    attempt     integer NOT NULL,
    report      bytea NOT NULL,
    reported_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run_id, attempt)
);

CREATE TABLE executor.executors (
    executor_id uuid PRIMARY KEY,
    instance    text NOT NULL,
    host        text NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    slots       integer NOT NULL,
    running     integer NOT NULL DEFAULT 0,
    draining    boolean NOT NULL DEFAULT false,
    actions     text[] NOT NULL
);

-- Up to here every ended run is known to be in the log; see services/executor/loops/confirmer.py.
CREATE TABLE executor.confirmed (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    until    timestamptz NOT NULL
);
INSERT INTO executor.confirmed (until) VALUES ('-infinity');
