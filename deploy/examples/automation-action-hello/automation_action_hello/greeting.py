"""A function that tasks may call by the action `python`: for work that needs no form of its own.

It runs in a process of its own, gets its arguments by name and returns what JSON can hold. What it
prints goes to the log of the run.
"""

from __future__ import annotations


def greeting(name: str, *, loud: bool = False) -> dict[str, str]:
    """Return a greeting."""
    text = f"Hello, {name}!"
    print(f"greeting {name}")  # noqa: T201 - becomes a line of the run's log
    return {"greeting": text.upper() if loud else text}
