"""All checks, in the order in which one would mend things."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from deploy.doctor import host, texts
from deploy.doctor.bus import bus
from deploy.doctor.database import database
from deploy.doctor.finding import Finding, problem
from deploy.doctor.place import Place

Check = Callable[[Place], Awaitable[list[Finding]]]

log = logging.getLogger(__name__)


def _at_once(check: Callable[[Place], list[Finding]]) -> Check:
    async def look(place: Place) -> list[Finding]:
        return check(place)

    return look


CHECKS: Sequence[tuple[str, Check]] = (
    ("version", _at_once(host.python)),
    ("disk", _at_once(host.disk)),
    ("port", _at_once(host.port)),
    ("keys", _at_once(host.keys)),
    ("processes", host.processes),
    ("database", database),
    ("bus", bus),
)


async def examine(place: Place) -> list[Finding]:
    """Look at everything; a check that breaks is a finding, and keeps nobody from the others."""
    findings: list[Finding] = []
    for name, check in CHECKS:
        try:
            findings += await check(place)
        except Exception as error:
            log.debug("the check %s broke", name, exc_info=error)
            kind = type(error).__name__
            findings.append(problem(name, texts.BROKE, texts.REPORT, kind=kind))
    return findings
