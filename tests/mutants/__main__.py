"""Draw mutants, judge them by the tests near them, and print what survived."""

from __future__ import annotations

import argparse
import ast
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from queue import Queue

from tests.mutants.mutations import Edit, Mutant, mutants
from tests.mutants.nearness import AREAS, Nearness, area_of

#: Not code that decides: words for people, and the starts of processes.
PASSED_BY = ("/texts/", "__main__.py")
#: What a copy of the checkout does without.
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", ".hypothesis", ".local", "node_modules")
#: Of one test: one that hangs has noticed.
SECONDS = 60


@dataclass(frozen=True)
class Result:
    """What became of a mutant: caught, survived, unfinished (out of time) or gone."""

    mutant: Mutant
    verdict: str
    by: str = ""
    line: int = 0
    seconds: float = 0

    def __str__(self) -> str:
        place = f"{self.mutant.path}:{self.line}: {self.mutant.text}  [{self.mutant.change}]"
        return f"{self.verdict:10} {self.seconds:5.0f} s  {place}  {self.by}"


def main() -> None:
    """Do what the command line asks for."""
    asked = _parse()
    tree = asked.tree.resolve()
    if asked.mutants:
        chosen = [Mutant(**each) for each in json.loads(asked.mutants.read_text())]
    else:
        print(f"seed {asked.seed}", flush=True)  # noqa: T201 - the report
        chosen = draw(tree, asked.seed, asked.count)
    chosen = [each for each in chosen if asked.only in f"{each.path} {each.text} {each.change}"]
    if asked.list:
        listed = [asdict(each) for each in chosen]
        asked.list.write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n")
        return
    results = {}
    for line in asked.out.read_text().splitlines() if asked.out.exists() else ():
        kept = json.loads(line)
        mutant = Mutant(**kept.pop("mutant"))
        results[mutant] = Result(mutant, **kept)
    with asked.out.open("a") as out:
        for result in judge_all(tree, [each for each in chosen if each not in results], asked):
            results[result.mutant] = result
            print(json.dumps(asdict(result)), file=out, flush=True)
            print(result, flush=True)  # noqa: T201
    _summarize([results[each] for each in chosen])


def draw(tree: Path, seed: int, count: int) -> list[Mutant]:
    """Choose mutants, as many of each area, and in each as many of every kind as there are."""
    chosen: list[Mutant] = []
    for number, (name, area) in enumerate(AREAS.items()):
        kinds: dict[str, list[tuple[Mutant, Edit]]] = defaultdict(list)
        for path in _sources(tree, area.sources):
            if area_of(path) == name:
                for mutant, edit in mutants(path, tree):
                    kinds[edit.kind].append((mutant, edit))
        dice = random.Random(f"{seed}/{name}")  # noqa: S311 - to be repeated
        piles = [dice.sample(pile, len(pile)) for _, pile in sorted(kinds.items())]
        wanted = (count + number) // len(AREAS)
        while wanted and any(piles):
            for mutant, edit in [pile.pop() for pile in piles if pile]:
                if wanted and _changes_something(edit, tree / mutant.path):
                    chosen.append(mutant)
                    wanted -= 1
    return chosen


def _changes_something(edit: Edit, file: Path) -> bool:
    try:
        return ast.dump(ast.parse(edit.source)) != ast.dump(ast.parse(file.read_bytes()))
    except SyntaxError:
        return False


def _sources(tree: Path, sources: tuple[str, ...]) -> Iterator[str]:
    for place in (tree / each for each in sources):
        for each in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            if not any(part in str(each) for part in PASSED_BY):
                yield str(each.relative_to(tree))


def judge_all(tree: Path, chosen: list[Mutant], asked: argparse.Namespace) -> Iterator[Result]:
    """Judge mutants in copies of the tree, a few at a time."""
    nearness = Nearness(tree, most=asked.most)
    copies: Queue[Path] = Queue()

    def judge(mutant: Mutant) -> Result:
        copy = copies.get()
        start = time.monotonic()
        try:
            result = _judge(mutant, copy, nearness, asked)
        finally:
            copies.put(copy)
        return replace(result, seconds=round(time.monotonic() - start, 1))

    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        for number in range(asked.jobs):
            copy = Path(folder, str(number))
            shutil.copytree(tree, copy, symlinks=True, ignore=NOT_COPIED)
            (copy / ".venv").symlink_to(tree / ".venv")
            copies.put(copy)
        with ThreadPoolExecutor(asked.jobs) as pool:
            for each in as_completed([pool.submit(judge, mutant) for mutant in chosen]):
                yield each.result()


def _judge(mutant: Mutant, copy: Path, nearness: Nearness, asked: argparse.Namespace) -> Result:
    file = copy / mutant.path
    found = mutants(mutant.path, copy) if file.exists() else ()
    edit = next((edit for each, edit in found if each == mutant), None)
    if edit is None:
        return Result(mutant, "gone")
    original, times = file.read_bytes(), file.stat()
    until = time.monotonic() + asked.limit
    file.write_text(edit.source)
    # Compiled code is kept by time and size: no two mutants may be of the same second.
    os.utime(file, (times.st_atime, times.st_mtime - random.randrange(1, 10**8)))  # noqa: S311
    try:
        verdict, by = "survived", ""
        for tests in nearness.stages(mutant):
            verdict, by = _run(copy, tests, until, asked.seed)
            if verdict != "survived":
                break
        return Result(mutant, verdict, by, edit.line)
    finally:
        file.write_bytes(original)
        os.utime(file, (times.st_atime, times.st_mtime))


def _run(copy: Path, tests: list[str], until: float, seed: int) -> tuple[str, str]:
    """Run tests until one fails; return the verdict, and which it was."""
    command = [
        *(".venv/bin/python", "-m", "pytest", "-x", "-q", "-p", "no:randomly"),
        *("-p", "no:cacheprovider", f"--timeout={SECONDS}", f"--hypothesis-seed={seed}"),
        *("-m", "not fault and not browser and not long", *tests),
    ]
    # The environment knows the checkout it was made for; the copy comes before that.
    env = {**os.environ, "PYTHONPATH": str(copy)}
    log = copy.with_suffix(".log")
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=copy, env=env, stdout=output, stderr=output)
    try:
        code = process.wait(until - time.monotonic())
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)  # so that it ends its servers
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()
        process.wait()
        return "unfinished", ""
    if code in {0, 5}:  # all is well, or there is nothing to run
        return "survived", ""
    lines = log.read_text(errors="replace").splitlines()
    failed = [each for each in lines if each.startswith(("FAILED tests/", "ERROR tests/"))]
    return "caught", (failed or lines[-1:] or [str(code)])[0]


def _summarize(results: list[Result]) -> None:
    """Print what was not caught, and the shares."""
    shares: dict[str, Counter[str]] = {area: Counter() for area in (*AREAS, "all")}
    for each in results:
        shares[area_of(each.mutant.path)][each.verdict] += 1
        shares["all"][each.verdict] += 1
        if each.verdict != "caught":
            print(each)  # noqa: T201
    for area, share in shares.items():
        counts = ", ".join(f"{number} {verdict}" for verdict, number in sorted(share.items()))
        print(f"{area:12} {share['caught']:3} of {share.total():3} caught ({counts})")  # noqa: T201


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--tree", type=Path, default=Path(), help="checkout to judge")
    parser.add_argument("--list", type=Path, help="write the mutants there, and judge none")
    parser.add_argument("--mutants", type=Path, help="take them from there instead of drawing")
    parser.add_argument("--out", type=Path, default=Path("mutants.jsonl"), help="adds to it")
    parser.add_argument("--only", default="", help="those whose line has this text in it")
    parser.add_argument("--limit", type=float, default=400, help="seconds for each")
    parser.add_argument("--most", type=int, default=15, help="far files of integration tests")
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
