"""ETag and If-Match (RFC 9110, 13.1.1): a change is made only to the version that was looked at."""

from __future__ import annotations

import re

from services.api.wire.problems import Refused

_ONE = re.compile(r'\s*(W/)?"([\x21\x23-\x7e]*)"\s*', re.ASCII)


def etag(version: int) -> str:
    """Return the entity tag of a version."""
    return f'"{version}"'


def require_match(header: str | None, version: int, *, kind: str = "task") -> None:
    """Refuse unless *header*, if there is one, names *version*.

    Raises:
        Refused: 412, the thing has changed; 400, the header makes no sense.
    """
    if header is None or header.strip() == "*":
        return
    tags = [_ONE.fullmatch(part) for part in header.split(",")]
    if not all(tags):
        raise Refused(400, "header.if_match")
    # Strong comparison: a weak tag never matches.
    if not any(tag and not tag[1] and tag[2] == str(version) for tag in tags):
        raise Refused(412, f"{kind}.changed", headers={"ETag": etag(version)})
