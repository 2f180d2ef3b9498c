"""The scheduler: decides when.

Owns    schema `scheduler`: jobs (its copy of every task: when is it due next?), occurrences (the
        ledger: one row for every fire that was expected or asked for, with what became of it) and
        orders (runs that wait for an executor).
Hears   `event.>` from anybody, `task.created|updated|deleted.*` and `run.request.*` from the API
        (which enters by itself what is asked for by hand and needs no rule, by a function of this
        schema's: `scheduler.enter_requests`); asks it over `rpc.api.tasks.*` to repair what events
        missed; reads leases through a view.
Says    `task.due.<queue>`: runs wait for an executor.

Any number of replicas, all active, none of them leader: due jobs are claimed row by row with
`FOR UPDATE SKIP LOCKED`, the ledger's key settles every race, and the database's clock decides what
is due. The brain, pure functions of time, lies in `shared.domain` (schedule, misfire), because the
API shows previews with the very same code.
"""
