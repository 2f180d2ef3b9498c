"""Reads lines of a crontab, as crond would, into schedules and commands. Pure.

    CRON_TZ=Asia/Taipei                          the zone of the lines that follow
    # nightly copy                               a line of its own: speaks of the job below it
    0 2 * * *  root  /usr/bin/copy --all # all   /etc/crontab names a user in the sixth field

No line is refused for another one's sake: each tells by itself what is wrong with it. Who pastes a
crontab wants its schedules, so what a schedule cannot say (a user, `%`) is told beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from shared.domain.cron import parse_cron
from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.time_zone import parse_zone

MOST_LINES = 500
MOST_CHARACTERS = 2_000  # of a line

LineKind = Literal["job", "variable", "comment"]
UserColumn = Literal["auto", "yes", "no"]

_FIELDS = 5
_VARIABLE = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z_]\w*))\s*=\s*(.*?)\s*""")
_REBOOT = "@reboot"
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
# Words that begin a command far less often than they name whom it runs as.
_USERS = frozenset(
    {"root", "nobody", "daemon", "www-data", "apache", "nginx", "postgres", "mysql", "redis"}
    | {"git", "ubuntu", "debian", "admin", "deploy", "backup", "mail", "news", "operator"}
)
_HEADINGS = re.compile(r"#.*\b(?:user-name|dow\s+user)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrontabLine:
    """A line that is not blank. `problems` point into it: `/cron`, `/timezone`, `/command`."""

    number: int
    text: str
    kind: LineKind
    cron: str | None = None
    timezone: str | None = None
    """None: no line before it has named one."""
    user: str | None = None
    command: str = ""
    comment: str | None = None
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    """What is right, yet not carried over into a schedule."""


@dataclass(slots=True)
class _Reading:
    """What earlier lines have said."""

    has_user: bool
    auto: bool
    zone: str | None = None
    zone_problems: tuple[Problem, ...] = ()
    comments: list[str] = field(default_factory=list)


def parse_crontab(text: str, *, user_column: UserColumn = "auto") -> list[CrontabLine]:
    """Return the lines of *text* but the blank ones.

    Raises:
        InvalidDefinition: there are more lines than anybody pastes.
    """
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise InvalidDefinition([Problem("", "crontab.too_many", {"limit": MOST_LINES})])
    named = any(_HEADINGS.match(line.strip()) for line in lines)
    reading = _Reading(
        has_user=user_column == "yes" or (user_column == "auto" and named),
        auto=user_column == "auto" and not named,
    )
    found: list[CrontabLine] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            reading.comments.clear()
            continue
        found.append(_read(line.strip(), number, reading))
    return found


def _read(line: str, number: int, reading: _Reading) -> CrontabLine:
    if len(line) > MOST_CHARACTERS:
        problem = Problem("", "crontab.too_long", {"limit": MOST_CHARACTERS})
        shown = line[:MOST_CHARACTERS]
        return CrontabLine(number=number, text=shown, kind="job", problems=(problem,))
    if line.startswith("#"):
        comment = line.lstrip("# ").strip()
        if comment:
            reading.comments.append(comment)
        return CrontabLine(number=number, text=line, kind="comment", comment=comment or None)
    variable = _VARIABLE.fullmatch(line)
    if variable is not None:
        return _read_variable(line, number, variable, reading)
    return _read_job(line, number, reading)


def _read_variable(line: str, number: int, shape: re.Match[str], reading: _Reading) -> CrontabLine:
    name = shape[1] or shape[2] or shape[3] or ""
    reading.comments.clear()
    if name != "CRON_TZ":
        note = Problem("", "crontab.variable", {"name": name})
        return CrontabLine(number=number, text=line, kind="variable", notes=(note,))
    value = shape[4].strip("\"'")
    try:
        parse_zone(value)
    except InvalidDefinition as error:
        reading.zone = None
        reading.zone_problems = tuple(each.under("/timezone") for each in error.problems)
    else:
        reading.zone, reading.zone_problems = value, ()
    return CrontabLine(
        number=number,
        text=line,
        kind="variable",
        timezone=reading.zone,
        problems=reading.zone_problems,
    )


def _read_job(line: str, number: int, reading: _Reading) -> CrontabLine:
    count = 1 if line.startswith("@") else _FIELDS
    words = line.split(maxsplit=count)
    expression = " ".join(words[:count])
    rest = words[count] if len(words) > count else ""
    user, rest = _user_of(rest, reading)
    command, comment = _parts_of(rest)
    if comment is None and reading.comments:
        comment = " ".join(reading.comments)
    reading.comments.clear()
    problems = [*_judge(expression, len(words), count), *reading.zone_problems]
    if not problems and not command:
        problems.append(Problem("/command", "crontab.no_command"))
    notes = []
    if user is not None:
        notes.append(Problem("/user", "crontab.user", {"user": user}))
    if re.search(r"(?<!\\)%", command):
        notes.append(Problem("/command", "crontab.percent"))
    return CrontabLine(
        number=number,
        text=line,
        kind="job",
        cron=None if problems else expression,
        timezone=reading.zone,
        user=user,
        command=command,
        comment=comment,
        problems=tuple(problems),
        notes=tuple(notes),
    )


def _judge(expression: str, words: int, needed: int) -> list[Problem]:
    if expression.lower() == _REBOOT:
        return [Problem("/cron", "crontab.reboot")]
    if words < needed:
        return [Problem("/cron", "crontab.fields", {"count": words})]
    try:
        parse_cron(expression)
    except InvalidDefinition as error:
        return [problem.under("/cron") for problem in error.problems]
    return []


def _user_of(rest: str, reading: _Reading) -> tuple[str | None, str]:
    """Return whom a job runs as, and the rest of its line."""
    first, _, command = rest.partition(" ")
    command = command.strip()
    if not command or not _USER.fullmatch(first):
        return None, rest
    if reading.has_user or (reading.auto and first in _USERS):
        return first, command
    return None, rest


def _parts_of(rest: str) -> tuple[str, str | None]:
    """Return the command, and what is said of it where a shell would see a comment.

    That is behind a `#` at the start of a word, outside of quotes.
    """
    quote = ""
    escaped = False
    for place, letter in enumerate(rest):
        if escaped:
            escaped = False
        elif letter == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "#" and (place == 0 or rest[place - 1].isspace()):
            return rest[:place].strip(), rest[place:].lstrip("# ").strip() or None
    return rest.strip(), None
