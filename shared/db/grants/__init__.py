"""Who may do what in the database: stated once, applied after each migration, compared at any time.

    matrix.py   the statement: the roles, and what each may do with each table and function
    live.py     what the database says
    apply.py    makes the second what the first says; tells what differs

Each service comes with a role of its own (`automation_<service>`), which may do what its own
statements do, on its own schema, and reads others through the views that are named for it. The
tables belong to whoever migrates, who is nobody at run time.

Rights are not written in migrations: a statement there would fail where the roles are missing
(somebody's own server, whose user may make none), and what a later one took away again nobody
could read in one place.
"""
