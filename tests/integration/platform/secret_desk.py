"""An API that keeps secrets, and an action that names some."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
from pydantic import Field

from services.executor.actions.shell import Shell
from shared.contracts.action import Action, ActionParams, Context, Outcome, SecretName
from shared.domain.texts.catalog import Text
from shared.runtime.secret_box import SecretBox, new_key
from tests.integration.api.client import BASE, Api, Greet, running_api

SECRETS = f"{BASE}/secrets"
VALUE = "correct horse+battery/staple"


class Door(ActionParams):
    """A part of the parameters that names a secret."""

    key: SecretName
    label: str = ""


class CallParams(ActionParams):
    """Secrets at the top, deeper, in lists, by name."""

    url: str = "https://example.com"
    token: SecretName | None = None
    door: Door | None = None
    doors: list[Door] = Field(default=[])
    headers: dict[str, Annotated[SecretName, Field(title="x")]] = Field(default={})


class Call(Action[CallParams]):
    """An action for tests: the API never runs one, it reads its parameters."""

    name = "call"
    title = Text("呼叫", "Call")
    description = Text("呼叫某處。", "Calls somewhere.")
    params = CallParams

    async def run(self, params: CallParams, context: Context) -> Outcome:
        return Outcome(await context.secret(params.token or ""))


@asynccontextmanager
async def running_desk(database: str, **more: Any) -> AsyncIterator[Api]:  # noqa: ANN401 - fields of ApiParts
    """Serve an API that can keep secrets."""
    parts = {
        "box": SecretBox.parse(new_key()),
        "catalog": {"greet": Greet(), "call": Call(), "shell": Shell()},
    }
    async with running_api(database, **{**parts, **more}) as api:
        yield api


async def put(api: Api, name: str, value: str = VALUE, **more: Any) -> httpx.Response:  # noqa: ANN401 - fields
    """Store a secret."""
    return await api.http.put(f"{SECRETS}/{name}", json={"value": value, **more})
