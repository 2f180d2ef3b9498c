-- Which tasks name which secrets, written with the task: a secret that a task names is not deleted.
-- And ways into the audit list, which only grows.

CREATE TABLE api.secret_uses (
    secret  text NOT NULL REFERENCES api.secrets (name),
    task_id uuid NOT NULL REFERENCES api.tasks (id) ON DELETE CASCADE,
    PRIMARY KEY (secret, task_id)
);
CREATE INDEX secret_uses_of_task ON api.secret_uses (task_id);

CREATE INDEX audit_of_actor ON api.audit (actor, id);
CREATE INDEX audit_of_verb ON api.audit (verb, id);
