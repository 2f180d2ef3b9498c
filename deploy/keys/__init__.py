"""The secret files of a deployment: made once, checked, and changed while everything runs.

folder.py        the folder: files that are readable by their owner alone and never made twice
bus.py           users of the bus: their seeds, and nats-users.conf
authority.py     our own certificate authority, and the servers' certificates
certificates.py  which certificates there are, and when they end
contents.py      what `automation keys init` makes
rotation.py      the steps in which each of them is changed
"""
