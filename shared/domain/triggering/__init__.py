"""What a trigger makes of events whose condition holds. Pure: plain values in, plain values out.

    machines   count, limit, collect, wait: one small machine each
    records    what they are given and what they return
    flow       the way of an event through the machines of its trigger
    silence    the event that did not come
    rehearsal  a stretch of events at once, with nothing remembered from before it

The scheduler keeps the states in PostgreSQL (`services/scheduler/triggers/`), the API in memory
while it tries a trigger (`services/api/events/rehearsal.py`).
"""
