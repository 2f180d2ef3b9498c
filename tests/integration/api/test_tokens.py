"""Tokens: what opens the door, what does not, and what is ever shown of them."""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime

import pytest

from services.api.access import tokens
from services.api.access.known_tokens import REMEMBERED, KnownTokens, Principal
from services.api.access.token_format import read_token
from services.api.documented import tasks as documented
from shared.domain.errors import InvalidDefinition
from tests.integration.api.client import BASE, TASKS, Api, bearer, client_of
from tests.support.cases import cases

TOKENS = f"{BASE}/tokens"


async def status(api: Api, headers: dict[str, str], path: str = TASKS) -> int:
    async with client_of(api.app) as client:
        return (await client.get(path, headers=headers)).status_code


async def test_what_is_stored_is_a_hash(api: Api) -> None:
    text = await api.token("tasks:read")

    token = read_token(text)
    assert token is not None
    rows = await api.pool.fetch("SELECT * FROM api.tokens")
    assert token.secret not in repr(rows)
    assert hashlib.sha256(token.secret.encode()).digest() in {row["secret_hash"] for row in rows}


async def test_a_spoiled_header_opens_nothing(shared_api: Api) -> None:
    for case in cases(
        [
            "",
            "Bearer",
            "Bearer ",
            "Basic {token}",
            "Bearer {token}x",
            "Bearer {token} {token}",
            "Bearer x{token}",
            "Bearer {token}".replace(" ", ""),
            "Bearer " + "a" * 10_000,
            "Bearer ÿþ",
        ]
    ):
        with case as header:
            text = await shared_api.token("admin")

            async with client_of(shared_api.app) as client:
                answer = await client.get(
                    TASKS, headers={b"authorization": header.format(token=text).encode("latin-1")}
                )

            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith('Bearer realm="automation"')


async def test_a_token_with_one_wrong_character_opens_nothing(shared_api: Api) -> None:
    for case in cases([0, 4, 13, 20, 55, 57, 62]):
        with case as place:
            text = await shared_api.token("admin")
            other = "a" if text[place] != "a" else "b"

            assert (
                await status(shared_api, dict(bearer(text[:place] + other + text[place + 1 :])))
                == 401
            )
            assert await status(shared_api, dict(bearer(text[:place]))) == 401


async def test_a_right_checksum_does_not_open_the_door(shared_api: Api) -> None:
    token = read_token(await shared_api.token("admin"))
    assert token is not None
    other = token._replace(secret="A" * 43)
    unknown = token._replace(id="zzzzzzzz")

    assert await status(shared_api, dict(bearer(other.text))) == 401
    assert await status(shared_api, dict(bearer(unknown.text))) == 401


async def test_a_token_in_the_query_string_is_never_read(shared_api: Api) -> None:
    text = await shared_api.token("admin")

    for name in ("token", "access_token", "authorization"):
        assert await status(shared_api, {}, f"{TASKS}?{name}={text}") == 401


async def test_an_expired_token_opens_nothing(api: Api) -> None:
    text = await api.token("admin")
    token = read_token(text)
    assert token is not None
    await api.pool.execute(
        "UPDATE api.tokens SET expires_at = clock_timestamp() - interval '1 second' WHERE id = $1",
        token.id,
    )

    assert await status(api, dict(bearer(text))) == 401


async def test_a_revoked_token_opens_nothing_at_once(api: Api) -> None:
    text = await api.token("tasks:read")
    token = read_token(text)
    assert token is not None
    assert await status(api, dict(bearer(text))) == 200

    revoked = await api.http.delete(f"{TOKENS}/{token.id}")

    assert revoked.status_code == 204
    assert await status(api, dict(bearer(text))) == 401
    assert (await api.http.delete(f"{TOKENS}/{token.id}")).status_code == 404


def test_a_token_revoked_elsewhere_is_forgotten_within_two_seconds() -> None:
    now = 100.0
    known = KnownTokens(clock=lambda: now)
    known.remember("a", Principal("id", "name", frozenset(), 60.0))
    known.remember("b", Principal("id", "name", frozenset(), 0.5))

    assert known.get("a") is not None
    now += 1.0
    assert known.get("b") is None  # expired meanwhile
    now += REMEMBERED - 1.0
    assert known.get("a") is None
    assert REMEMBERED <= 5.0


async def test_the_use_of_a_token_is_noted_once_a_minute(api: Api) -> None:
    text = await api.token("tasks:read")
    token = read_token(text)
    assert token is not None

    async def last_used() -> datetime | None:
        used: datetime | None = await api.pool.fetchval(
            "SELECT last_used_at FROM api.tokens WHERE id = $1", token.id
        )
        return used

    assert await last_used() is None
    await status(api, dict(bearer(text)))
    first = await last_used()
    assert first is not None
    await status(api, dict(bearer(text)))
    assert await last_used() == first


async def test_a_token_is_made_over_http_and_shown_once(api: Api) -> None:
    answer = await api.http.post(TOKENS, json={"name": "報表", "scopes": ["tasks:read"]})

    made = answer.json()
    assert answer.status_code == 201
    documented.NewToken.model_validate(made)
    assert made["created_by"] == "admin"
    lifetime = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert 89 <= lifetime.days <= 90
    assert await status(api, dict(bearer(made["token"]))) == 200
    listed = (await api.http.get(TOKENS)).json()
    assert documented.Token.model_validate(listed[0]).name == "報表"
    assert made["token"] not in repr(listed)


async def test_a_repeated_request_for_a_token_hears_no_secret(api: Api) -> None:
    body = {"name": "x", "scopes": ["tasks:read"]}
    headers = {"Idempotency-Key": "k"}

    first = (await api.http.post(TOKENS, json=body, headers=headers)).json()
    second = (await api.http.post(TOKENS, json=body, headers=headers)).json()

    assert second == {**first, "token": None}
    kept = await api.pool.fetchval("SELECT body FROM api.idempotency")
    assert first["token"].encode() not in kept


async def test_nobody_can_hand_on_a_right_that_they_do_not_have(api: Api) -> None:
    text = await api.token("tokens:admin", "tasks:read")
    async with client_of(api.app, bearer(text)) as client:
        own = await client.post(TOKENS, json={"name": "a", "scopes": ["tasks:read"]})
        more = await client.post(TOKENS, json={"name": "a", "scopes": ["admin"]})

    assert own.status_code == 201
    assert more.status_code == 403


async def test_the_command_line_makes_lists_and_revokes(database: str) -> None:
    admin = await tokens.create_admin_token(database)
    forever = await tokens.create_token(database, "robot", ["tasks:run", "runs:read"], None)
    listed = await tokens.list_tokens(database)

    assert [each["name"] for each in listed] == ["robot", "admin"]
    assert [each["expires_at"] for each in listed] == [None, None]
    assert [each["scopes"] for each in listed] == [["runs:read", "tasks:run"], ["admin"]]
    token = read_token(forever)
    assert token is not None
    assert await tokens.revoke_token(database, token.id)
    assert not await tokens.revoke_token(database, token.id)
    assert not await tokens.revoke_token(database, "nothere1")
    assert read_token(admin) is not None
    with pytest.raises(InvalidDefinition):
        await tokens.create_token(database, "robot", ["everything"])


async def test_no_log_line_holds_a_token(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    text = await api.token("tasks:read")
    with caplog.at_level(logging.DEBUG):
        await status(api, dict(bearer(text)))
        await status(api, dict(bearer(text + "x")))
        await status(api, {}, f"{TASKS}?token={text}")

    ours = [record for record in caplog.records if record.name != "httpx"]  # the test's client
    assert text not in repr([record.getMessage() for record in ours])
