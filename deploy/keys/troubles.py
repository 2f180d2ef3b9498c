"""What is wrong with a folder of keys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from deploy.keys import bus, certificates
from deploy.keys.authority import belongs, certificates_in, vouches
from deploy.keys.contents import DATABASE_ROLES, SECRET_KEY, password_file
from deploy.keys.folder import Folder
from deploy.nats.users import authorization
from shared.bus.nkey import NotASeed


def troubles(folder: Folder, now: datetime, soon_days: int) -> list[str]:
    """Return what is missing, open to others, out of date or about to end; in words."""
    found = [f"{name} is missing" for name in _expected(folder) if not folder.has(name)]
    found += [f"{file.name} can be read by others" for file in folder.open_to_others()]
    found += [f"{each.name}: a change was interrupted" for each in folder.unfinished()]
    found += [f"{name} is empty" for name in _expected(folder) if _is_empty(folder, name)]
    found += [text for server in certificates.SERVERS for text in _unfit(folder, server)]
    soon = now + timedelta(days=soon_days)
    found += [
        f"{name} ends on {end:%Y-%m-%d}"
        for name, end in certificates.ends(folder).items()
        if end < soon
    ]
    if not found and not _conf_is_current(folder):
        found.append(f"{bus.CONF} is not what the keys and this version say; run `keys init`")
    return found


def _expected(folder: Folder) -> list[str]:
    files = (name for server in certificates.SERVERS for name in certificates.files_of(server))
    return [
        *map(password_file, DATABASE_ROLES),
        SECRET_KEY,
        *(certificates.CA, certificates.CA_KEY),
        *files,
        *(bus.seed_file(user.name) for user in bus.others_in(folder).users()),
        bus.CONF,
    ]


def _is_empty(folder: Folder, name: str) -> bool:
    return folder.has(name) and not folder.read(name).strip()


def _unfit(folder: Folder, server: str) -> Iterator[str]:
    """Say what keeps a server's certificate from being believed."""
    certificate, key = certificates.files_of(server)
    if not all(map(folder.has, (certificate, key, certificates.CA))):
        return
    try:
        (present,) = certificates_in(folder.read(certificate))
        known = certificates_in(folder.read(certificates.CA))
        if not belongs(present, folder.read(key)):
            yield f"{key} is not the key of {certificate}; run `keys rotate certs {server}`"
        if not vouches(known, present):
            yield f"{certificate} is not of an authority in {certificates.CA}"
    except ValueError as error:
        yield f"{certificate}, {key} or {certificates.CA} cannot be read: {error}"


def _conf_is_current(folder: Folder) -> bool:
    everybody = bus.others_in(folder).users()
    try:
        keys = {user.name: bus.public_keys(folder, user.name) for user in everybody}
    except NotASeed:
        return False
    return folder.read(bus.CONF) == authorization(everybody, keys)
