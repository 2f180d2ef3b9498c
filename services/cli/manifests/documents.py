"""YAML documents with the lines that they came from.

kind: task
id: 3f0c…              # of `export`; without one, the name tells which task is meant
name: nightly report
owner: payments        # optional; see `ownership.py`
spec:
  task_type: scheduled
  …
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter

from services.cli.bodies import read_text
from services.cli.failures import Misused
from services.cli.language import both
from services.cli.manifests import ownership
from services.cli.manifests.resources import Resource, resource_of

_SUFFIXES = {".yaml", ".yml", ".json"}
_KEYS = {"kind", "id", "name", "owner", "spec"}


class _Written(str):
    """A date as it was written: to the API it is text, in the file it needs no quotes."""

    __slots__ = ()


class _Constructor(RoundTripConstructor):
    """Leaves dates as they were written."""


class _Representer(RoundTripRepresenter):
    """Writes them so again."""


def _read_date(loader: RoundTripConstructor, node: ScalarNode) -> str:
    del loader
    return _Written(node.value)


def _write_date(dumper: RoundTripRepresenter, date: _Written) -> ScalarNode:
    written: ScalarNode = dumper.represent_scalar(_DATE, str(date))
    return written


_DATE = "tag:yaml.org,2002:timestamp"
_Constructor.add_constructor(_DATE, _read_date)
_Representer.add_representer(_Written, _write_date)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One thing as it should be."""

    resource: Resource
    name: str
    id: str | None
    owner: str | None
    spec: dict[str, Any]
    file: str
    line: int
    source: CommentedMap = field(repr=False)

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{self.resource.kind} {self.name}"

    def place(self, pointer: str = "") -> str:
        """Return `file:line` of a pointer into what was sent to the API."""
        return f"{self.file}:{_line_at(self, pointer)}"


def yaml() -> YAML:
    """Return a reader and writer that keeps comments."""
    made = YAML(typ="rt")
    made.Constructor = _Constructor
    made.Representer = _Representer
    made.preserve_quotes = True
    made.width = 100
    made.indent(mapping=2, sequence=4, offset=2)
    return made


def read_all(places: Sequence[str]) -> list[Document]:
    """Return the documents of files, of folders (with those below), of stdin.

    Raises:
        Misused: with all that is wrong, each with its line.
    """
    documents: list[Document] = []
    wrong: list[str] = []
    for file in _files(places):
        try:
            documents += read(file, read_text(file))
        except Misused as error:
            wrong.append(error.text)
    wrong += _doubles(documents)
    if wrong:
        raise Misused("\n".join(wrong))
    return documents


def read(file: str, text: str) -> list[Document]:
    """Return the documents of one text.

    Raises:
        Misused: with all that is wrong.
    """
    documents, wrong = [], []
    for found in load(file, text):
        try:
            documents.append(_document(file, found))
        except Misused as error:
            line = found.lc.line + 1 if isinstance(found, CommentedMap) else 1
            wrong.append(f"{file}:{line}: {error.text}")
    if wrong:
        raise Misused("\n".join(wrong))
    return documents


def load(file: str, text: str) -> list[Any]:
    """Return what YAML has, comments and all.

    Raises:
        Misused: it is no YAML.
    """
    try:
        return [each for each in yaml().load_all(StringIO(text)) if each is not None]
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        raise Misused(f"{file}:{line}: {error.problem or error.context}") from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise Misused(f"{file}: {error}") from None


def plain(value: Any) -> Any:  # noqa: ANN401 - YAML
    """Return a value of YAML as JSON has it."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    return str(value)


def _document(file: str, found: Any) -> Document:  # noqa: ANN401 - YAML
    if not isinstance(found, CommentedMap):
        raise Misused(
            both(
                "a document is a mapping with kind, name and spec",
                "文件必須是含有 kind、name 與 spec 的對應",
            )
        )
    unknown = ", ".join(str(key) for key in found if key not in _KEYS)
    if unknown:
        raise Misused(both(f"unknown: {unknown}", f"不認得：{unknown}"))
    resource = resource_of(str(found.get("kind", "")))
    spec = plain(found.get("spec") or {})
    name = found.get("name")
    if not isinstance(name, str) or not name:
        raise Misused(both("a name is missing", "缺少 name"))
    if not isinstance(spec, dict):
        raise Misused(both("spec is a mapping", "spec 必須是對應"))
    stranger = ", ".join(key for key in spec if key not in resource.fields)
    if stranger:
        raise Misused(
            both(
                f"a {resource.kind} has no: {stranger}", f"{resource.kind} 沒有這些欄位：{stranger}"
            )
        )
    owner = found.get("owner")
    return Document(
        resource=resource,
        name=str(name),
        id=str(found["id"]) if resource.has_id and found.get("id") else None,
        owner=ownership.checked(str(owner)) if owner else None,
        spec=spec,
        file=file,
        line=found.lc.line + 1,
        source=found,
    )


def _files(places: Sequence[str]) -> Iterator[str]:
    for place in places:
        if place == "-" or not Path(place).is_dir():
            yield place
            continue
        inside = sorted(each for each in Path(place).rglob("*") if each.suffix in _SUFFIXES)
        if not inside:
            raise Misused(both(f"{place} has no YAML files.", f"{place} 裡沒有 YAML 檔案。"))
        yield from (str(each) for each in inside)


def _doubles(documents: Sequence[Document]) -> list[str]:
    """Say which documents are about the same thing."""
    seen: dict[tuple[str, str], Document] = {}
    wrong = []
    for each in documents:
        key = (each.resource.kind, each.id or each.name)
        if key in seen:
            before = seen[key].place()
            wrong.append(
                f"{each.place()}: {each.title}: "
                + both(f"is in {before} already", f"已出現在 {before}")
            )
        seen[key] = each
    return wrong


def _line_at(document: Document, pointer: str) -> int:
    """Return the line of the deepest part of *pointer* that the document has."""
    line, place = document.line, document.source
    parts = [each for each in pointer.strip("/").split("/") if each]
    if parts and parts[0] != "name":
        parts = ["spec", *parts]
    for part in parts:
        key: Any = int(part) if part.isdecimal() and not isinstance(place, CommentedMap) else part
        try:
            line = (
                place.lc.key(key)[0] + 1
                if isinstance(place, CommentedMap)
                else place.lc.item(key)[0] + 1
            )
            place = place[key]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
    return line


def said_where(document: Document, problem: dict[str, Any]) -> str:
    """Return a problem that the API found, with its line."""
    pointer = str(problem.get("pointer", ""))
    field_name = pointer.strip("/").replace("/", ".")
    head = f"{document.place(pointer)}: {document.title}"
    return f"{head}: {field_name + ': ' if field_name else ''}{problem.get('detail', '')}"


def owned(documents: Sequence[Document], owner: str) -> list[Document]:
    """Return the documents, each with an owner."""
    return [replace(each, owner=each.owner or owner) for each in documents]
