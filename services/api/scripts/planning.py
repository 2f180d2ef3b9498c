"""What a publication would do: which version, in place of what, for whom, in which steps.

The same is asked here as by the run itself (`commands.py`), and the same functions decide who is in
which step (`shared/domain/rollout.py`); so a plan is told at once, and is right unless something
changes before the run begins. What a run would refuse is refused here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.api.scripts.publishing import resolve
from services.api.store import alert_rules, alerts, publications
from services.api.store import publication_targets as targets_store
from services.api.store import scripts as scripts_store
from services.api.store.scripts import PointerRow, ScriptRow, VersionRow
from services.api.wire.problems import refuse_fields
from shared.contracts.scripts_commands import PrepareScript, TargetSeen
from shared.db.pool import Connection
from shared.domain import rollout
from shared.domain.errors import Conflict, Problem

#: Accounts that are named in one step of a plan.
MOST_NAMED = 20
_PAGE = 500


async def plan(connection: Connection, script: ScriptRow, params: Any) -> dict[str, Any]:  # noqa: ANN401 - the action's model, which the API does not import
    """Return what a run with these parameters would do now.

    Raises:
        NotFound, Conflict, Refused: it would be refused.
    """
    asked = PrepareScript(
        script_id=script.script_id,
        version=str(params.version),
        environment=params.environment,
        selection=params.selection(),
        rollback=params.rollback,
    )
    pointer = await scripts_store.pointer(connection, script.script_id, asked.environment)
    version = await resolve(connection, script, pointer, asked)
    _, unknown = await targets_store.chosen(
        connection, script.script_id, asked.environment, asked.selection
    )
    if unknown:
        raise Conflict("script.accounts_unknown", accounts=", ".join(unknown))
    firing = None
    if params.gate is not None:
        if await alert_rules.unknown(connection, [params.gate.alert_rule]):
            raise refuse_fields([Problem("/params/gate/alert_rule", "alert_rule.not_found")])
        firing = await alerts.firing(connection, params.gate.alert_rule)
    busy = await publications.at_work(connection, script.script_id)
    ordered = rollout.in_order(await _all_targets(connection, asked))
    least_hold = params.gate.min_hold_seconds if params.gate else 0
    own = [rollout.Step(each.percent, each.hold_seconds) for each in params.strategy.steps]
    stages = rollout.stages_of(
        len(ordered), own or rollout.USUAL[params.strategy.type], least_hold=least_hold
    )
    return {
        **_versions(version, pointer),
        "environment": asked.environment,
        "total": len(ordered),
        "steps": _steps(ordered, stages, version.version),
        "gate_firing": firing,
        "busy_run_id": str(busy) if busy else None,
    }


def _versions(version: VersionRow, pointer: PointerRow | None) -> Mapping[str, Any]:
    return {
        "version": version.number,
        "sha256": version.version,
        "from_version": pointer.number if pointer else None,
        "pointer_moves": pointer is None or pointer.version != version.version,
    }


def _steps(
    ordered: Sequence[TargetSeen], stages: Sequence[rollout.Stage], version: str
) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    begin = 0
    for stage in stages:
        members = ordered[begin : stage.upto]
        changing = [each for each in members if each.found != version]
        steps.append(
            {
                "changed": len(changing),
                "unchanged": len(members) - len(changing),
                "running": sum(each.was_running for each in changing),
                "hold_seconds": stage.hold_seconds,
                "accounts": [each.account_id for each in changing[:MOST_NAMED]],
            }
        )
        begin = stage.upto
    return steps


async def _all_targets(connection: Connection, asked: PrepareScript) -> list[TargetSeen]:
    found: list[TargetSeen] = []
    after: UUID | None = None
    while True:
        page = await targets_store.ahead(
            connection,
            asked.script_id,
            asked.environment,
            asked.selection,
            after=after,
            limit=_PAGE,
        )
        found += page
        if len(page) < _PAGE:
            return found
        after = page[-1].id
