"""What documents name: tasks by id or by name, calendars and channels by name.

What is named may be a document of the same set that is not made yet. The real change resolves it
once it is there; a rehearsal has to leave it out, and says which fields it has left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from services.cli import finding
from services.cli.desk import Desk
from services.cli.failures import Misused
from services.cli.language import both
from services.cli.manifests.documents import Document
from services.cli.manifests.resources import RESOURCES

#: Where a spec names tasks; the second of two is a field within the first.
_PLACES = (("dependent_tasks", None), ("depends_on", "tasks"))


class References:
    """The tasks that documents name."""

    def __init__(self, desk: Desk, documents: Sequence[Document]) -> None:
        self._desk = desk
        self._documents = documents
        self._here = {each.name: each for each in documents if each.resource.kind == "task"}
        self._ids: dict[str, str] = {}
        self._to_come: set[tuple[str, str]] = set()

    def will_be_made(self, document: Document) -> None:
        """Note that something is not there yet, but will be."""
        self._to_come.add((document.resource.kind, document.name))

    def made(self, document: Document, id_: str) -> None:
        """Note the id that a task got."""
        self._ids[document.name] = id_

    def in_order(self) -> list[Document]:
        """Return the documents so that what is named comes before what names it.

        Raises:
            Misused: tasks of the set name one another in a circle.
        """
        ranks = list(RESOURCES)
        others = [each for each in self._documents if each.resource.kind != "task"]
        others.sort(key=lambda each: ranks.index(each.resource.kind))
        sorter: TopologicalSorter[str] = TopologicalSorter()
        for each in self._here.values():
            sorter.add(each.name, *(name for name in _names(each) if name in self._here))
        try:
            tasks = [self._here[name] for name in sorter.static_order()]
        except CycleError as error:
            circle = " → ".join(error.args[1])
            raise Misused(
                both(f"A circle of dependencies: {circle}", f"相依關係成環：{circle}")
            ) from None
        return [*others, *tasks]

    def resolved(self, document: Document) -> dict[str, Any]:
        """Return the spec of *document* with ids in the place of names.

        Raises:
            Misused: there is no such task.
        """
        return self._resolved(document, lenient=False)

    def rehearsable(self, document: Document) -> tuple[dict[str, Any], set[str]]:
        """Return the spec without what is not there yet, and the fields that lack something.

        Raises:
            Misused: there is no such task, and there will be none.
        """
        whole = self._resolved(document, lenient=True)
        spec = self._without_what_comes(whole)
        named = document.spec
        lacking = {key for key, value in whole.items() if spec.get(key) != value}
        lacking |= {
            name
            for name, below in _PLACES
            if len(_listed(named.get(name), below)) != len(_listed(spec.get(name), below))
        }
        return spec, lacking

    def _resolved(self, document: Document, *, lenient: bool) -> dict[str, Any]:
        spec = dict(document.spec)
        if document.resource.kind != "task":
            return spec
        for name, below in _PLACES:
            value = spec.get(name)
            if below is None and isinstance(value, list):
                spec[name] = self._all(value, lenient=lenient)
            elif below and isinstance(value, dict) and isinstance(value.get(below), list):
                ids = self._all(value[below], lenient=lenient)
                spec[name] = {**value, below: ids}
                if not ids and value[below]:
                    del spec[name]
        return spec

    def _without_what_comes(self, whole: dict[str, Any]) -> dict[str, Any]:
        spec = dict(whole)
        calendars = _listed(spec.get("blackout"), "calendars")
        left = [each for each in calendars if ("calendar", each) not in self._to_come]
        if len(left) != len(calendars):
            spec["blackout"] = {**spec["blackout"], "calendars": left}
            if not left:
                del spec["blackout"]
        recipients = _listed(spec.get("notify_recipients"), None)
        if any(("channel", each) in self._to_come for each in recipients):
            spec["notify_recipients"] = [
                each for each in recipients if ("channel", each) not in self._to_come
            ]
        rules = _listed(spec.get("notify"), None)
        if any(
            ("channel", each) in self._to_come
            for rule in rules
            for each in _listed(rule, "channels")
        ):
            del spec["notify"]
        if ("channel", spec.get("notification_target")) in self._to_come:
            del spec["notification_target"], spec["notification_method"]
        return spec

    def _all(self, words: list[Any], *, lenient: bool) -> list[str]:
        found = (self._id(str(word), lenient=lenient) for word in words)
        return [each for each in found if each is not None]

    def _id(self, word: str, *, lenient: bool) -> str | None:
        if finding.is_id(word):
            return word
        if word not in self._ids:
            document = self._here.get(word)
            if document is not None and document.id:
                self._ids[word] = document.id
                return document.id
            named = finding.named_tasks(self._desk, word)
            if len(named) != 1:
                if lenient and not named and document is not None:
                    return None
                raise Misused(
                    both(
                        f"{len(named)} tasks are named {word!r}, which is named here",
                        f"此處提到的「{word}」有 {len(named)} 個任務",
                    )
                )
            self._ids[word] = str(named[0]["id"])
        return self._ids[word]


def _names(document: Document) -> Iterator[str]:
    for name, below in _PLACES:
        yield from (str(each) for each in _listed(document.spec.get(name), below))


def _listed(value: Any, below: str | None) -> list[Any]:  # noqa: ANN401 - YAML
    """Return the list that *value* is, or has as a field."""
    if below is not None:
        value = value.get(below) if isinstance(value, dict) else None
    return value if isinstance(value, list) else []
