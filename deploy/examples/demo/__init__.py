"""A system that looks lived in: `python -m deploy.examples.demo` fills one that runs.

Whoever wants to see the pages with something on them needs tasks of every kind, runs that succeed,
fail, wait and go on, accounts, scripts, alerts. `tasks.py` and `things.py` say what there is,
`filling.py` brings it in over the HTTP API. Everything is found by its name: what is there already
stays as it is, so the program may be run as often as one likes.
"""
