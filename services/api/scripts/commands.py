"""What the action that publishes scripts asks (`shared/contracts/scripts_commands.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.api.accounts.desired import announce
from services.api.bus.said import say_event
from services.api.platform.asking import Asker, command
from services.api.scripts.publishing import fate_of, new_publication, resolve
from services.api.store import alert_rules, alerts, audit
from services.api.store import publication_targets as targets_store
from services.api.store import publications as store
from services.api.store import scripts as scripts_store
from services.api.store.audit import Actor, Deed
from services.api.store.publication_targets import Held
from services.api.store.publications import Publication
from shared.contracts import scripts_commands as asked
from shared.contracts.platform import Nothing
from shared.db.pool import Connection
from shared.domain.errors import Conflict, NotFound

_OVER: Final = frozenset({"rolled_back", "paused", "abandoned"})


async def prepare(
    connection: Connection, question: asked.PrepareScript, asker: Asker
) -> asked.PreparedScript:
    """Begin the publication of a run, or find the one that it has begun."""
    if not question.dry_run and (mine := await store.get(connection, asker.run_id)):
        return await _found(connection, mine)
    script = await scripts_store.get(connection, question.script_id, lock=not question.dry_run)
    if script is None:
        raise NotFound("script", question.script_id)
    pointer = await scripts_store.pointer(connection, script.script_id, question.environment)
    version = await resolve(connection, script, pointer, question)
    total, unknown = await targets_store.chosen(
        connection, script.script_id, question.environment, question.selection
    )
    if unknown:
        raise Conflict("script.accounts_unknown", accounts=", ".join(unknown))
    new = new_publication(asker.run_id, question, version, pointer)
    answer = asked.PreparedScript(
        number=new.number,
        version=new.version,
        from_version=new.from_version,
        pointed=new.from_version == new.version,
        total=total,
    )
    if question.dry_run:
        return answer
    if other := await store.other_at_work(connection, script.script_id):
        return answer.model_copy(update={"busy": other})
    await store.begin(connection, new)
    await targets_store.add(connection, new, question.selection)
    await store.deliver(connection, new.version, version.yaml_content, mark=str(asker.run_id))
    return answer


async def _found(connection: Connection, mine: Publication) -> asked.PreparedScript:
    pointer = await scripts_store.pointer(connection, mine.script_id, mine.environment)
    return asked.PreparedScript.model_validate(
        {
            "number": mine.number,
            "version": mine.version,
            "from_version": mine.from_version,
            "pointed": pointer is not None and pointer.version == mine.version,
            "state": mine.state,
            "reason": mine.reason,
            "total": await targets_store.count(connection, mine.run_id),
        }
    )


async def look(
    connection: Connection, question: asked.LookAtTargets, asker: Asker
) -> asked.TargetsSeen:
    """Return how the targets of the run's publication stand."""
    targets = await targets_store.look(
        connection,
        asker.run_id,
        question.ids,
        after=question.after,
        limit=question.limit + 1,
    )
    return _page(targets, question.limit)


async def ahead(connection: Connection, question: asked.LookAhead, _: Asker) -> asked.TargetsSeen:
    """Return what the targets would be."""
    targets = await targets_store.ahead(
        connection,
        question.script_id,
        question.environment,
        question.selection,
        after=question.after,
        limit=question.limit + 1,
    )
    return _page(targets, question.limit)


def _page(targets: list[asked.TargetSeen], limit: int) -> asked.TargetsSeen:
    shown = tuple(targets[:limit])
    return asked.TargetsSeen(targets=shown, next=shown[-1].id if len(targets) > limit else None)


async def assign(
    connection: Connection, question: asked.AssignScript, asker: Asker
) -> asked.AssignedScripts:
    """Let targets run the version, or the one before; their runtimes are told."""
    publication = await _at_work(connection, asker)
    locked = await targets_store.hold(connection, asker.run_id, question.ids)
    held = {each.id: each for each in locked}
    fates = {each.id: fate_of(each, publication, back=question.back) for each in locked}
    goals = {each.id: each.found if question.back else publication.version for each in locked}
    changed = [each for each in locked if fates[each.id] == "assigned"]
    await _give(connection, asker, changed, [goals[each.id] for each in changed])
    if not question.back:
        await targets_store.given(connection, asker.run_id, [each.id for each in changed])
    return asked.AssignedScripts(
        accounts=tuple(
            asked.AssignedScript(
                id=identity,
                did=fates.get(identity, "gone"),
                version=None
                if identity not in held
                else goals[identity]
                if fates[identity] == "assigned"
                else held[identity].script_version,
            )
            for identity in question.ids
        )
    )


async def _give(
    connection: Connection, asker: Asker, accounts: Sequence[Held], versions: Sequence[str | None]
) -> None:
    """Let accounts run these versions; their runtimes are told, and it is written down."""
    ids = [each.id for each in accounts]
    await targets_store.assign(connection, ids, versions)
    await announce(connection, ids)
    deeds = [
        Deed(
            each.account_id,
            {"script_version": version, "previous_script_version": each.script_version},
        )
        for each, version in zip(accounts, versions, strict=True)
    ]
    await audit.note_many(connection, Actor.of(asker), "account.script_assigned", "account", deeds)


async def point(connection: Connection, _: asked.PointScript, asker: Asker) -> asked.PointedScript:
    """Publish: the pointer of the environment moves, if nobody else has moved it."""
    mine = await _at_work(connection, asker, published_too=True)
    await scripts_store.get(connection, mine.script_id, lock=True)
    pointer = await scripts_store.pointer(connection, mine.script_id, mine.environment)
    revision = pointer.revision if pointer else 0
    if pointer is not None and pointer.version == mine.version:
        await store.end(connection, mine.run_id, "published", None)
        return asked.PointedScript(moved=False, revision=revision)
    if revision != mine.revision or mine.state == "published":
        raise Conflict("script.pointer_moved", revision=revision)
    revision = await store.point(connection, mine, asker.task_name)
    late = await targets_store.latecomers(connection, mine)
    await _give(connection, asker, late, [mine.version] * len(late))
    await store.end(connection, mine.run_id, "published", None)
    await _tell(
        connection,
        mine,
        asker,
        verb="script.rolled_back" if mine.rollback else "script.published",
        before=mine.from_version,
        after=mine.version,
        reason="asked for" if mine.rollback else None,
    )
    return asked.PointedScript(moved=True, revision=revision)


async def end(connection: Connection, question: asked.EndPublication, asker: Asker) -> Nothing:
    """Note that a version is not published after all."""
    mine = await _at_work(connection, asker, over_as=question.state)
    if mine.state == question.state:
        return Nothing()
    await store.end(connection, mine.run_id, question.state, question.reason)
    if question.state == "rolled_back":
        await _tell(
            connection,
            mine,
            asker,
            verb="script.rolled_back",
            before=mine.version,
            after=mine.from_version,
            reason=question.reason,
        )
    return Nothing()


async def gate(connection: Connection, question: asked.LookAtGate, _: Asker) -> asked.GateSeen:
    """Return whether there is such a rule, and how many of its alerts fire."""
    unknown = await alert_rules.unknown(connection, [question.alert_rule])
    firing = await alerts.firing(connection, question.alert_rule)
    return asked.GateSeen(exists=not unknown, firing=firing)


async def _at_work(
    connection: Connection,
    asker: Asker,
    *,
    published_too: bool = False,
    over_as: str | None = None,
) -> Publication:
    """Return the publication of a run, which is not over yet (or as is to be said again)."""
    mine = await store.get(connection, asker.run_id)
    over = _OVER if published_too else _OVER | {"published"}
    if mine is None or mine.state in over - {over_as}:
        raise Conflict("script.no_publication")
    return mine


async def _tell(
    connection: Connection,
    mine: Publication,
    asker: Asker,
    *,
    verb: str,
    before: str | None,
    after: str | None,
    reason: str | None,
) -> None:
    """Write down, and say, that a pointer moved or a version was taken back."""
    more = {"reason": reason} if reason else {}
    await audit.note(
        connection,
        Actor.of(asker),
        verb,
        "script",
        mine.script_id,
        before={"environment": mine.environment, "version": before},
        after={"environment": mine.environment, "version": after} | more,
    )
    data = {
        "script_id": mine.script_id,
        "environment": mine.environment,
        "number": mine.number,
        "from": before,
        "to": after,
        "run_id": str(mine.run_id),
    }
    await say_event(connection, verb, data | more, key=str(mine.run_id), causes=[asker.task_id])


COMMANDS: Final = (
    command(asked.PrepareScript, prepare),
    command(asked.LookAtTargets, look),
    command(asked.LookAhead, ahead),
    command(asked.AssignScript, assign),
    command(asked.PointScript, point),
    command(asked.EndPublication, end),
    command(asked.LookAtGate, gate),
)
