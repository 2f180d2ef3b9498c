"""The kinds of work that come with the system, one module each, found by entry point.

    account_start  start accounts              accounts/; account_stop lies there, too
    alert_check    check alert rules           alert_check/
    http_request   call a URL                  http_*.py; guarded by shared/egress
    nats_publish   publish an event
    nats_request   ask another service
    wait_for_event until somebody says it      asks the API, holds no slot
    sql            ask a database              program.py, sql_client.py
    shell          run a program               program.py, keeper.py, workplace.py
    python         call a function             program.py, python_host.py; python_call.py
    noop           nothing
    data_backup    back a database up          a folder of its own; postgres_tools.py, child.py

What several share: `targets.py` (one result per target), `assertions.py` and `json_path.py` (what a
good answer is), `form.py` (labels), `program.py` and `keeper.py` (a program and all that it starts
end with the run).

They do not know each other, nor the store or the bus: all they have is their `Context`. Importing
them has no side effects: the API does it too, for the forms.
"""
