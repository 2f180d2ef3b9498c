"""Refusals, and how they look on the wire: RFC 9457 `application/problem+json`.

Every refusal has a code with a sentence in both languages (`shared.domain.texts`). What the caller
sent is never echoed: it may be a secret, or very long.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.api.wire.language import choose_language
from services.api.wire.texts import say
from shared.domain.errors import AutomationError, Problem

MEDIA_TYPE = "application/problem+json"

#: So many problems are told; a document with more needs another look anyway.
MOST_PROBLEMS = 50
#: So many of them are repeated in the one sentence that old pages show.
_IN_DETAIL = 3


class Refused(AutomationError):
    """A request is answered with a problem instead of what it asked for."""

    def __init__(
        self,
        status: int,
        code: str,
        *,
        problems: Sequence[Problem] = (),
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.problems = tuple(problems)
        self.headers = dict(headers or {})
        self.params = dict(params or {})


def refuse_fields(problems: Sequence[Problem]) -> Refused:
    """Return the refusal of a document that can be read but makes no sense."""
    return Refused(422, "request.invalid", problems=problems)


def problem_answer(refused: Refused, request: Request) -> Response:
    """Return *refused* as a response in the caller's language."""
    state = request.scope.get("state", {})
    language = state.get("language") or choose_language(request.headers.get("accept-language"))
    errors: list[dict[str, Any]] = [
        {
            "pointer": problem.pointer,
            "code": problem.code,
            "detail": say(problem.code, language, problem.params),
            **_place(problem),
        }
        for problem in refused.problems[:MOST_PROBLEMS]
    ]
    detail = say(refused.code, language, refused.params)
    if errors:
        detail = " ".join(
            f"{_field(error['pointer'])}{error['detail']}" for error in errors[:_IN_DETAIL]
        )
    document = {
        "type": f"urn:automation:problem:{refused.code}",
        "title": HTTPStatus(refused.status).phrase,
        "status": refused.status,
        "code": refused.code,
        "detail": detail,
        "instance": state.get("request_id", ""),
        "errors": errors,
    }
    return Response(
        json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"),
        status_code=refused.status,
        media_type=MEDIA_TYPE,
        headers={
            "Content-Language": language,
            "Vary": "Accept-Language, Authorization, Cookie",
            **refused.headers,
        },
    )


def _place(problem: Problem) -> dict[str, object]:
    """Return where in its text a problem lies, if it is of a part of one."""
    return {name: problem.params[name] for name in ("position", "length") if name in problem.params}


def _field(pointer: str) -> str:
    """Return a pointer as a person names the field: `schedule_config.cron: `."""
    name = pointer.lstrip("/").replace("/", ".")
    return f"{name}: " if name else ""
