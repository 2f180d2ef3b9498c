"""What the routes work with; `app.py` makes it once and hangs it on the application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request

from services.api.access.cookies import Origin
from services.api.access.denials import Denials
from services.api.access.known_tokens import KnownTokens
from services.api.access.oidc.provider import Provider
from services.api.access.passwords import Passwords
from services.api.access.rates import Rates
from services.api.access.trusted_header import TrustedHeader
from services.api.bus.notifier_line import NoNotifier, NotifierLine
from services.api.bus.runtime_line import NoRuntimes, RuntimeLine
from services.api.bus.scheduler_line import NoLine, SchedulerLine
from services.api.events.stream import EventStream, NoEvents
from services.api.live.tails import Tails
from services.api.operations.board import Board
from services.api.runs.trace_links import TraceLinks
from services.api.store.database import Database
from services.api.tasks.definition import Catalog
from shared.runtime.conditions import Conditions
from shared.runtime.secret_box import SecretBox
from shared.runtime.web import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiParts:
    """The API's connections to the rest."""

    database: Database
    catalog: Catalog
    wake_relay: Callable[[], None]
    """Called after each commit that left something in the outbox."""
    checks: Mapping[str, Check] = field(default_factory=dict)
    scheduler: SchedulerLine = field(default_factory=NoLine)
    runtimes: RuntimeLine = field(default_factory=NoRuntimes)
    notifier: NotifierLine = field(default_factory=NoNotifier)
    box: SecretBox | None = None
    """Seals the secrets of channels; None: there is no key."""
    events: EventStream = field(default_factory=NoEvents)
    conditions: Conditions = field(default_factory=Conditions)
    known_tokens: KnownTokens = field(default_factory=KnownTokens)
    board: Board = field(default_factory=Board)
    tails: Tails = field(default_factory=Tails)
    denials: Denials = field(default_factory=Denials)
    rates: Rates = field(default_factory=Rates)
    """Without budgets: nobody is limited."""
    passwords: Passwords = field(default_factory=Passwords)
    origin: Origin = field(default_factory=Origin)
    """Where people find the page."""
    traces: TraceLinks = field(default_factory=TraceLinks)
    """Where the trace of a run can be looked at."""
    oidc: Provider | None = None
    """Where people can log in, beside their password; None: nowhere."""
    trusted: TrustedHeader | None = None
    """The header in which a proxy says who somebody is; None: none is believed."""


async def parts_of(request: Request) -> ApiParts:
    """Dependency: the parts of the application that serves *request*."""
    return cast(ApiParts, request.app.state.parts)


Parts = Annotated[ApiParts, Depends(parts_of)]
