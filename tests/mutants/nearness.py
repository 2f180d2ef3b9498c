"""Which test files may notice a mutant, the nearest first; found by imports."""

from __future__ import annotations

import ast
import re
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from tests.mutants.mutations import Mutant

#: The kinds of tests that run in this process, the quick ones first.
KINDS = ("tests/unit", "tests/property", "tests/integration")


class Area(NamedTuple):
    """A part of the product, and the folders of tests that are about it as a whole."""

    sources: tuple[str, ...]
    folders: tuple[str, ...]


AREAS = {
    "scheduler": Area(("services/scheduler",), ("tests/integration/scheduler",)),
    "executor": Area(("services/executor",), ("tests/integration/executor",)),
    "actions": Area(
        ("services/executor/actions",),
        ("tests/unit/actions", "tests/integration/actions", "tests/integration/platform"),
    ),
    "log_writer": Area(("services/log_writer",), ("tests/integration/log_writer",)),
    "domain": Area(("shared/domain",), ()),
    "access": Area(
        (
            "services/api/access",
            "services/api/store/sessions.py",
            "services/api/store/tokens.py",
            "services/api/store/login_attempts.py",
        ),
        ("tests/integration/api",),
    ),
    "limits": Area(
        ("services/api/wire", "services/api/live", "services/api/serving.py"),
        ("tests/integration/api",),
    ),
}


def area_of(path: str) -> str:
    """Return the area that a source belongs to, the smallest one."""
    fitting = {
        source: name
        for name, area in AREAS.items()
        for source in area.sources
        if _is_within(path, source)
    }
    return fitting[max(fitting, key=len)]


def _is_within(path: str, *places: str) -> bool:
    return any(f"{path}/".startswith(f"{place}/") for place in places)


class Nearness:
    """The tests and the imports of one checkout.

    Of the integration tests that import neither a module nor its neighbours, *most* files are near.
    """

    def __init__(self, root: Path, *, most: int) -> None:
        self._root = root
        self._most = most
        self._imports: dict[str, frozenset[str]] = {}

    def stages(self, mutant: Mutant) -> list[list[str]]:
        """Return the files to try at once: those that import the module or its neighbours; others.

        The others are the folders of the area, and what comes to import the module in the end.
        """
        folders = AREAS[area_of(mutant.path)].folders
        direct, beside, far, folder = list[str](), list[str](), list[str](), list[str]()
        for test in sorted(self._words_of, key=lambda test: self._order(mutant, test)):
            imported = self._imported(test)
            is_dear = _is_within(test, KINDS[-1])
            is_about = _is_within(test, *folders)
            if mutant.path in imported:
                direct.append(test)
            elif is_dear and not is_about:
                continue
            elif Path(mutant.path).parent in {Path(each).parent for each in imported}:
                beside.append(test)
            elif is_dear:
                folder.append(test)
            elif is_about or mutant.path in self._reached(test):
                far.append(test)
        return [each for each in (direct + beside, far + folder[: self._most]) if each]

    @cached_property
    def _words_of(self) -> dict[str, frozenset[str]]:
        return {
            str(path.relative_to(self._root)): _words(path.read_text())
            for kind in KINDS
            for path in (self._root / kind).rglob("test_*.py")
        }

    def _order(self, mutant: Mutant, test: str) -> tuple[int, float, str]:
        """Order by kind, then by the words that mutant and test share, the rare ones above all."""
        shared = _words(f"{mutant.path} {mutant.text}") & self._words_of[test]
        weight = sum(1 / sum(word in each for each in self._words_of.values()) for word in shared)
        kind = next(number for number, kind in enumerate(KINDS) if _is_within(test, kind))
        return kind, -weight, test

    def _reached(self, test: str) -> set[str]:
        """Return all that a test or its fixtures import in the end."""
        fixtures = (folder / "conftest.py" for folder in Path(test).parents)
        todo = [test, *(str(each) for each in fixtures if (self._root / each).exists())]
        reached = set(todo)
        while todo:
            new = self._imported(todo.pop()) - reached
            reached |= new
            todo.extend(new)
        return reached

    def _imported(self, path: str) -> frozenset[str]:
        if path not in self._imports:
            names = set[str]()
            for node in ast.walk(ast.parse((self._root / path).read_text())):
                if isinstance(node, ast.Import):
                    names |= {each.name for each in node.names}
                elif isinstance(node, ast.ImportFrom):
                    names |= {
                        f"{node.module}",
                        *(f"{node.module}.{each.name}" for each in node.names),
                    }
            files = (f"{each.replace('.', '/')}{end}" for each in names for end in _ENDS)
            self._imports[path] = frozenset(each for each in files if (self._root / each).is_file())
        return self._imports[path]


_ENDS = (".py", "/__init__.py")


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]{4,}", text.lower()))
