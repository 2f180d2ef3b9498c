"""The kinds of work that come with the system, one module each, found by entry point.

    http_request   call a URL                  guarded by egress.py
    nats_publish   publish an event
    data_backup    back up our own database    backup_folder.py, postgres_tools.py, child.py

They do not know each other, nor the store or the bus: all they have is their `Context`. Importing
them has no side effects: the API does it too, for the forms.
"""
