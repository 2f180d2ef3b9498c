"""The whole task graph: which part of it is shown, and why each dependant did or did not run. Pure.

    upstream ends ──► its dependants are asked ──┬─ started          a run was created
                                                 ├─ queued           it was its turn, and it waits
                                                 ├─ not_started      it was its turn, but ...
                                                 ├─ waiting          for the other upstreams
                                                 └─ not_met          it did not end as the rule asks

What an edge says is about the last end of its upstream. Both sides are read from the ledger and the
log; an end that nobody has judged yet is a matter of a second.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.api.store.whole_graph import Link, NodeRow, SeatRow
from services.api.tasks.views import reason_text, waits_for_text
from services.api.wire.texts import say
from shared.domain.instant import format_instant
from shared.domain.texts.catalog import Language


@dataclass(frozen=True, slots=True)
class Chosen:
    """The tasks that are shown, in order, and whether there are more."""

    ids: list[UUID]
    truncated: bool


def choose(links: Sequence[Link], seeds: Sequence[UUID] | None, depth: int, limit: int) -> Chosen:
    """Return the tasks around *seeds* up to *depth* links away, the nearest first; None: all."""
    if seeds is None:
        ids = list(dict.fromkeys(each for link in links for each in link[:2]))
        return Chosen(ids[:limit], len(ids) > limit)
    down: defaultdict[UUID, list[UUID]] = defaultdict(list)
    up: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for link in links:
        down[link.upstream].append(link.downstream)
        up[link.downstream].append(link.upstream)
    reached = dict.fromkeys(seeds, 0)
    for neighbours in (down, up):  # what comes after, and what before; not what is beside
        for each, far in _walk(neighbours, seeds, depth).items():
            reached[each] = min(far, reached.get(each, far))
    ids = sorted(reached, key=lambda each: reached[each])
    return Chosen(ids[:limit], len(ids) > limit)


def _walk(
    neighbours: Mapping[UUID, Iterable[UUID]], seeds: Iterable[UUID], depth: int
) -> dict[UUID, int]:
    far = dict.fromkeys(seeds, 0)
    line = deque(far)
    while line:
        here = line.popleft()
        if far[here] == depth:
            continue
        for each in neighbours.get(here, ()):
            if each not in far:
                far[each] = far[here] + 1
                line.append(each)
    return far


def node_view(row: NodeRow) -> dict[str, Any]:
    """Return a task in the graph."""
    return {
        "id": str(row.id),
        "name": row.name or "",
        "deleted": row.name is None,
        "enabled": bool(row.enabled),
        "task_type": row.task_type,
        "task_action": row.task_action,
        "queue": row.queue,
        "state": _state(row),
        "running": row.running,
        "waiting": row.waiting,
        "failures": row.failures,
        "last_status": row.ended_status,
        "last_run_id": str(row.ended_run) if row.ended_run else None,
        "last_ended_at": format_instant(row.ended_at) if row.ended_at else None,
        "next_fire_at": format_instant(row.next_fire_at) if row.next_fire_at else None,
    }


def _state(row: NodeRow) -> str:
    if row.name is None:
        return "deleted"
    if row.running:
        return "running"
    if row.waiting:
        return "waiting"
    if not row.enabled:
        return "disabled"
    return row.ended_status or "never"


@dataclass(frozen=True, slots=True)
class Why:
    """What an edge says of the last end of its upstream."""

    state: str
    code: str
    params: Mapping[str, str]
    run_id: UUID | None = None


def why(
    link: Link, upstream: NodeRow, downstream: NodeRow, seat: SeatRow | None, language: Language
) -> Why:
    """Return what became of a dependant when its upstream ended last, or why nothing did."""
    ended_as = say(f"status.{upstream.ended_status}", language).rstrip("。.")
    status = {"rule": link.rule, "status": ended_as}
    if (standing := _standing(upstream, downstream)) is not None:
        return standing
    if link.kind == "dependent_tasks" and upstream.ended_status != "success":
        return Why("blocked", "edge.not_success", status)
    caused, ended = downstream.caused_at, upstream.ended_at
    if caused is not None and ended is not None and caused >= ended:
        return _caused(downstream, language)
    if seat is not None and (place := _PLACES.get(seat.place)) is not None:
        return Why(*place, status, downstream.caused_run if seat.place == "spent" else None)
    return Why("blocked", "edge.not_met", status)


#: What a seat of a round means to its edge.
_PLACES: Mapping[str, tuple[str, str]] = {
    "owed": ("blocked", "edge.owed"),
    "open": ("waiting", "edge.waiting"),
    "spent": ("started", "edge.started"),
}


def _standing(upstream: NodeRow, downstream: NodeRow) -> Why | None:
    """Return what decides before anybody looks at how the upstream ended."""
    if upstream.name is None:
        return Why("broken", "edge.upstream_deleted", {})
    if not downstream.enabled:
        return Why("off", "edge.disabled", {})
    if upstream.running:
        return Why("pending", "edge.running", {})
    return Why("idle", "edge.upstream_never", {}) if upstream.ended_at is None else None


def _caused(row: NodeRow, language: Language) -> Why:
    if row.caused_outcome != "fired":
        reason = reason_text(
            row.caused_reason, row.caused_missed_count or 0, row.caused_missed_since, language
        ) or say(f"status.{row.caused_outcome}", language)
        return Why("blocked", "edge.not_started", {"why": reason})
    if row.caused_held:
        reason = waits_for_text(row.caused_waits_for, language) or ""
        return Why("waiting", "edge.queued", {"why": reason}, row.caused_run)
    return Why("started", "edge.started", {}, row.caused_run)


def edge_view(link: Link, reason: Why, language: Language) -> dict[str, Any]:
    """Return a link in the graph."""
    return {
        "from": str(link.upstream),
        "to": str(link.downstream),
        "kind": link.kind,
        "rule": link.rule,
        "state": reason.state,
        "reason_code": reason.code,
        "reason": say(reason.code, language, reason.params),
        "run_id": str(reason.run_id) if reason.run_id else None,
    }
