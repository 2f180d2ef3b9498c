"""Short ways to say what the HTTP action is asked, and that it failed."""

from __future__ import annotations

import pytest

from services.executor.actions.http.params import HttpRequestParams
from services.executor.actions.http.request import HttpRequest
from shared.contracts.action import ActionFailed
from tests.support.context import RecordingContext

#: Names the key that signs requests.
KEY = "AUTOMATION_SECRET_HOOK"


def params(url: str, **more: object) -> HttpRequestParams:
    return HttpRequestParams.model_validate({"url": url, **more})


async def failure(
    action: HttpRequest, asked: HttpRequestParams, context: RecordingContext
) -> ActionFailed:
    with pytest.raises(ActionFailed) as caught:
        await action.run(asked, context)
    return caught.value
