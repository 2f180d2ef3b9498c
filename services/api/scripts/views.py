"""Scripts as people see them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.api.scripts.definition import difference
from services.api.store.scripts import PointerRow, ScriptRow, VersionRow
from services.api.wire.texts import say
from shared.domain.errors import Problem
from shared.domain.instant import format_instant
from shared.domain.texts.catalog import Language


def script_view(row: ScriptRow, pointers: Sequence[PointerRow]) -> dict[str, Any]:
    """Return a script as the contract shows it; the fields behind `published_at` are ours."""
    return {
        "script_id": row.script_id,
        "name": row.name,
        "description": row.description,
        "status": row.status,
        "version": row.number,
        "yaml_content": row.yaml_content,
        "published_at": format_instant(row.published_at) if row.published_at else None,
        "sha256": row.version,
        "pointers": [pointer_view(each) for each in pointers],
        "created_at": format_instant(row.created_at),
        "updated_at": format_instant(row.updated_at),
        "created_by": row.created_by,
    }


def pointer_view(row: PointerRow) -> dict[str, Any]:
    """Return what is published in one environment."""
    return {
        "environment": row.environment,
        "version": row.number,
        "sha256": row.version,
        "previous_version": row.previous_number,
        "previous_sha256": row.previous,
        "revision": row.revision,
        "published_at": format_instant(row.published_at),
        "published_by": row.published_by,
        "run_id": str(row.run_id) if row.run_id else None,
    }


def version_view(row: VersionRow) -> dict[str, Any]:
    """Return a version, which never changes."""
    return {
        "version": row.number,
        "sha256": row.version,
        "yaml_content": row.yaml_content,
        "change_summary": row.change_summary,
        "parent": row.parent,
        "created_at": format_instant(row.created_at),
        "created_by": row.created_by,
        "approved_at": format_instant(row.approved_at) if row.approved_at else None,
        "approved_by": row.approved_by,
    }


def diff_view(old: VersionRow, new: VersionRow) -> dict[str, Any]:
    """Return how one version differs from another."""
    lines = difference(old.yaml_content, new.yaml_content)
    return {
        "from": old.number,
        "to": new.number,
        "added": sum(line.startswith("+") for line in lines),
        "removed": sum(line.startswith("-") for line in lines),
        "lines": lines,
    }


def findings_view(problems: Sequence[Problem], language: Language) -> dict[str, Any]:
    """Return what is wrong with a text, by line."""
    return {
        "valid": not problems,
        "errors": [
            {
                "pointer": each.pointer,
                "line": each.params.get("line"),
                "code": each.code,
                "detail": say(each.code, language, each.params),
            }
            for each in problems
        ],
    }


def audited(row: ScriptRow) -> dict[str, Any]:
    """Return what the audit list keeps of a script."""
    return {
        "name": row.name,
        "description": row.description,
        "status": row.status,
        "version": row.number,
        "sha256": row.version,
    }
