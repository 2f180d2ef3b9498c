"""The API's own description: the OpenAPI document, and a page to read it without any script."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, Response

from services.api.access.auth import closed_router
from services.api.openapi import openapi_document as document_of
from services.api.wire.answers import json_answer

router = closed_router()


@router.get("/openapi.json", response_model=dict[str, Any])
async def openapi_document(request: Request) -> Response:
    """Return the OpenAPI document."""
    return json_answer(document_of(_application(request))).response()


@router.get("/docs", response_class=HTMLResponse)
async def reference_page(request: Request) -> Response:
    """Show all operations on one page."""
    rows = [
        f"<tr><td>{method.upper()}</td><td><code>{escape(path)}</code></td>"
        f"<td>{escape(operation.get('description', ''))}</td>"
        f"<td>{escape(operation.get('x-required-scope', '—'))}</td></tr>"
        for path, item in document_of(_application(request))["paths"].items()
        for method, operation in item.items()
    ]
    return HTMLResponse(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Automation tasks</title>'
        "<h1>Automation tasks</h1><p>Machine-readable: <code>/openapi.json</code></p>"
        "<table><tr><th>Method</th><th>Path</th><th>What</th><th>Scope</th></tr>"
        f"{''.join(rows)}</table></html>"
    )


def _application(request: Request) -> FastAPI:
    application = request.app
    assert isinstance(application, FastAPI)  # noqa: S101 - it is the one that routed the request
    return application
