"""An answer before it becomes a response: it can be stored, and given again later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and headers."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """Return it as the framework sends it."""
        return Response(
            self.body,
            status_code=self.status,
            headers=dict(self.headers),
            media_type="application/json" if self.body else None,
        )


def json_answer(value: object, status: int = 200, **headers: str) -> Answer:
    """Return *value* as JSON; `X_Total_Count=…` becomes the header `X-Total-Count`."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Answer(status, body.encode(), {k.replace("_", "-"): v for k, v in headers.items()})
