"""The built page in memory: each file once as it is, and compressed as the build left it.

A few megabytes, read at start: no request ever names a path on disk, so none can leave the folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

#: What the build makes, beside HTML; anything else is not ours to serve.
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
}
#: Best first.
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
INDEX = "index.html"


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file."""

    content_type: str
    body: bytes
    etag: str
    is_immutable: bool
    """Its name changes with its content."""
    compressed: Mapping[str, bytes] = field(default_factory=dict)

    def choose(self, accepted: str) -> tuple[str | None, bytes]:
        """Return the encoding, if any, and the bytes for a caller with this `Accept-Encoding`."""
        taken = _encodings_of(accepted)
        for name, body in self.compressed.items():
            if name in taken:
                return name, body
        return None, self.body


def read_page(folder: Path) -> Mapping[str, PageFile]:
    """Return the files of the built page by their URL path; none if it was not built."""
    if not (folder / INDEX).is_file():
        return {}
    files: dict[str, PageFile] = {}
    for path in sorted(folder.rglob("*")):
        kind = _TYPES.get(path.suffix)
        if kind is None or not path.is_file() or ".vite" in path.parts:
            continue
        body = path.read_bytes()
        files["/" + path.relative_to(folder).as_posix()] = PageFile(
            content_type=kind,
            body=body,
            etag=_etag(body),
            is_immutable=path.parent.name == "assets",
            compressed={
                name: copy.read_bytes()
                for name, suffix in _ENCODINGS
                if (copy := path.with_name(path.name + suffix)).is_file()
            },
        )
    files["/"] = PageFile(
        "text/html; charset=utf-8", (folder / INDEX).read_bytes(), etag="", is_immutable=False
    )
    return files


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _encodings_of(header: str) -> Sequence[str]:
    """Return what a caller decodes (RFC 9110, 12.5.3); `q=0` refuses."""
    taken = []
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        if weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            taken.append(name.strip())
    return taken
