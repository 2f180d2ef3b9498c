"""The whole system on one machine, by one command.

`supervisor.py` starts everything and keeps it running; `postgres.py` and `nats.py` know the
two embedded servers, `roles.py` our own services. The tests start the same servers from the
same modules.

How every process is kept from outliving the supervisor:

    supervisor stops       children are stopped in reverse order, each with a deadline
    a child dies           what it had started itself is ended before it starts again
    supervisor is killed   Linux ends the direct children at once (`launch.py`); the guard
                           (`guard.py`) ends the rest, and on other systems everything
    both are killed        the next start on the same home ends what is left (`leftovers.py`)
"""
