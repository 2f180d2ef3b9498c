"""The roles of the database as an operator sees them: passwords in files, and who may do what.

    passwords.py   reads the files, one a role; makes what the server keeps of a password
    desk.py        `automation db roles` and `automation db check`, without the command line

Rights themselves are stated in `shared/db/grants`.
"""
