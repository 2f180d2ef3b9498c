"""The dashboard: one answer for what an operator asks first."""

from __future__ import annotations

from starlette.responses import Response

from services.api.access.auth import closed_router
from services.api.documented.dashboard import Dashboard
from services.api.operations.dashboard import dashboard_view
from services.api.parts import Parts
from services.api.routes.caller import BASE, CallersLanguage
from services.api.wire.answers import json_answer

router = closed_router(BASE)


@router.get("/dashboard", response_model=Dashboard)
async def get_dashboard(parts: Parts, language: CallersLanguage) -> Response:
    """Tell what fails, what is late, what runs next; a second old at most."""
    live, history = await parts.board.facts(parts.database)
    return json_answer(dashboard_view(live, history, language)).response()
