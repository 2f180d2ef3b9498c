"""Users of the bus: a seed each, and the file in which the server finds them all.

nats-<user>.seed        what the service comes with
nats-<user>.seed.next   what it will come with: known to the server already (`rotation.py`)
nats-<user>.seed.old    what it came with: still known
nats-users.json         users beside the roles: producers, runtimes of other servers
nats-users.conf         all of them, for the server; made from the other files
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict, Field

from deploy.keys.folder import Folder
from deploy.nats.users import authorization
from shared.bus.nkey import UserKey, seed_of
from shared.bus.permissions import DEFAULT_REQUESTS, Producer, User, users

CONF = "nats-users.conf"
OTHERS = "nats-users.json"
NEXT, OLD = ".next", ".old"
_KEY_BYTES = 32


class OtherProducer(BaseModel):
    """A producer, as it is kept."""

    model_config = ConfigDict(frozen=True)

    source: str
    serves: tuple[str, ...] = ()


class Others(BaseModel):
    """Who there is beside the roles."""

    model_config = ConfigDict(frozen=True)

    producers: tuple[OtherProducer, ...] = ()
    runtimes: tuple[str, ...] = ()
    """Servers, beside the default one, that have a runtime."""
    requests: tuple[str, ...] = Field(default=DEFAULT_REQUESTS)
    """What tasks may ask other services; executors must be told the same."""

    def users(self) -> list[User]:
        """Return all users.

        Raises:
            NotASource: a producer has a source that it cannot have.
        """
        return users(
            servers=self.runtimes,
            producers=[Producer(source=each.source, serves=each.serves) for each in self.producers],
            requests=self.requests,
        )


def seed_file(user: str) -> str:
    """Return the name of the file with a user's seed."""
    return f"nats-{user}.seed"


def fresh_seed() -> str:
    """Make a seed, as it stands in a file."""
    return f"{seed_of(secrets.token_bytes(_KEY_BYTES))}\n"


def others_in(folder: Folder) -> Others:
    """Read who there is beside the roles."""
    return Others.model_validate_json(folder.read(OTHERS)) if folder.has(OTHERS) else Others()


def keep_others(folder: Folder, others: Others) -> None:
    """Write down who there is beside the roles."""
    folder.put(OTHERS, json.dumps(others.model_dump(mode="json"), indent=2) + "\n")


def make_seeds(folder: Folder, everybody: Iterable[User]) -> list[str]:
    """Make the seeds that are missing; return the names of their files."""
    names = [seed_file(user.name) for user in everybody]
    return [name for name in names if folder.make(name, fresh_seed())]


def public_keys(folder: Folder, user: str) -> Sequence[str]:
    """Return the public keys of a user: one, or two while one takes the place of the other."""
    names = [f"{seed_file(user)}{which}" for which in ("", NEXT, OLD)]
    return [
        UserKey.from_seed(folder.read(name)).public
        for name in dict.fromkeys(names)
        if folder.has(name)
    ]


def write_conf(folder: Folder) -> bool:
    """Write `nats-users.conf`; return whether the server must read it again."""
    everybody = others_in(folder).users()
    keys = {user.name: public_keys(folder, user.name) for user in everybody}
    return folder.put(CONF, authorization(everybody, keys))
