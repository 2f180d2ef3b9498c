"""Keeps the streams and consumers of the bus as the topology says.

owns   nothing; knows no database
hears  rpc.bus.ensure: a service misses a stream or consumer, or found it changed
says   nothing

The one service that may create, change and remake them; all others may look. It looks at everything
at its start, after each reconnect and every few seconds, and at what it is asked for at once. Any
number may run: each makes the same of the same. While none does, everything that is there goes on
working; what is lost meanwhile stays lost until one is back, and the services wait for it.

    names ──► `names.py`: what of the topology they mean ──► `keeper.py`: look, put right
"""
