"""The trigger engine: from events on the bus to rows of the ledger.

    intake ─► engine ─► book     whose subject and type fit?         (memory)
                     ─► conditions  for which does it hold?          (a process of its own)
                     ─► shared.domain.triggering.flow
                                 counts, limits, collects            (pure; state in PostgreSQL)
                     ─► firing   what it becomes in the ledger       (pure)

An event is acknowledged after the commit of all that it did. It is in that transaction that it is
noted as seen, so an event that comes twice, from its producer or from the bus, does nothing twice.
What fires later by itself (a silence, a batch, the end of a storm) is `loops/trigger_timer.py`; it
waits until all events are handled that came before (`heard`).

Two schedulers share one stream: events that come at the same moment may be handled in either order.
All that a trigger remembers lies in PostgreSQL under the lock of its job.
"""
