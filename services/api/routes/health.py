"""The two probes: the only routes without a token."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from services.api.documented.tasks import Health
from services.api.parts import Parts
from services.api.wire.answers import json_answer
from shared.runtime.web import failures

router = APIRouter(generate_unique_id_function=lambda route: route.name)


@router.get("/healthz", response_model=Health)
async def alive() -> Response:
    """Say that the process lives."""
    return json_answer({"status": "ok"}).response()


@router.get("/readyz", response_model=Health)
async def ready(parts: Parts) -> Response:
    """Say whether everything that requests need is there."""
    wrong = await failures(parts.checks)
    if wrong:
        # Whoever may see more asks the health port.
        kinds = {name: each.kind for name, each in wrong.items()}
        return json_answer({"status": "not ready", "failed": kinds}, 503).response()
    return json_answer({"status": "ok", "checked": sorted(parts.checks)}).response()
