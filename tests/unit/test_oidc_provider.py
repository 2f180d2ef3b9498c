"""A provider that takes connections and never answers is asked once, not by everybody."""

from __future__ import annotations

import asyncio
import time

import pytest

from services.api.access.oidc import provider as provider_module
from services.api.access.oidc.config import OidcConfig
from services.api.access.oidc.provider import AWAY_LASTS, Away, Provider
from services.api.access.outsiders import RoleMap
from shared.egress.guard import AllowList


async def test_who_does_not_answer_is_left_alone_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(provider_module, "PATIENCE", 0.3)
    asked: list[asyncio.StreamWriter] = []

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(writer)

    now = 100.0
    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    config = OidcConfig(
        issuer=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}",
        client_id="automation",
        redirect_uri="http://api/back",
        role_map=RoleMap.parse("", "viewer"),
        role_if_new="viewer",
        allow=AllowList.parse("127.0.0.1"),
    )
    provider = Provider(config, clock=lambda: now)
    try:
        outcomes = await asyncio.gather(
            *(provider.metadata() for _ in range(20)), return_exceptions=True
        )
        assert all(isinstance(each, Away) for each in outcomes)
        assert len(asked) == 1

        began = time.monotonic()
        with pytest.raises(Away):
            await provider.metadata()
        assert time.monotonic() - began < 0.2
        assert len(asked) == 1

        now += AWAY_LASTS
        with pytest.raises(Away):
            await provider.metadata()
        assert len(asked) == 2
    finally:
        for writer in asked:
            writer.close()
        await provider.close()
        server.close()
        await server.wait_closed()
