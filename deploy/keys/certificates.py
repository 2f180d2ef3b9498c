"""The certificates of a deployment: the authority's, and one for each server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from deploy.keys.authority import NotOurs, Pair, certificates_in, issue, names_of, new_authority
from deploy.keys.folder import Folder

CA, CA_KEY = "ca.crt", "ca.key"
LOCAL = ("localhost", "127.0.0.1")
#: What servers are called in what we ship: compose, and Kubernetes in the namespace `automation`.
NAMES = {
    "nats": (
        *("nats", "nats.automation", "nats.automation.svc", "nats.automation.svc.cluster.local"),
        *("*.nats-headless", "*.nats-headless.automation.svc"),
        *("*.nats-headless.automation.svc.cluster.local", *LOCAL),
    ),
    "postgres": (
        *("postgres", "postgres.automation", "postgres.automation.svc"),
        *("postgres.automation.svc.cluster.local", *LOCAL),
    ),
}
SERVERS = tuple(NAMES)


def files_of(server: str) -> tuple[str, str]:
    """Return the names of a server's files: certificate, key."""
    return f"{server}.crt", f"{server}.key"


def authority_in(folder: Folder) -> Pair:
    """Read the authority.

    Raises:
        NotOurs: its key is not here.
    """
    if not folder.has(CA_KEY):
        raise NotOurs(f"{CA_KEY} is not here: what it has signed stays, and nothing can be added")
    return Pair(folder.read(CA), folder.read(CA_KEY))


def make_certificates(
    folder: Folder, more: Mapping[str, Sequence[str]], now: datetime
) -> list[str]:
    """Make what is missing; *more* are names that servers have beside those of `NAMES`.

    Raises:
        NotOurs: the authority's key was taken away, and something is to be signed by it.
    """
    made: list[str] = []
    if not folder.has(CA):
        # The key first: with a key alone the certificate can be made, not the other way round.
        if folder.make(CA_KEY, new_authority(now).key):
            made.append(CA_KEY)
        folder.make(CA, new_authority(now, folder.read(CA_KEY)).certificate)
        made.append(CA)
    for server in SERVERS:
        if not all(map(folder.has, files_of(server))):
            names = dict.fromkeys([*NAMES[server], *more.get(server, ())])
            put_certificate(folder, server, [*names], now)
            made += files_of(server)
    return made


def put_certificate(
    folder: Folder, server: str, names: Sequence[str], now: datetime, *, by: Pair | None = None
) -> None:
    """Give a server another certificate.

    Ended in between, it has a key that is not its certificate's: `automation keys check` says so,
    and whoever asks for it again gets both.
    """
    certificate, key = files_of(server)
    pair = issue(by or authority_in(folder), names, now, client_too=server == "nats")
    folder.put(key, pair.key)
    folder.put(certificate, pair.certificate)


def renew(folder: Folder, server: str, now: datetime, *, by: Pair | None = None) -> None:
    """Give a server another certificate for the names that it has."""
    (present,) = certificates_in(folder.read(files_of(server)[0]))
    put_certificate(folder, server, names_of(present), now, by=by)


def ends(folder: Folder) -> dict[str, datetime]:
    """Return when each certificate ends, by the name of its file; the earliest of several."""
    names = [CA, *(files_of(server)[0] for server in SERVERS)]
    return {
        name: min(each.not_valid_after_utc for each in certificates_in(folder.read(name)))
        for name in names
        if folder.has(name)
    }
