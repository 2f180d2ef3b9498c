"""Secrets as callers send them and as they are shown: without their values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pydantic

from services.api.secrets.schemas import SecretPut
from services.api.store.secrets import SecretRow
from services.api.wire.problems import Refused, refuse_fields
from services.api.wire.shape import problems_of
from shared.domain.errors import Problem
from shared.domain.instant import format_instant
from shared.runtime.secret_box import SecretBox


def read_secret(document: Mapping[str, Any], *, is_new: bool) -> SecretPut:
    """Return what *document* asks for.

    Raises:
        Refused: 422, with everything that is wrong.
    """
    try:
        wished = SecretPut.model_validate(document)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None
    if wished.value is None and (is_new or "value" in wished.model_fields_set):
        code = "field.null" if "value" in wished.model_fields_set else "field.required"
        raise refuse_fields([Problem("/value", code)])
    return wished


def require_box(box: SecretBox | None) -> SecretBox:
    """Return the box.

    Raises:
        Refused: 503, there is no key to seal anything with.
    """
    if box is None:
        raise Refused(503, "secret.no_key")
    return box


def owner_of(name: str) -> str:
    """Return what the value of a secret is bound to."""
    return f"secret:{name}"


def secret_view(row: SecretRow) -> dict[str, Any]:
    """Return a secret as people see it."""
    return {
        "name": row.name,
        "description": row.description,
        "key_id": row.key_id,
        "version": row.version,
        "created_at": format_instant(row.created_at),
        "updated_at": format_instant(row.updated_at),
        "updated_by": row.updated_by,
        "value_set_at": format_instant(row.value_set_at),
        "used_by": [
            {"kind": each.kind, "id": str(each.id), "name": each.name} for each in row.used_by
        ],
    }


def audited(row: SecretRow | None) -> dict[str, Any] | None:
    """Return what the audit list keeps of a secret."""
    if row is None:
        return None
    return {"description": row.description, "key_id": row.key_id, "version": row.version}
