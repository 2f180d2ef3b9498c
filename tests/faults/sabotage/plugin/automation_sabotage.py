"""Actions that harm the executor that runs them, and actions that not every executor has.

A plug-in as any other package would bring one: this folder on PYTHONPATH is all it needs.
"""

from __future__ import annotations

import ctypes
import os
import time
from typing import Literal

from shared.contracts.action import Action, ActionParams, Context, Outcome
from shared.domain.texts.catalog import Text


class SabotageParams(ActionParams):
    """What it does, and in how many attempts before it behaves."""

    how: Literal["segfault", "exit", "block"]
    attempts: int = 1_000
    seconds: float = 0.0


class Sabotage(Action[SabotageParams]):
    """Does what an action must never do."""

    name = "sabotage"
    title = Text("破壞", "Sabotage")
    description = Text("使執行器當機。", "Brings its executor down.")
    params = SabotageParams

    async def run(self, params: SabotageParams, context: Context) -> Outcome:
        if context.attempt > params.attempts:
            return Outcome(f"behaved in attempt {context.attempt}")
        match params.how:
            case "segfault":
                ctypes.string_at(0)
            case "exit":
                os._exit(3)
            case "block":
                time.sleep(params.seconds)  # noqa: ASYNC251 - the event loop is to stand still
        return Outcome("survived")


class NoParams(ActionParams):
    """Nothing to say."""


class Rare(Action[NoParams]):
    """Does nothing, on the executors that have it."""

    name = "rare"
    title = Text("罕見", "Rare")
    description = Text("不是每個執行器都有。", "Not every executor has it.")
    params = NoParams

    async def run(self, params: NoParams, context: Context) -> Outcome:  # noqa: ARG002 - the signature of an action
        return Outcome("done where it could be done")


class Rarest(Rare):
    """Does nothing, and no executor has it."""

    name = "rarest"
    title = Text("絕無僅有", "Rarest")
