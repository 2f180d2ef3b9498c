"""Call one Python function and say what it returns; a program of its own (`action.py`).

In comes one JSON document: which function, which arguments. Out comes one: its result, or how it
failed. Whatever the function prints, to either output, goes to the other one.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
import traceback
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

GROUP = "automation.functions"
RESULT_MAX = 48 * 1024  # bytes


def main() -> None:
    """Do what the standard input says."""
    asked = json.load(sys.stdin)
    answer = os.dup(1)
    os.dup2(2, 1)
    said = _call(asked["function"], asked["arguments"], own_only=asked["own_only"])
    sys.stdout.flush()
    with os.fdopen(answer, "w") as out:
        out.write(said)


def _call(name: str, arguments: dict[str, Any], *, own_only: bool) -> str:
    try:
        result = _found(name, own_only=own_only)(**arguments)
        if inspect.isawaitable(result):
            result = asyncio.run(_awaited(result))
        said = json.dumps({"result": result}, ensure_ascii=False, allow_nan=False)
    except Exception as error:  # noqa: BLE001 - it is somebody else's function
        if (told := _told(error)) is not None:
            return json.dumps(told)
        traceback.print_exc()
        return json.dumps({"problem": f"{type(error).__name__}: {error}"[:1000]})
    if len(said.encode()) > RESULT_MAX:
        return json.dumps({"problem": "the result is larger than 48 KiB", "permanent": True})
    return said


async def _awaited(result: Any) -> object:  # noqa: ANN401 - whatever can be awaited
    return await result


def _told(error: Exception) -> dict[str, Any] | None:
    """Return what a function means that fails as actions do; None if it does not.

    Who raises that error has imported it: it costs the others 150 ms.
    """
    known = sys.modules.get("shared.contracts.action")
    if known is None or not isinstance(error, known.ActionFailed):
        return None
    return {"problem": str(error), "permanent": error.permanent, "retry_after": error.retry_after}


def _found(name: str, *, own_only: bool) -> Any:  # noqa: ANN401 - it has any arguments
    module, _, function = name.partition(":")
    if not function:
        (entry,) = entry_points(group=GROUP, name=name)
        return entry.load()
    found = getattr(import_module(module), function)
    if own_only and getattr(found, "__module__", None) != module:
        raise AttributeError(f"{function} is not {module}'s own")
    return found


if __name__ == "__main__":
    main()
