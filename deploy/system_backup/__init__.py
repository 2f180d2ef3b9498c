"""The whole system as one backup: what is in the database, and the keys that open it.

    backup    lock ─► keys read ─► dump ─► keys again ─► encrypt ─► store ─► read back ─► manifest
    restore   checked ─► empty target? ─► database ─► newest schema ─► mended ─► keys laid out

    making.py     makes one
    restoring.py  puts one into an empty database
    mending.py    what a database that went back in time must be told
    keys.py       the secret files: read, sealed with age, laid out again
    embedded.py   the PostgreSQL server of a home, for as long as it is needed

It is a backup like those that tasks make (`services/executor/actions/data_backup`), with one part
more in its manifest, so that `automation backup list` and `verify` know it, too. Streams are not in
it: nothing on the bus is needed to be right, and all of it is declared and filled anew.
"""
