"""Serves the page in front of the API: files by name, and the document for every other address.

    GET /assets/…          a file, for ever
    GET /tasks/…           the document, to whoever wants HTML; the page then knows what to show
    anything else          the API

The document carries a fresh nonce for the styles that Ant Design makes while it runs. Scripts come
from this server only, and strings become markup nowhere (trusted types).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from html import escape
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.api.page.files import PageFile
from services.api.wire.front_door import PROBES
from services.api.wire.language import choose_language

#: In the built document, where its nonce belongs.
_PLACE = b"__CSP_NONCE__"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; manifest-src 'self'; frame-ancestors 'none';"
    " base-uri 'none'; form-action 'self'; require-trusted-types-for 'script';"
    " trusted-types default"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_FOR_EVER = "public, max-age=31536000, immutable"
#: Belong to the API, whatever the caller accepts.
_API_ROOT = "/api/"
_API = frozenset({"/docs", "/openapi.json", *PROBES})
_NOT_BUILT = {
    "en": "There is no page here: it was not built (run make run, or make web and start again),"
    " or it was switched off.",
    "zh-TW": "這裡沒有網頁：尚未建置（請執行 make run，或執行 make web 後重新啟動），或已停用。",
}


class Site:
    """Wraps the API."""

    def __init__(self, files: Mapping[str, PageFile], api: ASGIApp) -> None:
        self._files = files
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._answer(scope) if scope["type"] == "http" else None
        await (answer or self._api)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response | None:
        path: str = scope["path"]
        if scope["method"] not in ("GET", "HEAD") or path in _API or path.startswith(_API_ROOT):
            return None
        headers = Headers(scope=scope)
        found = self._files.get(path) if path != "/" else None
        if found is not None:
            return _file(found, headers)
        if "text/html" not in headers.get("accept", ""):
            return None
        document = self._files.get("/")
        return _document(document) if document else _not_built(headers)


def _file(file: PageFile, headers: Headers) -> Response:
    about = {
        **_HEADERS,
        "ETag": file.etag,
        "Cache-Control": _FOR_EVER if file.is_immutable else "no-cache",
        "Vary": "Accept-Encoding",
    }
    if headers.get("if-none-match") == file.etag:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=about)
    encoding, body = file.choose(headers.get("accept-encoding", ""))
    if encoding:
        about["Content-Encoding"] = encoding
    return Response(body, headers={**about, "Content-Type": file.content_type})


def _document(document: PageFile) -> Response:
    nonce = secrets.token_urlsafe(18)
    return Response(
        document.body.replace(_PLACE, nonce.encode()),
        headers={
            **_HEADERS,
            "Content-Type": document.content_type,
            "Content-Security-Policy": _POLICY.format(nonce=nonce),
            "Cache-Control": "no-store",
        },
    )


def _not_built(headers: Headers) -> Response:
    language = choose_language(headers.get("accept-language"))
    text = _NOT_BUILT[language]
    head = (
        f"<!doctype html><html lang={language}><meta charset=utf-8><title>Automation tasks</title>"
    )
    return Response(
        f"{head}<h1>{escape(text)}</h1>",
        status_code=HTTPStatus.NOT_FOUND,
        headers={
            **_HEADERS,
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": "default-src 'none'",
        },
    )
