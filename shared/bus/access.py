"""As whom a process comes to NATS, and what it believes there.

Every role is a user of its own, known by the public half of its key; what each may say and hear is
in `permissions.py`. Replies come to inboxes under the role's own prefix, because who could listen
on `_INBOX.>` would read everybody's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shared.bus.nkey import NotASeed, UserKey
from shared.settings import BusSettings

#: What a client has that nobody told who it is: tools and tests on a server that asks for nothing
#: but a password.
ANY_INBOX = "_INBOX"


class NoCredentials(ValueError):
    """The file with our seed is not there, or holds none."""


def inbox_of(role: str) -> str:
    """Return the prefix of a role's inboxes."""
    return f"_INBOX_{role.replace('-', '_')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Files that are read at each connect, so that they can be changed under a running process."""

    inbox: str = ANY_INBOX
    seed_file: Path | None = None
    """None: the address says who we are."""
    ca_file: Path | None = None
    """Whom we believe to be the server. Where there is one, nothing is said in plain."""

    def key(self) -> UserKey | None:
        """Read our key; None if the address says who we are.

        Raises:
            NoCredentials: there is no seed where it should be.
        """
        if self.seed_file is None:
            return None
        try:
            return UserKey.from_seed(self.seed_file.read_text(encoding="ascii"))
        except (OSError, NotASeed, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise NoCredentials(f"no seed in {self.seed_file}: {reason}") from error


#: A tool's or a test's.
NOBODY = Access()


def access_of(role: str, settings: BusSettings) -> Access:
    """Return as whom *role* comes, by what it was told."""
    return Access(
        inbox=inbox_of(role),
        seed_file=settings.nats_seed_file,
        ca_file=settings.nats_ca_file,
    )
