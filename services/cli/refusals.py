"""What the API refuses (RFC 9457), as the failure of a command."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from services.cli.failures import (
    Conflicting,
    Failed,
    Misused,
    NotAllowed,
    NotFound,
    Unreachable,
)
from services.cli.language import both

_CLASSES: dict[int, type[Failed]] = {
    400: Misused,
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    405: Misused,
    409: Conflicting,
    412: Conflicting,
    413: Misused,
    415: Misused,
    422: Misused,
    423: Conflicting,
    502: Unreachable,
    503: Unreachable,
    504: Unreachable,
}
_CHANGED = 412
_NOBODY = 401


def failure_of(status: int, body: Any) -> Failed:  # noqa: ANN401 - JSON, or not
    """Return the failure that an answer means."""
    kind = _CLASSES.get(status, Failed)
    if not isinstance(body, dict) or "detail" not in body:
        return kind(f"{status} {_phrase(status)}")
    problems = body.get("errors") or []
    text = str(body["detail"])
    if problems:
        text = "\n".join(f"{_field(each)}{each.get('detail', '')}" for each in problems)
    if status == _CHANGED:
        text += both(
            "\nSomebody has changed it since it was read. Look at it again, and try once more.",
            "\n讀取之後已有人修改。請重新檢視後再試一次。",
        )
    if status == _NOBODY:
        text += both(
            "\nGive a token: AUTOMATION_TOKEN, or automation context add NAME --server URL"
            " --token-file FILE.",
            "\n請提供存取權杖：AUTOMATION_TOKEN，或 automation context add 名稱 --server 網址"
            " --token-file 檔案。",
        )
    return kind(text, problems=problems)


def _field(problem: dict[str, Any]) -> str:
    pointer = str(problem.get("pointer", ""))
    name = pointer.removeprefix("/query").strip("/").replace("/", ".")
    return f"{name}: " if name else ""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
