"""Things as YAML; and into YAML that is there already, with its comments kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString

from services.cli.manifests import ownership
from services.cli.manifests.documents import plain, yaml
from services.cli.manifests.planning import Step
from services.cli.manifests.resources import Resource, spec_of


def document_of(resource: Resource, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return something that the API has as a document."""
    spec = spec_of(resource, found)
    owner = ownership.owner_of(found.get("description"))
    if owner:
        text = ownership.unmarked(spec.pop("description"))
        spec = {"description": text, **spec} if text else spec
    document: dict[str, Any] = {"kind": resource.kind}
    if resource.has_id:
        document["id"] = found["id"]
    document["name"] = found["name"]
    if owner:
        document["owner"] = owner
    document["spec"] = spec
    return document


def text_of(documents: Sequence[Any]) -> str:
    """Return documents as YAML, with a line between them."""
    out = StringIO()
    writer = yaml()
    for index, each in enumerate(documents):
        if index:
            out.write("---\n")
        writer.dump(_written(each), out)
    return out.getvalue()


def renew(step: Step) -> None:
    """Change the document of *step* in place to what the API has; comments stay where they are."""
    assert step.document is not None  # noqa: S101 - it has been read from a file
    source = step.document.source
    fresh = document_of(step.resource, step.current)
    if source.get("name") != fresh["name"]:
        source["name"] = fresh["name"]
    if step.resource.has_id and source.get("id") != fresh["id"]:
        _insert(source, 1, "id", fresh["id"])
    if "owner" in fresh and source.get("owner") != fresh["owner"]:
        source["owner"] = fresh["owner"]
    spec = source.get("spec")
    if not isinstance(spec, CommentedMap):
        spec = source["spec"] = CommentedMap()
    for name in {each.path.partition(".")[0] for each in step.changes} - {"name"}:
        _renew_field(spec, name, fresh["spec"].get(name, step.current.get(name)))
    for name, value in fresh["spec"].items():
        if name not in spec:
            spec[name] = _written(value)


def _renew_field(spec: CommentedMap, name: str, value: Any) -> None:  # noqa: ANN401 - YAML
    if name not in spec:
        return  # it is added, unless it has its default
    if value is None:
        del spec[name]
    else:
        spec[name] = merged(spec[name], value)


def merged(old: Any, new: Any) -> Any:  # noqa: ANN401 - YAML
    """Return *new*, written into *old* as far as they are alike, so that comments are kept."""
    if isinstance(old, CommentedMap) and isinstance(new, Mapping):
        for key in [key for key in old if key not in new]:
            del old[key]
        for key, value in new.items():
            if key not in old or plain(old[key]) != value:
                old[key] = merged(old.get(key), value)
        return old
    if isinstance(old, CommentedSeq) and isinstance(new, list):
        for index, value in enumerate(new):
            if index >= len(old):
                old.append(_written(value))
            elif plain(old[index]) != value:
                old[index] = merged(old[index], value)
        del old[len(new) :]
        return old
    return _written(new)


def _written(value: Any) -> Any:  # noqa: ANN401 - YAML
    """Return a value as it is best read: texts of several lines as blocks."""
    if isinstance(value, CommentedMap | CommentedSeq):
        return value
    if isinstance(value, Mapping):
        made = CommentedMap()
        for key, each in value.items():
            made[key] = _written(each)
        return made
    if isinstance(value, list):
        return CommentedSeq([_written(each) for each in value])
    if isinstance(value, str) and "\n" in value:
        return LiteralScalarString(value)
    return value


def _insert(source: CommentedMap, place: int, key: str, value: Any) -> None:  # noqa: ANN401 - YAML
    if key in source:
        source[key] = value
    else:
        source.insert(place, key, value)
