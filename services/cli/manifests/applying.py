"""Makes things as planned: each change only to the version that the plan looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from services.cli.client import path
from services.cli.desk import Desk
from services.cli.failures import Conflicting, Failed
from services.cli.language import both
from services.cli.manifests import ownership
from services.cli.manifests.documents import Document
from services.cli.manifests.planning import Step, body_of
from services.cli.manifests.references import References


def carry_out(
    desk: Desk, steps: Sequence[Step], documents: Sequence[Document]
) -> Iterator[dict[str, Any]]:
    """Carry out all steps, in order; yield each that is done.

    Raises:
        Failed: a step failed; what was done before it stays, and is told.
    """
    references = References(desk, documents)
    done = 0
    for step in steps:
        if step.deed == "same":
            continue
        try:
            key = _one(desk, step, references)
        except Failed as failed:
            behind = both(
                f"{step.title}: {failed.text}\n{done} of the planned changes were made before"
                " it; apply again to go on.",
                f"{step.title}：{failed.text}\n在此之前已完成 {done} 項變更；再次 apply 即可繼續。",
            )
            raise type(failed)(behind) from None
        done += 1
        yield {**step.told(), "id": key}


def _one(desk: Desk, step: Step, references: References) -> str | None:
    headers = {"If-Match": step.etag} if step.etag else {}
    if step.deed == "delete":
        where = step.resource.path + path(str(step.key))
        _still_owned(desk, step, where)
        desk.client.call("DELETE", where, headers=headers)
        return step.key
    assert step.document is not None  # noqa: S101 - only a deletion has none
    current = step.current or None
    body = body_of(step.document, current, references.resolved(step.document))
    if step.key is None:
        made = desk.client.call("POST", step.resource.path, body=body).body
        references.made(step.document, str(made["id"]))
        return str(made["id"])
    desk.client.call("PUT", step.resource.path + path(step.key), body=body, headers=headers)
    return step.key


def _still_owned(desk: Desk, step: Step, where: str) -> None:
    """Look once more at what has no version to hold a deletion to.

    Raises:
        Conflicting: somebody has taken it over since the plan was made.
    """
    if step.etag:
        return
    now, then = (
        ownership.owner_of(each.get("description"))
        for each in (desk.client.get(where).body, step.current)
    )
    if now != then:
        raise Conflicting(both("It has another owner by now.", "擁有者已變更。"))
