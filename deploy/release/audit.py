"""Asks whether any package of the locks has a known vulnerability.

    python -m deploy.release.audit [--offline-ok]

    0   asked about every package, and there is nothing (that is not accepted, see accepted.toml)
    1   there is a known vulnerability
    3   could not ask about all of them; with --offline-ok that is told, and is 0

pip-audit alone would say "no known vulnerabilities found" where its source answers nothing at all:
what it could not look up it skips. Here a package that was skipped was not asked about. A gate may
have no network, so it takes `--offline-ok`; a release does not.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from deploy.release.locks import DEVELOPMENT, ROOT, SHIPPED, WEB

ACCEPTED = Path(__file__).with_name("accepted.toml")
CLEAN, VULNERABLE, NOT_ASKED = 0, 1, 3
PATIENCE = 300  # seconds for all questions to one source
FEW = 3  # names that are listed of those that could not be asked about


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A known vulnerability of a package that we use."""

    package: str
    version: str
    ids: tuple[str, ...]
    fixed_in: tuple[str, ...]

    def __str__(self) -> str:
        """Return it in one line."""
        mend = f"fixed in {', '.join(self.fixed_in)}" if self.fixed_in else "no fix is known"
        return f"{self.package} {self.version}: {', '.join(self.ids)}; {mend}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one source said."""

    source: str
    asked: int = 0
    findings: tuple[Finding, ...] = ()
    unasked: tuple[str, ...] = ()
    """Why some or all were not asked about."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A vulnerability with which we live for a while."""

    id: str
    package: str
    until: date
    reason: str

    def covers(self, finding: Finding, today: date) -> bool:
        """Return whether it is this one, and its time is not over."""
        return self.id in finding.ids and self.package == finding.package and today <= self.until


@dataclass(slots=True)
class Verdict:
    """What all answers come to."""

    vulnerable: list[Finding] = field(default_factory=list)
    accepted: list[Finding] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)

    @property
    def code(self) -> int:
        """The exit code."""
        if self.vulnerable:
            return VULNERABLE
        return NOT_ASKED if self.unasked else CLEAN


def judge(answers: Iterable[Answer], accepted: Sequence[Accepted], today: date) -> Verdict:
    """Put the answers together."""
    verdict = Verdict()
    for answer in answers:
        verdict.unasked += [f"{answer.source}: {why}" for why in answer.unasked]
        for finding in answer.findings:
            covered = any(each.covers(finding, today) for each in accepted)
            (verdict.accepted if covered else verdict.vulnerable).append(finding)
        if not answer.asked and not answer.unasked:
            verdict.unasked.append(f"{answer.source}: the lock is empty")
    return verdict


def read_pip(source: str, output: str, error: str) -> Answer:
    """Read what pip-audit printed. It skips what it cannot look up; that is no answer."""
    try:
        entries: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except (ValueError, KeyError):
        return Answer(source, unasked=(_last_line(error) or "no answer",))
    skipped = [each["name"] for each in entries if "skip_reason" in each]
    findings = {
        Finding(
            each["name"],
            each["version"],
            tuple(sorted({found["id"], *found["aliases"]})),
            tuple(found["fix_versions"]),
        )
        for each in entries
        for found in each.get("vulns", ())
    }
    why: tuple[str, ...] = ()
    if skipped:
        some = ", ".join(skipped[:FEW]) + (", …" if len(skipped) > FEW else "")
        why = (f"no answer about {len(skipped)} of {len(entries)} packages ({some})",)
    return Answer(source, len(entries) - len(skipped), tuple(sorted(findings)), why)


def read_npm(source: str, output: str, error: str) -> Answer:
    """Read what `npm audit --json` printed."""
    try:
        said: dict[str, Any] = json.loads(output)
    except ValueError:
        return Answer(source, unasked=(_last_line(error) or "no answer",))
    if "vulnerabilities" not in said:
        return Answer(source, unasked=(str(said.get("message") or said.get("error") or said),))
    findings = {
        Finding(name, entry["range"], (via["url"].rpartition("/")[2],), _npm_fix(entry))
        for name, entry in said["vulnerabilities"].items()
        for via in entry["via"]
        if isinstance(via, dict)  # a name: it uses one that has a finding of its own
    }
    return Answer(source, said["metadata"]["dependencies"]["total"], tuple(sorted(findings)))


def _npm_fix(entry: dict[str, Any]) -> tuple[str, ...]:
    fix = entry.get("fixAvailable")
    if isinstance(fix, dict):
        return (f"{fix['name']} {fix['version']}",)
    return ("a newer version",) if fix else ()


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def ask_pip(lock: Path, *options: str) -> Answer:
    """Ask about a Python lock; *options* are pip-audit's (another source, say)."""
    program = Path(sys.executable).with_name("pip-audit")
    words: list[str | Path] = [
        program,
        "-r",
        lock,
        "--disable-pip",
        "--no-deps",
        "-f",
        "json",
        *options,
    ]
    output, error = _run([*words, "--progress-spinner", "off", "--desc", "off"], lock.parent)
    return read_pip(lock.name, output, error)


def ask_npm(web: Path, *options: str) -> Answer:
    """Ask about what of npm's lock reaches users; *options* are npm's."""
    # `audit=false` of .npmrc is for installing; this asks all the same.
    words = ["npm", "audit", "--omit=dev", "--package-lock-only", "--json", *options]
    output, error = _run(words, web)
    return read_npm(f"{web.name}/package-lock.json", output, error)


def _run(words: Sequence[str | Path], folder: Path) -> tuple[str, str]:
    # Node comes as a package, so it lies beside our interpreter.
    beside = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": f"{beside}{os.pathsep}{os.environ.get('PATH', '')}"}
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            words,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", str(error)
    return done.stdout, done.stderr


def read_accepted(file: Path = ACCEPTED) -> list[Accepted]:
    """Return what is accepted.

    Raises:
        TypeError: an entry lacks something, its reason or its end, say.
    """
    entries = tomllib.loads(file.read_text("utf-8")).get("accepted", [])
    return [Accepted(**each) for each in entries]


def ask_all() -> Verdict:
    """Ask about every lock."""
    locks = [ROOT / name for name in (*SHIPPED, DEVELOPMENT)]
    answers = [ask_pip(lock) for lock in locks if lock.exists()]
    return judge([*answers, ask_npm(WEB)], read_accepted(), datetime.now(UTC).date())


def report(verdict: Verdict) -> list[str]:
    """Return what is to be told."""
    return [
        *(f"VULNERABLE  {each}" for each in sorted(set(verdict.vulnerable))),
        *(f"accepted    {each}" for each in sorted(set(verdict.accepted))),
        *(f"NOT ASKED   {each}" for each in verdict.unasked),
    ]


def main(words: Sequence[str]) -> int:
    """Ask, tell, and return the exit code."""
    if wrong := set(words) - {"--offline-ok"}:
        sys.stderr.write(f"what is {' '.join(sorted(wrong))}?\n")
        return 2
    verdict = ask_all()
    for line in report(verdict):
        sys.stderr.write(f"{line}\n")
    if verdict.code == CLEAN:
        sys.stderr.write("no known vulnerability\n")
    if verdict.code == NOT_ASKED:
        sys.stderr.write(
            "*** Nobody knows of vulnerabilities or none: the sources could not be asked. ***\n"
        )
        return CLEAN if "--offline-ok" in words else NOT_ASKED
    return verdict.code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
