"""From a delivery to its channel: finds it, opens its secret, puts the letter into words, sends.

Whatever goes wrong is told in words that hold no secret: what a channel's secret says is blotted
out of every answer, in each spelling that it may have.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import parse_qsl, quote
from uuid import UUID

from pydantic import ValidationError

from services.notifier import metrics
from services.notifier.alert_letter import AlertLetter, alerts_url, put_alerts_in_words
from services.notifier.channels.parcel import NotDelivered, Parcel, Sender, Witness
from services.notifier.letter import Letter, Words, put_in_words, run_url
from services.notifier.store.deliveries import Channel, DeliveryStore
from shared.contracts.notifications import (
    CONFIGS,
    SECRETS,
    ChannelConfig,
    ChannelKind,
    ChannelPart,
    EmailConfig,
    NoSecret,
)
from shared.domain.texts.catalog import Language
from shared.runtime.secret_box import NotOurs, SecretBox

#: For one try, whatever it does.
PATIENCE = timedelta(seconds=15)
BLOT = "…"
#: Shorter ones would blot out innocent words.
LEAST_SECRET = 6


class Address(NamedTuple):
    """A channel, opened."""

    kind: ChannelKind
    config: ChannelConfig
    secret: ChannelPart


class PostOffice:
    """Sends letters through channels."""

    def __init__(
        self,
        store: DeliveryStore,
        senders: Mapping[ChannelKind, Sender],
        *,
        box: SecretBox | None,
        public_url: str,
        language: Language,
    ) -> None:
        self._store = store
        self._senders = senders
        self._box = box
        self._public_url = public_url
        self._language = language

    async def send(
        self,
        delivery: UUID,
        letter: Letter | AlertLetter,
        recipient: str,
        *,
        witness: Witness | None = None,
    ) -> str:
        """Send *letter* once; return what the other side said. A *witness* sees no secrets.

        Raises:
            NotDelivered: it did not take it, or there is no such channel.
        """
        address = await self._find(recipient)
        words, url = self._worded(letter, address.config.language)
        parcel = Parcel(
            id=delivery,
            letter=letter,
            words=words,
            url=url,
            config=address.config,
            secret=address.secret,
            witness=witness,
        )
        began, state = time.perf_counter(), "failed"
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                said = await self._senders[address.kind].send(parcel)
            state = "sent"
        except TimeoutError:
            detail = f"no answer within {PATIENCE.total_seconds():g} s"
            raise NotDelivered(detail) from None
        except NotDelivered as error:
            state = "refused" if error.permanent else state
            blotted = _blotted(error.detail, address.secret)
            raise NotDelivered(blotted, permanent=error.permanent) from None
        finally:
            metrics.tried(address.kind, state, time.perf_counter() - began)
            if witness is not None:
                witness.blot(lambda text: _blotted(text, address.secret))
        return _blotted(said, address.secret)

    def _worded(self, letter: Letter | AlertLetter, language: Language) -> tuple[Words, str | None]:
        if isinstance(letter, AlertLetter):
            words = put_alerts_in_words(letter, language, self._public_url)
            return words, alerts_url(self._public_url)
        words = put_in_words(letter, language, self._public_url)
        return words, run_url(letter, self._public_url)

    async def _find(self, recipient: str) -> Address:
        channel = await self._store.channel(recipient)
        if channel is not None:
            return self._opened(channel)
        if "@" not in recipient:
            raise NotDelivered(f"there is no channel {recipient}", permanent=True)
        config = EmailConfig(to=[recipient], language=self._language)
        return Address(ChannelKind.EMAIL, config, NoSecret())

    def _opened(self, channel: Channel) -> Address:
        if not channel.enabled:
            raise NotDelivered("the channel is switched off", permanent=True)
        try:
            config = CONFIGS[channel.kind].model_validate(channel.config)
            secret = SECRETS[channel.kind].model_validate(self._unsealed(channel))
        except (ValidationError, ValueError):
            raise NotDelivered("the channel is not complete", permanent=True) from None
        except NotOurs:
            raise NotDelivered("the channel's secret was sealed with another key") from None
        return Address(channel.kind, config, secret)

    def _unsealed(self, channel: Channel) -> object:
        if channel.secret is None:
            return {}
        if self._box is None:
            raise NotDelivered("AUTOMATION_SECRET_KEY is not set")
        return json.loads(self._box.open(channel.secret, owner=f"channel:{channel.name}"))


def _path_of(url: str) -> list[str]:
    """Return the parts of a URL that are secret; the host of a chat service's is its token."""
    parts = url.split("/")
    query = [value for _, value in parse_qsl(url.partition("?")[2])]
    return query + (parts[3:] if parts[0] in ("http:", "https:") else parts)


def _blotted(text: str, secret: ChannelPart) -> str:
    """Return *text* without what is secret, by value."""
    spellings: set[str] = set()
    for value in secret.model_dump().values():
        if isinstance(value, str):
            parts = [value, *_path_of(value)]  # a path of a URL is its password
            spellings |= {each for part in parts for each in (part, quote(part, safe=""))}
    for spelling in sorted(spellings, key=len, reverse=True):
        if len(spelling) >= LEAST_SECRET:
            text = text.replace(spelling, BLOT)
    return text
