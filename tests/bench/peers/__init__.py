"""Ours beside its peers, in one run: who needs how long and how much CPU for the same work.

    make bench-peers [ARGS="--repeat 3 --only pgqueuer"]

All take turns on the same machine, each with a PostgreSQL (and, where it needs one, a NATS server)
of its own that is started afresh: the embedded ones of `automation up`, with the same settings. A
peer runs in an environment of its own (`requirements.lock`), as its own documentation has it in
production: two worker processes, uvloop, its durable record of each run in PostgreSQL.

    contest.py       the workloads, as a peer sees them; `workloads` has ours
    rival.py         starts a peer and talks to it
    apps             the peers as they are run, in their environment
"""
