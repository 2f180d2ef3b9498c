"""What the API has, as documents; and files brought up to date with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from services.cli.client import path
from services.cli.desk import Desk, mentions
from services.cli.failures import Misused
from services.cli.language import both
from services.cli.manifests.documents import read
from services.cli.manifests.planning import Planner, current_of
from services.cli.manifests.resources import Resource
from services.cli.manifests.writing import document_of, renew, text_of


def documents(desk: Desk, resource: Resource) -> Iterator[dict[str, Any]]:
    """Yield all things of a kind that `--query` finds as documents, in the order of names."""
    query = desk.wishes.query
    if resource.kind == "task":
        listed = list(desk.client.pages(resource.listed, limit=0, q=query))
        found = [desk.client.get(resource.path + path(each["id"])).body for each in listed]
    else:
        found = list(desk.client.pages(resource.listed, limit=0))
        found = [each for each in found if query is None or mentions(each, query)]
    for each in sorted(found, key=lambda item: (item["name"], item.get("id", ""))):
        document = document_of(resource, each)
        if document["spec"]:  # a queue that nobody has ever set says nothing
            yield document


def renewed(
    desk: Desk, file: str, text: str, found: Sequence[dict[str, Any]]
) -> tuple[str, list[str]]:
    """Return a file as it should be, and what it speaks of that is not there any more.

    What is there is changed in place, so that comments stay; what is new is added at the end.
    """
    known = read(file, text)
    gone = [each for each in known if current_of(desk, each) is None]
    here = [each for each in known if each not in gone]
    steps = Planner(desk, here).steps()
    for step in steps:
        renew(step)
    told = {(each.resource.kind, each.key) for each in steps}
    new = [each for each in found if (each["kind"], each.get("id") or each["name"]) not in told]
    if len(known) != len({id(each.source) for each in known}):
        raise Misused(both(f"{file}: anchors cannot be renewed.", f"{file}：無法更新 YAML 錨點。"))
    return text_of([*(each.source for each in known), *new]), [each.title for each in gone]
