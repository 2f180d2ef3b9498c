"""Notification channels as callers send them: judged here, their secrets sealed here. Pure.

Config and secret of each kind are the models that the notifier reads them by
(`shared.contracts.notifications`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pydantic

from services.api.channels.schemas import ChannelPut
from services.api.store.channel_standing import Standing
from services.api.store.channels import ChannelRow
from services.api.wire.problems import Refused
from services.api.wire.shape import problems_of
from shared.contracts.notifications import (
    CONFIGS,
    SECRETS,
    AlertmanagerSecret,
    AppriseSecret,
    ChannelKind,
    EmailConfig,
    NoSecret,
    WebhookSecret,
    is_address,
)
from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.instant import format_instant
from shared.egress.guard import problem_with_url
from shared.runtime.secret_box import SecretBox

_APPRISE = re.compile(r"[a-z0-9]{2,20}://[!-~]+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel as it is to be stored."""

    kind: ChannelKind
    description: str | None
    enabled: bool
    config: str
    """JSON."""
    secret: bytes | None
    """JSON, not sealed yet; None: what is stored stays."""
    target: str | None


def read_channel(document: Mapping[str, Any], *, stored_kind: str | None) -> Channel:
    """Return the channel that *document* asks for; *stored_kind* is that of the one it replaces.

    Raises:
        InvalidDefinition: with everything that is wrong.
    """
    try:
        wished = ChannelPut.model_validate(document)
    except pydantic.ValidationError as error:
        raise InvalidDefinition(problems_of(error)) from None
    kind = ChannelKind(wished.kind)
    problems: list[Problem] = []
    try:
        config = CONFIGS[kind].model_validate(wished.config)
        if isinstance(config, EmailConfig):
            problems += (
                Problem(f"/config/to/{index}", "channel.address")
                for index, address in enumerate(config.to)
                if not is_address(address)
            )
    except pydantic.ValidationError as error:
        problems += (each.under("/config") for each in problems_of(error))
    secret, target, found = _read_secret(kind, wished.secret, is_stored=stored_kind == kind)
    problems += found
    if problems:
        raise InvalidDefinition(problems)
    return Channel(
        kind=kind,
        description=wished.description,
        enabled=wished.enabled,
        config=json.dumps(wished.config, ensure_ascii=False),
        secret=secret,
        target=target,
    )


def seal(channel: Channel, name: str, box: SecretBox | None) -> bytes | None:
    """Return the secret of *channel* as it is stored.

    Raises:
        Refused: 503, there is no key to seal it with.
    """
    if channel.secret is None:
        return None
    if box is None:
        raise Refused(503, "channel.no_key")
    return box.seal(channel.secret, owner=f"channel:{name}")


def channel_view(row: ChannelRow) -> dict[str, Any]:
    """Return a channel as people see it."""
    return {
        "name": row.name,
        "kind": row.kind,
        "description": row.description,
        "enabled": row.enabled,
        "config": json.loads(row.config),
        "target": row.target,
        "has_secret": row.has_secret,
        "created_at": format_instant(row.created_at),
        "updated_at": format_instant(row.updated_at),
        "updated_by": row.updated_by,
    }


def standing_view(standing: Standing) -> dict[str, Any]:
    """Return who names a channel, and how it did lately."""
    lately = standing.lately
    return {
        "used_by": [
            {"kind": user.kind, "id": str(user.id), "name": user.name} for user in standing.users
        ],
        "deliveries": {
            **lately._asdict(),
            "last_at": format_instant(lately.last_at) if lately.last_at else None,
        },
    }


def _read_secret(
    kind: ChannelKind, secret: Mapping[str, Any] | None, *, is_stored: bool
) -> tuple[bytes | None, str | None, list[Problem]]:
    """Return the secret, what of it may be shown, and what is wrong with it."""
    model = SECRETS[kind]
    if secret is None:
        missing = model is not NoSecret and not is_stored
        return None, None, [Problem("/secret", "field.required")] if missing else []
    try:
        read = model.model_validate(secret)
    except pydantic.ValidationError as error:
        return None, None, [each.under("/secret") for each in problems_of(error)]
    target = None
    match read:
        case WebhookSecret() | AlertmanagerSecret():
            if code := problem_with_url(read.url):
                return None, None, [Problem("/secret/url", code)]
            url = httpx.URL(read.url)
            target = f"{url.scheme}://{url.netloc.decode('ascii')}/…"
        case AppriseSecret():
            if not _APPRISE.fullmatch(read.url):
                return None, None, [Problem("/secret/url", "url.syntax")]
            target = f"{read.url.partition('://')[0]}://…"
        case _:
            return None, None, []
    return read.model_dump_json(exclude_none=True).encode(), target, []
