"""The command line of people: everything that is done over HTTP, as `automation ...`.

    automation task list -q failing:true -o wide
    automation task run "nightly report" --wait
    automation apply -f tasks/

A client like the page: it knows the HTTP API alone, imports no other service, holds no copy of any
rule. `deploy/cli.py` is the program; it adds what is done on the host itself.

owns    the file of contexts (`contexts.py`), 0600
hears   the HTTP API, and the server-sent events of a live log
says    data on stdout, words on stderr; both languages; exit codes (`failures.py`)

What is imported decides how long a person waits for the first letter: modules of commands are
loaded when their word is typed, the HTTP library when something is asked, YAML when it is read.
"""
