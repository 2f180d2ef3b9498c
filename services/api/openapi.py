"""The OpenAPI document, with every error that each operation can answer.

The framework knows paths, parameters and answers. What is decided elsewhere is added here, from
the same tables that decide it: bodies (`schemas.py`), rights (`auth.NEEDS`), refusals.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from services.api.access import schemas as schemas_access
from services.api.access.auth import NEEDS
from services.api.access.cookies import Origin
from services.api.access.open_routes import ABOUT_ONESELF, PUBLIC
from services.api.accounts import schemas as schemas_accounts
from services.api.accounts import schemas_bulk as schemas_account_bulk
from services.api.alerts import schemas as schemas_alerts
from services.api.alerts import schemas_notices
from services.api.channels import schemas as schemas_channels
from services.api.documented.plan import Rehearsed
from services.api.documented.tasks import ProblemDocument
from services.api.events import schemas as schemas_events
from services.api.operations import schemas as schemas_operations
from services.api.queues import schemas as schemas_queues
from services.api.runs import schemas as run_schemas
from services.api.saved_views import schemas as schemas_pages
from services.api.scripts import schemas as schemas_scripts
from services.api.secrets import schemas as schemas_secrets
from services.api.tasks import schemas, schemas_bulk, schemas_schedule
from services.api.templates import schemas as schemas_templates
from services.api.wire.dry_run_query import BOOLEANS, NAME, REHEARSED
from services.api.wire.front_door import PROBES
from services.api.wire.problems import MEDIA_TYPE

_SENT = (
    schemas.TaskCreate,
    schemas.TaskUpdate,
    schemas_schedule.PreviewRequest,
    schemas_schedule.CronExplain,
    schemas_schedule.CrontabText,
    schemas.RunNow,
    schemas.RunsCreate,
    run_schemas.RunCancel,
    run_schemas.RunsCancel,
    run_schemas.DeadRunRequeue,
    run_schemas.RunRetry,
    run_schemas.DeadRunsChoice,
    run_schemas.DeadRunsRequeue,
    run_schemas.BackfillCreate,
    run_schemas.BackfillCancel,
    schemas_bulk.TaskBulkCreate,
    schemas_pages.SavedViewCreate,
    schemas_pages.SavedViewPut,
    schemas.TokenCreate,
    schemas_access.LogIn,
    schemas_access.SetUp,
    schemas_access.LinkPeek,
    schemas_access.LinkUse,
    schemas_access.PasswordChange,
    schemas_access.MeUpdate,
    schemas_access.UserCreate,
    schemas_access.UserUpdate,
    schemas_events.PlainEvent,
    schemas_events.CloudEvent,
    schemas_events.TriggerTest,
    schemas_events.TriggerTrial,
    schemas_events.TriggerReplay,
    schemas_queues.QueuePut,
    schemas_queues.PauseWish,
    schemas_queues.OverridePut,
    schemas_operations.ExecutorDrain,
    schemas_channels.ChannelPut,
    schemas_accounts.AccountCreate,
    schemas_accounts.AccountUpdate,
    schemas_accounts.AccountStop,
    schemas_accounts.HoldPut,
    schemas_account_bulk.AccountBulk,
    schemas_scripts.ScriptCreate,
    schemas_scripts.ScriptUpdate,
    schemas_scripts.ScriptText,
    schemas_scripts.ScriptDecision,
    schemas_scripts.ScriptPublishNow,
    schemas_secrets.SecretPut,
    schemas_templates.TemplateUse,
    schemas_channels.AlertmanagerGroup,
    schemas_queues.CalendarPut,
    schemas_alerts.AlertRuleCreate,
    schemas_alerts.AlertRuleUpdate,
    schemas_alerts.AlertRuleTest,
    schemas_alerts.Acknowledge,
    schemas_notices.AlertSilenceCreate,
    schemas_notices.AlertSilenceUpdate,
    schemas_notices.AlertSilencePreview,
    schemas_notices.AlertSettingsUpdate,
)
_REFERENCE = "#/components/schemas/{model}"
_MEANINGS = {
    400: "The request cannot be read.",
    401: "No token and no session, or none that is good.",
    403: "The scope is lacking; or a session's cookie came from a page that is not ours.",
    404: "There is no such thing.",
    405: "The path does not know this method.",
    406: "Answers are JSON.",
    408: "The body did not come in time.",
    409: "It stands otherwise, or the same request is in hand; try again soon.",
    412: "It is not the version that If-Match names any more.",
    413: "Too large.",
    415: "The body is not application/json in UTF-8.",
    422: "The request makes no sense; `errors` names each field.",
    429: "Too often; Retry-After says when the next one is looked at.",
    500: "A bug of ours.",
    503: "The database does not answer, or there are too many requests; try again soon.",
}
_PROBE_ERRORS = (405, 406, 500, 503)
_PUBLIC_ERRORS = (400, 403, 429, *_PROBE_ERRORS)
_MORE_ERRORS = {
    "log_in": (401,),
    "set_up": (404, 409),
    "peek_password_link": (404,),
    "use_password_link": (404,),
    "update_user": (409,),
    "delete_user": (409,),
}
_USUAL_ERRORS = (400, 401, 403, 405, 406, 429, 500, 503)


def openapi_document(app: FastAPI) -> dict[str, Any]:
    """Return the document of *app*, made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _complete(
            get_openapi(
                title="Automation tasks",
                version=app.version,
                description="Tasks that run on time. All but the two"
                " probes, the log-in and the first start need a bearer token or a session."
                " A session's cookie changes something only with X-Requested-With: automation.",
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
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": Origin().cookie},
    }
    for path, item in document["paths"].items():
        for operation in item.values():
            _complete_operation(path, operation)
    return document


def _complete_operation(path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    responses.pop("422", None)  # the framework's own, which is never sent
    if _name(operation) not in PUBLIC:
        operation["security"] = [{"token": []}, {"session": []}]
        if _name(operation) not in ABOUT_ONESELF:
            operation["x-required-scope"] = NEEDS[_name(operation)]
    if _name(operation) in REHEARSED:
        _add_dry_run(operation)
    for status in sorted(_errors(path, operation)):
        if path in PROBES and status == 503:  # noqa: PLR2004 - what a probe says when not ready
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
    errors = set(_USUAL_ERRORS)
    if _name(operation) in PUBLIC:
        errors = set(_PROBE_ERRORS if path in PROBES else _PUBLIC_ERRORS)
    errors |= set(_MORE_ERRORS.get(_name(operation), ()))
    if "{" in path:
        errors.add(404)
    if path.endswith(("/cancel", "/discard", "/retry")):
        errors.add(409)
    if "requestBody" in operation or path.endswith(("/run", "/discard")):
        errors |= {408, 413, 415, 422}
    if "Idempotency-Key" in headers and not path.endswith("/run"):
        errors |= {409, 422}
    if "If-Match" in headers:
        errors.add(412)
    if any(each["name"] == "q" for each in operation.get("parameters", [])):
        errors.add(422)
    return errors


def _problem(status: int) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": _MEANINGS[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="ProblemDocument")}}},
    }
    if status == 401:  # noqa: PLR2004 - HTTP
        answer["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    if status in (409, 429, 503):
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return answer
