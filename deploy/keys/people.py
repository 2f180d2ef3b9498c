"""Who comes to the bus beside the roles: producers, and runtimes of other servers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from deploy.keys import bus
from deploy.keys.bus import OtherProducer, Others
from deploy.keys.folder import Folder
from shared.contracts.accounts import DEFAULT_SERVER

#: Where services answer tasks (`nats_request`); nothing of ours begins so.
_SERVES = re.compile(r"svc(\.[A-Za-z0-9_-]+|\.\*)*(\.>)?")
_SERVER = re.compile(r"[A-Za-z0-9_-]{1,64}")


class NotAllowed(ValueError):
    """It cannot be let in like that."""


def add_producer(folder: Folder, source: str, serves: Sequence[str]) -> list[str]:
    """Let a producer in, or change what it serves; return the files that were made or changed.

    Raises:
        NotASource: it cannot have this source.
        NotAllowed: it would answer what is not open to others.
    """
    for subject in serves:
        if not _SERVES.fullmatch(subject) or subject == "svc":
            raise NotAllowed(f"{subject!r} is not a subject under svc.")
    others = bus.others_in(folder)
    kept = [each for each in others.producers if each.source != source]
    producer = OtherProducer(source=source, serves=tuple(serves))
    return _keep(folder, others.model_copy(update={"producers": (*kept, producer)}))


def remove_producer(folder: Folder, source: str) -> list[str]:
    """Let a producer in no more; return the files that were changed.

    Raises:
        NotAllowed: there is none.
    """
    others = bus.others_in(folder)
    kept = tuple(each for each in others.producers if each.source != source)
    if len(kept) == len(others.producers):
        raise NotAllowed(f"there is no producer {source!r}")
    for which in ("", bus.NEXT, bus.OLD):
        folder.drop(f"{bus.seed_file(f'producer-{source}')}{which}")
    return _keep(folder, others.model_copy(update={"producers": kept}))


def add_runtime(folder: Folder, server: str) -> list[str]:
    """Let the runtime of a server in; return the files that were made or changed.

    Raises:
        NotAllowed: it cannot be called so.
    """
    if not _SERVER.fullmatch(server) or server == DEFAULT_SERVER:
        raise NotAllowed(f"{server!r} is not the name of another server")
    others = bus.others_in(folder)
    servers = (*(each for each in others.runtimes if each != server), server)
    return _keep(folder, others.model_copy(update={"runtimes": servers}))


def _keep(folder: Folder, others: Others) -> list[str]:
    everybody = others.users()  # before anything is written: it may be refused
    bus.keep_others(folder, others)
    made = bus.make_seeds(folder, everybody)
    return [*made, bus.CONF] if bus.write_conf(folder) else made
