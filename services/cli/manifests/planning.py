"""What would have to be done so that things are as documents say. Changes nothing.

For each document the API is asked for a dry run; what it answers is compared with what is there,
field by field. So the plan knows every refusal and every normalisation that the real change meets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from services.cli import finding
from services.cli.client import Answer, path
from services.cli.desk import Desk
from services.cli.failures import Conflicting, Failed, Misused, NotFound
from services.cli.language import both
from services.cli.manifests import ownership
from services.cli.manifests.documents import Document, said_where
from services.cli.manifests.references import References
from services.cli.manifests.resources import RESOURCES, Resource

Deed = Literal["create", "change", "delete", "same"]


@dataclass(frozen=True, slots=True)
class Change:
    """One field that would change."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What would be done about one thing."""

    deed: Deed
    resource: Resource
    name: str
    key: str | None
    """Its id, or its name; None: it gets an id when it is made."""
    etag: str | None = None
    document: Document | None = None
    changes: tuple[Change, ...] = ()
    summary: str | None = None
    """What the API says of the consequences."""
    current: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{self.resource.kind} {self.name}"

    def told(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "action": self.deed,
            "kind": self.resource.kind,
            "name": self.name,
            "id": self.key,
            "changes": [
                {"path": each.path, "before": each.before, "after": each.after}
                for each in self.changes
            ],
            "summary": self.summary,
            "from": self.document.place() if self.document else None,
        }


class Planner:
    """Asks the API what each document would change."""

    def __init__(self, desk: Desk, documents: Sequence[Document]) -> None:
        self._desk = desk
        self._documents = documents
        self._references = References(desk, documents)

    def steps(self) -> list[Step]:
        """Return a step per document, in the order in which they have to be made.

        Raises:
            Misused: with everything that the API would refuse, each with its line.
        """
        steps, wrong = [], []
        for document in self._references.in_order():
            try:
                steps.append(self._step(document))
            except (Misused, Conflicting, NotFound) as error:
                wrong.append(_told(document, error))
        if wrong:
            raise Misused("\n".join(wrong))
        return steps

    def surplus(self, owner: str) -> Iterator[Step]:
        """Yield what bears the mark of *owner*, and no document speaks of."""
        known = {
            (each.resource.kind, key)
            for each in self._documents
            for key in (each.id, each.name)
            if key is not None
        }
        for resource in reversed(list(RESOURCES.values())):
            for found in self._desk.client.pages(resource.listed, limit=0):
                names = {(resource.kind, found.get("id")), (resource.kind, found["name"])}
                if ownership.owner_of(found.get("description")) == owner and not names & known:
                    key = str(found[resource.id])
                    seen = self._desk.client.get(resource.path + path(key))
                    yield Step(
                        deed="delete",
                        resource=resource,
                        name=found["name"],
                        key=key,
                        etag=seen.etag,
                        current=seen.body,
                    )

    def _step(self, document: Document) -> Step:
        resource = document.resource
        found = current_of(self._desk, document)
        spec, lacking = self._references.rehearsable(document)
        key = None if resource.has_id else document.name
        if found is None:
            self._references.will_be_made(document)
            would = self._rehearsed(resource, key, body_of(document, None, spec), None)
            return Step(
                deed="create",
                resource=resource,
                name=document.name,
                key=key,
                document=document,
                changes=tuple(_differences("", {}, _declared(resource, would))),
                summary=_summary(would),
            )
        key = str(found.body[resource.id])
        would = self._rehearsed(resource, key, body_of(document, found.body, spec), found.etag)
        before, after = _declared(resource, {"answer": found.body}), _declared(resource, would)
        for name in lacking:
            after[name] = document.spec[name]
        changes = tuple(_differences("", before, after))
        return Step(
            deed="change" if changes else "same",
            resource=resource,
            name=str(found.body["name"]),
            key=key,
            etag=found.etag,
            document=document,
            changes=changes,
            summary=_summary(would) if changes else None,
            current=found.body,
        )

    def _rehearsed(
        self, resource: Resource, key: str | None, body: dict[str, Any], etag: str | None
    ) -> dict[str, Any]:
        method = "POST" if key is None else "PUT"
        where = resource.path + (path(key) if key else "")
        headers = {"If-Match": etag} if etag else {}
        told: dict[str, Any] = self._desk.client.call(
            method, where, body=body, params={"dry_run": True}, headers=headers
        ).body
        return told


def current_of(desk: Desk, document: Document) -> Answer | None:
    """Return what a document is about, with its version; None: it is not there yet.

    Raises:
        Conflicting: it could be several.
    """
    resource = document.resource
    key = document.id if resource.has_id else document.name
    if key is not None:
        try:
            return desk.client.get(resource.path + path(key))
        except NotFound:
            if not resource.has_id:
                return None
    named = _named(desk, resource, document.name)
    if len(named) > 1:
        raise Conflicting(
            both(
                f"{len(named)} are named {document.name!r}; say which by its id",
                f"有 {len(named)} 個同名的「{document.name}」，請以 id 指定",
            )
        )
    return desk.client.get(resource.path + path(str(named[0]["id"]))) if named else None


def body_of(
    document: Document, current: dict[str, Any] | None, spec: dict[str, Any]
) -> dict[str, Any]:
    """Return what is sent for a document whose *spec* has all its references resolved."""
    resource, had = document.resource, current or {}
    body = dict(spec)
    if resource.whole and current is not None:
        body = {**{name: had.get(name) for name in resource.fields}, **body}
    if resource.has_id:
        body["name"] = document.name
    owner = document.owner or ownership.owner_of(had.get("description"))
    if "description" in spec:
        body["description"] = ownership.marked(spec["description"], owner)
    elif document.owner:
        body["description"] = ownership.marked(had.get("description"), owner)
    return body


def _named(desk: Desk, resource: Resource, name: str) -> list[dict[str, Any]]:
    if resource.kind == "task":
        return finding.named_tasks(desk, name)
    return [each for each in desk.client.pages(resource.listed, limit=0) if each["name"] == name]


def _declared(resource: Resource, told: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that files may declare, from an answer or a rehearsed one."""
    found = told.get("task") or told.get("answer") or {}
    names = ("name", *resource.fields) if resource.has_id else resource.fields
    return {name: found[name] for name in names if found.get(name) is not None}


def _summary(told: dict[str, Any]) -> str | None:
    summary = told.get("summary")
    return str(summary) if summary else None


def _differences(where: str, before: Any, after: Any) -> Iterator[Change]:  # noqa: ANN401 - JSON
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            below = f"{where}.{key}" if where else str(key)
            yield from _differences(below, before.get(key), after.get(key))
        return
    yield Change(where, before, after)


def _told(document: Document, error: Failed) -> str:
    if error.problems:
        return "\n".join(said_where(document, each) for each in error.problems)
    return f"{document.place()}: {document.title}: {error.text}"
