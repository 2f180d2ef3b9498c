"""The API: tasks as people define them, and what they may know and ask.

owns    schema `api`: tasks, queues, calendars, channels, backfills, tokens, answers kept, outbox
hears   HTTP requests; `rpc.api.tasks.digest` and `rpc.api.tasks.page` from the scheduler
says    `task.created`, `task.updated`, `task.deleted`; `run.request.api`; `event.…`

Where to look:

    app.py          composition root: what is opened, and in which order
    routes/         one file per group of endpoints, thin
    wire/           requests and answers, whatever they are about: limits, strict JSON, refusals
    access/         tokens, and who may do what, as one table
    tasks/ runs/ events/ queues/ channels/
                    what may be sent of each, what is judged, how it is shown
    documented/     what is answered, as models for the OpenAPI document
    bus/            what is said and asked over the bus
    store/          the only SQL
"""
