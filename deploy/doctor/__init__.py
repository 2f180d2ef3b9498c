"""`automation doctor`: looks at an installation and says what is wrong, and how to put it right.

    Place            where everything is, as the environment or a running home tells
    host, servers    what can be seen without and with the database and NATS
    Finding          one thing that was looked at: well, worth a look, or broken, with a fix

It changes nothing, and shows no secret: addresses without passwords, keys by their ids. What cannot
be reached is a finding; the checks that need it are left out and say so.
"""
