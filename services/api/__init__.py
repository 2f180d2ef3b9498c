"""The API: tasks as people define them, and what they may know and ask.

owns    schema `api`: tasks, queues, calendars, channels, backfills, tokens, answers kept, outbox;
        accounts, scripts, alerts, backups, secrets, audit
hears   HTTP requests; `rpc.api.tasks.digest` and `rpc.api.tasks.page` from the scheduler;
        `rpc.api.platform.>` from actions; `account.state.*`, `account.runtime.*` and
        `rpc.api.accounts.desired` from account runtimes
says    `task.created`, `task.updated`, `task.deleted`; `run.request.api`; `account.desired`;
        `event.…`

Where to look:

    app.py          composition root: what is opened, and in which order
    routes/         one file per group of endpoints, thin
    wire/           requests and answers, whatever they are about: limits, strict JSON, refusals
    access/         tokens, and who may do what, as one table
    tasks/ runs/ events/ queues/ channels/ accounts/ scripts/ alerts/ backups/ secrets/
                    what may be sent of each, what is judged, how it is shown
    templates/      the shipped gallery of tasks, and how one is made of it
    documented/     what is answered, as models for the OpenAPI document
    bus/            what is said and asked over the bus
    platform/       who answers what actions ask; the answers lie with their subjects
    store/          the only SQL
"""
