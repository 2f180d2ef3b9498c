"""The promises of the whole as a state machine (`test_promises.py`), and how it is made to fail.

model      what we did, and what must be in the ledger for it: pure
runs       what executors did, attempt by attempt, judged as it happens: pure
deeds      how an attempt can end
world      schedulers, executors, a bus and a clock that can be moved: real servers
machine    the rules, in any order; in the end all is drained and judged
sabotage   broken builds, one at least per promise; lives, which find them out
"""
