"""Chat services through Apprise, an optional package (`pip install automation-tasks[apprise]`).

Apprise knows 200 services and no guard: it calls whatever host a URL names and follows redirects.
So only schemes whose host is the vendor's own are allowed (`AUTOMATION_APPRISE_SCHEMES`), and
redirects are switched off. It is synchronous; each message has a thread for as long as it takes.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Collection

from services.notifier.channels.parcel import NotDelivered, Parcel
from shared.contracts.notifications import AppriseSecret


class Chat:
    """Sends through Apprise."""

    def __init__(self, schemes: Collection[str]) -> None:
        self._schemes = frozenset(schemes)

    async def send(self, parcel: Parcel) -> str:
        assert isinstance(parcel.secret, AppriseSecret)  # noqa: S101 - the post office read it
        url = parcel.secret.url
        scheme = url.partition(":")[0].lower()
        if scheme not in self._schemes:
            raise NotDelivered("AUTOMATION_APPRISE_SCHEMES does not allow this", permanent=True)
        if parcel.witness is not None:
            # The service's own request is Apprise's business, and full of secrets.
            body = f"{parcel.words.title}\n\n{parcel.words.text}"
            parcel.witness.sees_request(scheme, f"{scheme}://…", {}, body)
        return await asyncio.to_thread(_notify, url, scheme, parcel)


def _notify(url: str, scheme: str, parcel: Parcel) -> str:
    try:
        apprise = importlib.import_module("apprise")
    except ImportError:
        raise NotDelivered("the package apprise is not installed", permanent=True) from None
    # It logs URLs, which are secrets here.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    service = apprise.Apprise()
    if not service.add(f"{url}{'&' if '?' in url else '?'}redirect=no"):
        raise NotDelivered("Apprise cannot read this URL", permanent=True)
    if not service.notify(title=parcel.words.title, body=parcel.words.text):
        raise NotDelivered(f"{scheme}: not accepted")
    return f"{scheme}: accepted"
