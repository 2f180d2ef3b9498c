"""The kinds of work that come with the system, one module each, found by entry point.

    accounts/         account_start, account_stop
    alert_check/      check alert rules
    data_backup/      back a database up; postgres_tools.py
    http/             http_request: call a URL, guarded by shared/egress
    nats_publish.py   publish an event
    nats_request.py   ask another service
    noop.py           nothing
    python/           call a function
    script_publish/   bring a script to accounts
    shell.py          run a program
    sql/              ask a database
    wait_for_event.py until somebody says it; asks the API, holds no slot

What several share: `programs/` (a program and all that it starts end with the run), `targets.py`
(one result per target), `assertions.py` and `json_path.py` (what a good answer is), `form.py`
(labels).

They do not know each other, nor the store or the bus: all they have is their `Context`. Importing
them has no side effects: the API does it too, for the forms.
"""
