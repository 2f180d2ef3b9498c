-- Messages that people want sent once more, and how old the values of secrets are.

-- A wish for a message that was ended is a new delivery with the wish's id (`again`); for one that is
-- still tried it moves the next try here (`sooner`). The notifier reads wishes of the last day.
CREATE TABLE api.notification_resends (
    id           uuid PRIMARY KEY,
    delivery_id  uuid NOT NULL,
    how          text NOT NULL,                    -- again, sooner
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX notification_resends_age ON api.notification_resends (requested_at);
CREATE VIEW api.notifier_resends AS
SELECT id, delivery_id, how, requested_at FROM api.notification_resends;

-- Without a `run_id` of its own: of those each event is told once to each channel.
ALTER TABLE notify.deliveries
    ADD COLUMN resend_of uuid,                     -- the delivery that it says again
    ADD COLUMN hurried_at timestamptz;             -- the wish by which its next try was moved
CREATE OR REPLACE VIEW notify.api_deliveries AS
SELECT d.id, coalesce(d.run_id, o.run_id) AS run_id, d.task_id, d.event, d.channel, d.incident_id,
       d.state, d.tries, d.next_try_at, d.answer, d.created_at, d.ended_at, d.group_id, d.resend_of
FROM notify.deliveries d LEFT JOIN notify.deliveries o ON o.id = d.resend_of;
-- How each channel did lately, without the whole table.
CREATE INDEX deliveries_of_channel ON notify.deliveries (channel, created_at);

-- Neither another description nor another key makes a value younger.
ALTER TABLE api.secrets ADD COLUMN value_set_at timestamptz;
UPDATE api.secrets SET value_set_at = updated_at;
ALTER TABLE api.secrets ALTER COLUMN value_set_at SET DEFAULT clock_timestamp();
