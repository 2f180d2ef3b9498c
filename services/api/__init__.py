"""The API: tasks as people define them, and what they may know and ask.

owns    schema `api`: tasks, tokens, remembered answers (Idempotency-Key), outbox
hears   HTTP requests; `rpc.api.tasks.digest` and `rpc.api.tasks.page` from the scheduler
says    `task.created`, `task.updated`, `task.deleted`; `run.request.api`

Where to look:

    app.py          composition root: what is opened, and in which order
    front_door.py   what every request passes: id, language, limits, last resort
    auth.py         who may do what, as one table
    routes/         one file per group of endpoints, thin
    definition.py   what a task may be (decides; touches nothing)
    store/          the only SQL
"""
