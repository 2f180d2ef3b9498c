-- What the page of all tasks asks for: saved views, changes of many tasks at once, figures per task.

-- A named line of the query language of a page. `owner` is who made it: user:<id> or token:<id>.
CREATE TABLE api.saved_views (
    id         uuid PRIMARY KEY,
    owner      text NOT NULL,
    owner_name text NOT NULL,
    page       text NOT NULL,                      -- tasks, runs, ...
    name       text NOT NULL,
    query      text NOT NULL,                      -- of the page's address
    shared     boolean NOT NULL DEFAULT false,     -- everybody sees it
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (owner, page, name)
);
CREATE INDEX saved_views_shared ON api.saved_views (page) WHERE shared;

-- A change of many tasks: a job of the API, done in small transactions, resumed after a restart.
CREATE TABLE api.task_bulks (
    id           uuid PRIMARY KEY,
    action       text NOT NULL,                    -- enable, disable, run, delete
    query        text,                             -- null: the tasks were chosen one by one
    total        integer NOT NULL,
    undo_of      uuid UNIQUE,                      -- the one that it takes back
    actor        text NOT NULL,
    token_id     text,                             -- who asked for it, as the audit list has it
    user_id      uuid,
    ip           text,
    request_id   text,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    cancelled_at timestamptz,
    cancelled_by text,
    finished_at  timestamptz                       -- null: there is something left to do
);
CREATE INDEX task_bulks_open ON api.task_bulks (created_at) WHERE finished_at IS NULL;
CREATE INDEX task_bulks_newest ON api.task_bulks (created_at, id);

CREATE TABLE api.task_bulk_items (
    bulk_id  uuid NOT NULL,
    place    integer NOT NULL,
    task_id  uuid NOT NULL,
    name     text NOT NULL,                        -- kept, because the task may be deleted
    state    text NOT NULL DEFAULT 'waiting',      -- done, unchanged, failed, cancelled
    problem  text,                                 -- JSON; of one that failed
    version  bigint,                               -- of the task after the change; to be undone: that it must have
    run_id   uuid,
    PRIMARY KEY (bulk_id, place)
) WITH (fillfactor = 80);
CREATE INDEX task_bulk_items_waiting ON api.task_bulk_items (bulk_id, place) WHERE state = 'waiting';

-- When the scheduler's ticker looks at a task next: the order of the list by next run.
CREATE VIEW scheduler.api_jobs AS SELECT task_id, next_due_at FROM scheduler.jobs WHERE NOT deleted;

-- Ended runs of a task, so that rates and durations are counted without touching their rows.
CREATE INDEX runs_ended_of_task ON log.runs (task_id, started_at DESC)
    INCLUDE (status, duration_seconds, run_id, scheduled_for) WHERE final;
