"""Changing secrets while everything runs.

What two sides must agree on is changed in three steps, so that at no moment one of them lacks what
the other comes with:

    allow    both are known: the old one and the next one
    use      the next one is used; the old one is still known
    drop     the old one is known no more

Between the steps a person makes sure that the last one has arrived: that the servers have read
their files again, that the services have come with the new seed.

    seed of a user of the bus   allow, use, drop   server reads again after `allow` and `drop`
    authority                   allow, use, drop   servers read again after each
    certificate of a server     one step           server reads again
    password of the database    one step           `automation db roles` tells the server
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from deploy.keys import bus, certificates
from deploy.keys.authority import Pair, certificates_in, new_authority, own_certificate, pem
from deploy.keys.certificates import CA, CA_KEY
from deploy.keys.contents import DATABASE_ROLES, fresh_password, password_file
from deploy.keys.folder import Folder

OWNER = "owner"
#: So many passwords of the owner are kept.
FORMER = 3
_NEXT_CA, _NEXT_CA_KEY = f"{CA}.next", f"{CA_KEY}.next"


class Step(StrEnum):
    """A step of a change."""

    ALLOW = "allow"
    USE = "use"
    DROP = "drop"


class NotNow(Exception):
    """This step does not follow on what was done."""


def rotate_seed(folder: Folder, user: str, step: Step) -> None:
    """Take one step with the seed of a user of the bus.

    Raises:
        NotNow: another step comes first, or there is no such user.
    """
    seed = bus.seed_file(user)
    coming, gone = f"{seed}{bus.NEXT}", f"{seed}{bus.OLD}"
    if not folder.has(seed):
        raise NotNow(f"there is no {seed}")
    match step:
        case Step.ALLOW:
            if folder.has(gone):
                raise NotNow("the last change is not over: drop the old seed first")
            folder.make(coming, bus.fresh_seed())
        case Step.USE:
            if not folder.has(coming):
                raise NotNow("there is no next seed: allow one first")
            # In this order: whatever ends us, both are known, and the step can be taken again.
            if folder.read(seed) != folder.read(coming):
                folder.put(gone, folder.read(seed))
            folder.put(seed, folder.read(coming))
            folder.drop(coming)
        case Step.DROP:
            if folder.has(coming):
                raise NotNow("the next seed is not used yet")
            folder.drop(gone)
    bus.write_conf(folder)


def rotate_authority(folder: Folder, step: Step, now: datetime) -> None:
    """Take one step with the authority.

    Raises:
        NotNow: another step comes first.
    """
    match step:
        case Step.ALLOW:
            if not folder.has(_NEXT_CA_KEY):
                if len(certificates_in(folder.read(CA))) > 1:
                    raise NotNow("the last change is not over: drop the old authority first")
                pair = new_authority(now)
                folder.put(_NEXT_CA, pair.certificate)
                folder.put(_NEXT_CA_KEY, pair.key)
            present = pem(own_certificate(certificates.authority_in(folder)))
            folder.put(CA, present + folder.read(_NEXT_CA))
        case Step.USE:
            if not folder.has(_NEXT_CA_KEY):
                raise NotNow("there is no next authority: allow one first")
            coming = Pair(folder.read(_NEXT_CA), folder.read(_NEXT_CA_KEY))
            for server in certificates.SERVERS:
                certificates.renew(folder, server, now, by=coming)
            folder.put(CA_KEY, coming.key)
            folder.drop(_NEXT_CA_KEY)
            folder.drop(_NEXT_CA)
        case Step.DROP:
            if folder.has(_NEXT_CA_KEY):
                raise NotNow("the next authority is not used yet")
            folder.put(CA, pem(own_certificate(certificates.authority_in(folder))))
            folder.drop(_NEXT_CA)  # there still if `use` was ended at its last line


def rotate_password(folder: Folder, role: str) -> None:
    """Make another password for a role of the database.

    The owner's last ones are kept beside it: whoever tells the server the new one must come in with
    the old one. How many are in the way nobody knows here, so it is not only one.

    Raises:
        NotNow: there is no such role.
    """
    if role not in DATABASE_ROLES:
        raise NotNow(f"there is no role {role}; there are: {', '.join(DATABASE_ROLES)}")
    file = password_file(role)
    if role == OWNER:
        kept = f"{file}{bus.OLD}"
        former = folder.read(kept).split() if folder.has(kept) else []
        last = [*dict.fromkeys([folder.read(file).strip(), *former])][:FORMER]
        folder.put(kept, "".join(f"{each}\n" for each in last))
    folder.put(file, fresh_password())
