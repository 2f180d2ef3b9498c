"""The OpenAPI document, with every error that each operation can answer.

The framework knows paths, parameters and answers. What is decided elsewhere is added here, from
the same tables that decide it: bodies (`schemas.py`), rights (`auth.NEEDS`), refusals.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from services.api.access.auth import NEEDS, PUBLIC
from services.api.accounts import schemas as schemas_accounts
from services.api.alerts import schemas as schemas_alerts
from services.api.alerts import schemas_notices
from services.api.channels import schemas as schemas_channels
from services.api.documented.plan import Rehearsed
from services.api.documented.tasks import ProblemDocument
from services.api.events import schemas as schemas_events
from services.api.queues import schemas as schemas_queues
from services.api.runs import schemas as run_schemas
from services.api.scripts import schemas as schemas_scripts
from services.api.secrets import schemas as schemas_secrets
from services.api.tasks import schemas
from services.api.templates import schemas as schemas_templates
from services.api.wire.dry_run_query import BOOLEANS, NAME, REHEARSED
from services.api.wire.problems import MEDIA_TYPE

_SENT = (
    schemas.TaskCreate,
    schemas.TaskUpdate,
    schemas.PreviewRequest,
    schemas.RunNow,
    schemas.RunsCreate,
    run_schemas.RunCancel,
    run_schemas.RunsCancel,
    run_schemas.DeadRunRequeue,
    run_schemas.DeadRunsChoice,
    run_schemas.BackfillCreate,
    run_schemas.BackfillCancel,
    schemas.TokenCreate,
    schemas_events.PlainEvent,
    schemas_events.CloudEvent,
    schemas_events.TriggerTest,
    schemas_events.TriggerReplay,
    schemas_queues.QueuePut,
    schemas_channels.ChannelPut,
    schemas_accounts.AccountCreate,
    schemas_accounts.AccountUpdate,
    schemas_accounts.AccountStop,
    schemas_accounts.HoldPut,
    schemas_scripts.ScriptCreate,
    schemas_scripts.ScriptUpdate,
    schemas_scripts.ScriptText,
    schemas_scripts.ScriptDecision,
    schemas_secrets.SecretPut,
    schemas_templates.TemplateUse,
    schemas_channels.AlertGroup,
    schemas_queues.CalendarPut,
    schemas_alerts.AlertRuleCreate,
    schemas_alerts.AlertRuleUpdate,
    schemas_alerts.Acknowledge,
    schemas_notices.AlertSilenceCreate,
    schemas_notices.AlertSilenceUpdate,
    schemas_notices.AlertSilencePreview,
    schemas_notices.AlertSettingsUpdate,
)
_REFERENCE = "#/components/schemas/{model}"
_MEANINGS = {
    400: "The request cannot be read.",
    401: "No token, or none that is good.",
    403: "The token lacks the scope.",
    404: "There is no such thing.",
    405: "The path does not know this method.",
    406: "Answers are JSON.",
    408: "The body did not come in time.",
    409: "It stands otherwise, or the same request is in hand; try again soon.",
    412: "It is not the version that If-Match names any more.",
    413: "Too large.",
    415: "The body is not application/json in UTF-8.",
    422: "The request makes no sense; `errors` names each field.",
    500: "A bug of ours.",
    503: "The database does not answer, or there are too many requests; try again soon.",
}
_PUBLIC_ERRORS = (405, 406, 500, 503)
_USUAL_ERRORS = (400, 401, 403, 405, 406, 500, 503)


def openapi_document(app: FastAPI) -> dict[str, Any]:
    """Return the document of *app*, made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _complete(
            get_openapi(
                title="Automation tasks",
                version=app.version,
                description="Tasks that run on time. All but the two probes need a bearer token.",
                routes=app.routes,
            )
        )
    return app.openapi_schema


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    _, sent = models_json_schema([(each, "validation") for each in _SENT], ref_template=_REFERENCE)
    _, told = models_json_schema(
        [(ProblemDocument, "serialization"), (Rehearsed, "serialization")],
        ref_template=_REFERENCE,
    )
    components = document.setdefault("components", {})
    components["schemas"] = {
        name: schema
        for name, schema in {
            **components.get("schemas", {}),
            **sent["$defs"],
            **told["$defs"],
        }.items()
        if name not in ("HTTPValidationError", "ValidationError")
    }
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, item in document["paths"].items():
        for operation in item.values():
            _complete_operation(path, operation)
    return document


def _complete_operation(path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    responses.pop("422", None)  # the framework's own, which is never sent
    if path not in PUBLIC:
        needed = NEEDS[_name(operation)]
        operation["security"] = [{"token": []}]
        operation["x-required-scope"] = needed
    if _name(operation) in REHEARSED:
        _add_dry_run(operation)
    for status in sorted(_errors(path, operation)):
        if path in PUBLIC and status == 503:  # noqa: PLR2004 - what a probe says when not ready
            responses["503"] = dict(responses["200"], description="Not ready.")
            continue
        responses[str(status)] = _problem(status)
    operation["responses"] = dict(sorted(responses.items()))


def _add_dry_run(operation: dict[str, Any]) -> None:
    operation.setdefault("parameters", []).append(
        {
            "name": NAME,
            "in": "query",
            "required": False,
            "description": "true: nothing is changed; 200 tells what would be answered.",
            "schema": {"type": "string", "enum": list(BOOLEANS), "default": ""},
        }
    )
    told = {"$ref": _REFERENCE.format(model="Rehearsed")}
    usual = operation["responses"].setdefault("200", {"description": "dry_run: what would be."})
    content = usual.setdefault("content", {}).setdefault("application/json", {})
    schema = content.get("schema")
    content["schema"] = {"anyOf": [schema, told]} if schema else told


def _name(operation: dict[str, Any]) -> str:
    name: str = operation["operationId"]
    return name


def _errors(path: str, operation: dict[str, Any]) -> set[int]:
    headers = {each["name"] for each in operation.get("parameters", []) if each["in"] == "header"}
    errors = set(_PUBLIC_ERRORS if path in PUBLIC else _USUAL_ERRORS)
    if "{" in path:
        errors.add(404)
    if path.endswith(("/cancel", "/discard")):
        errors.add(409)
    if "requestBody" in operation or path.endswith(("/run", "/discard")):
        errors |= {408, 413, 415, 422}
    if "Idempotency-Key" in headers and not path.endswith("/run"):
        errors |= {409, 422}
    if "If-Match" in headers:
        errors.add(412)
    return errors


def _problem(status: int) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": _MEANINGS[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="ProblemDocument")}}},
    }
    if status == 401:  # noqa: PLR2004 - HTTP
        answer["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    if status in (409, 503):
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return answer
