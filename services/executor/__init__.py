"""The executor: does.

Owns    schema `executor`: leases (who runs what until when, and how far it is), executors (who is
        there), superseded (late results of attempts that had lost their lease).
Hears   `task.due.<queue>` of its queues, `run.cancel`.
Says    `task.started.<executor>`, `task.log.<executor>`, `task.finished.<executor>`, `task.logged`.

The only service with a door to the outside world: its actions. It claims a run in PostgreSQL before
it acts, keeps the lease alive while it acts, and ends it, the ledger row and the row of the log in
one transaction. Whether a failed attempt is followed by another it decides by the
task's policy, and says so with the lease; when anything is due, or due again, is the scheduler's
business: it holds no timer but its own time-outs. An action that does not stop when it is told to
ends the whole process, which is started afresh: nothing else proves that it is not at work.
"""
