"""Which connections a call goes over: shared ones, or those of one run that shows a certificate."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from ssl import SSLContext
from tempfile import NamedTemporaryFile
from typing import NamedTuple

import httpx

from shared.contracts.action import ActionFailed
from shared.egress import guard as egress
from shared.egress.connections import Connections


class Rules(NamedTuple):
    """What connections that are shared have in common."""

    allow: str
    """What may be called though it is private."""
    verify: bool
    """Whether the other side's certificate is looked at."""


class ConnectionRoom:
    """The connections of one process."""

    def __init__(self, resolve: egress.Resolve) -> None:
        self._resolve = resolve
        # There is one allow-list per process, so these are two at most.
        self._shared: dict[Rules, Connections] = {}

    @asynccontextmanager
    async def under(self, rules: Rules, certificate: str | None) -> AsyncIterator[Connections]:
        """Lend connections under *rules*; those with a client certificate to nobody else.

        Raises:
            ActionFailed: the rules make no sense, or the certificate is none.
        """
        if certificate is not None:
            connections = self._opened(rules, certificate)
            try:
                yield connections
            finally:
                await connections.close()
            return
        if rules not in self._shared:
            self._shared[rules] = self._opened(rules, None)
        yield self._shared[rules]

    async def close(self) -> None:
        """Close all of them, at the end of the process."""
        while self._shared:
            _, connections = self._shared.popitem()
            await connections.close()

    def _opened(self, rules: Rules, certificate: str | None) -> Connections:
        try:
            allowed = egress.AllowList.parse(rules.allow)
        except ValueError as error:
            raise ActionFailed(str(error), permanent=True) from error
        # The system's certificates can be given in SSL_CERT_FILE; proxy variables are ignored.
        ssl = httpx.create_ssl_context(verify=rules.verify)
        if certificate is not None:
            _show(ssl, certificate)
        return Connections(ssl=ssl, network=egress.GuardedBackend(allowed, resolve=self._resolve))


def _show(ssl: SSLContext, certificate: str) -> None:
    memory = Path("/dev/shm")  # noqa: S108 - so that a key never gets to a disk
    with NamedTemporaryFile(dir=memory if memory.is_dir() else None) as file:
        file.write(certificate.encode())
        file.flush()
        try:
            ssl.load_cert_chain(file.name)
        except (OSError, ValueError) as error:  # an SSLError is an OSError
            raise ActionFailed(
                "the client certificate is no PEM with a key and its certificate", permanent=True
            ) from error
