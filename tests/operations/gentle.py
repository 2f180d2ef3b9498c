"""Judges the statements of a migration: what of them could upset code that runs meanwhile.

A `pre` file is applied while the previous code runs. So it takes nothing away that this code reads
or writes, refuses nothing that it writes, and holds no lock on a table of any size for longer than
it takes to note something in the catalogue. What breaks such a rule on purpose has a comment before
it that begins with `-- safe:` and says why nobody is upset.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Comment that speaks for the statement after it.
EXCUSE = re.compile(r"--\s*safe:\s*\S.{10,}", re.IGNORECASE)

#: What takes something away, or refuses it; by what is said of it.
TAKES_AWAY = {
    "drops a table or a schema": r"^DROP (TABLE|SCHEMA)\b",
    "drops a view": r"^DROP (MATERIALIZED )?VIEW\b",
    "drops a column or a constraint": r"^ALTER TABLE .*\bDROP (COLUMN|CONSTRAINT)\b",
    "renames what the previous code names": r"^ALTER (TABLE|VIEW|FUNCTION) .*\bRENAME\b",
    "changes a column's type": r"^ALTER TABLE .*\bALTER (COLUMN )?\w+ (SET DATA )?TYPE\b",
    "refuses rows without a value": (
        r"^ALTER TABLE .*\b(SET NOT NULL\b|ADD COLUMN [^,]*\bNOT NULL(?![^,]*\bDEFAULT\b))"
    ),
}
#: What reads or writes a table from end to end while others wait for it.
HOLDS_UP = {
    "builds an index while writers wait": r"^CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)",
    "checks old rows while writers wait": (
        r"^ALTER TABLE .*\bADD (CONSTRAINT|CHECK|FOREIGN KEY|UNIQUE|PRIMARY KEY)\b"
        r"(?!.*\bNOT VALID\b)"
    ),
    "writes a whole table in one transaction": r"^(UPDATE|DELETE FROM) (?!.*\bLIMIT\b)",
    "locks a table against its readers": r"^(LOCK TABLE|TRUNCATE|CLUSTER|VACUUM FULL|REINDEX)\b",
    "fills a new column by computing": (
        r"^ALTER TABLE .*\bADD COLUMN [^,]*\bDEFAULT (gen_random_uuid|random|clock_timestamp)\b"
    ),
}
#: All that a file outside of a transaction is there for; each can be said again.
OUTSIDE_ONLY = re.compile(
    r"^(CREATE (UNIQUE )?INDEX CONCURRENTLY|DROP INDEX CONCURRENTLY IF EXISTS"
    r"|ALTER TABLE .* VALIDATE CONSTRAINT|UPDATE .* WHERE )"
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a file, with the comment that stands before it."""

    text: str
    comment: str

    @property
    def is_excused(self) -> bool:
        """Whether somebody said why it is safe."""
        return bool(EXCUSE.search(self.comment))


def statements(sql: str) -> list[Statement]:
    """Split a file; bodies between `$$` stay whole."""
    found: list[Statement] = []
    comment, text, quoted = "", "", False
    for line in sql.splitlines():
        if not text.strip() and line.strip().startswith("--"):
            comment += line + "\n"
            continue
        if not text.strip() and not line.strip():
            comment = ""
            continue
        text += line + "\n"
        if line.count("$$") % 2:
            quoted = not quoted
        if not quoted and re.search(r";\s*(--.*)?$", line):
            found.append(Statement(_plain(text), comment))
            comment, text = "", ""
    return found


def _plain(text: str) -> str:
    without = "\n".join(line.partition("--")[0] for line in text.splitlines())
    return " ".join(without.split()).rstrip(";")


def objections(sql: str, *, outside: bool) -> list[str]:
    """Return what is wrong with a `pre` file."""
    new = set(re.findall(r"^CREATE TABLE (?:IF NOT EXISTS )?([\w.]+)", sql, re.MULTILINE))
    found: list[str] = []
    for each in statements(sql):
        if outside and not OUTSIDE_ONLY.search(each.text):
            found.append(f"belongs into a transaction: {each.text[:80]}")
        if each.is_excused or _is_of(each.text, new):
            continue
        rules = TAKES_AWAY if outside else TAKES_AWAY | HOLDS_UP
        found += [
            f"{why}: {each.text[:80]}"
            for why, pattern in rules.items()
            if re.search(pattern, each.text, re.IGNORECASE)
            and not (why == "drops a view" and _comes_back(each.text, sql))
        ]
    return found


def _is_of(text: str, new: set[str]) -> bool:
    """Say whether a statement is about a table that this file has made, and nobody uses yet."""
    match = re.match(
        r"(?:ALTER TABLE|UPDATE|DELETE FROM|CREATE (?:UNIQUE )?INDEX \w+ ON) (?:ONLY )?([\w.]+)",
        text,
    )
    return match is not None and match[1] in new


def _comes_back(text: str, sql: str) -> bool:
    """Say whether a view that is dropped is made again in the same transaction."""
    name = text.rsplit(maxsplit=1)[-1]
    return f"CREATE VIEW {name} " in sql or f"CREATE VIEW {name}\n" in sql
