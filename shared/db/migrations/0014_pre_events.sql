-- Events that came in over HTTP: each is taken once a day, and said until the scheduler has it.

CREATE TABLE api.events (
    source      text NOT NULL,
    id          text NOT NULL,
    accepted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    accepted_by text,
    PRIMARY KEY (source, id)
);
CREATE INDEX events_oldest ON api.events (accepted_at);

-- The event that the scheduler must have seen before the row is forgotten (`event_key` of
-- scheduler.events_seen); `awaits` is empty then.
ALTER TABLE api.outbox ADD COLUMN awaits_event bytea;
