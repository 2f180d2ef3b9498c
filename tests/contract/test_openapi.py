"""The OpenAPI document: frozen, so that a change is seen; complete, so that it can be relied on.

After a change that is meant: `python -m tests.contract.test_openapi` writes the new one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

import services.api
from services.api.access.auth import NEEDS
from services.api.access.open_routes import ABOUT_ONESELF, PUBLIC
from services.api.openapi import _SENT as SENT
from services.api.openapi import openapi_document
from services.api.parts import ApiParts
from services.api.store.database import Database
from services.api.tasks import schemas
from services.api.web_app import create_app
from services.api.wire.front_door import PROBES
from shared.db.pool import Pool

#: Beside what makes it, because the page's types are generated from it, too.
GOLDEN = Path(services.api.__file__).parent / "openapi.json"


@cache
def current() -> dict[str, Any]:
    """Return the document of an application that has no servers."""
    nowhere = Database(cast(Pool, None))
    parts = ApiParts(database=nowhere, catalog={}, wake_relay=lambda: None)
    return openapi_document(create_app(parts))


def write_golden() -> None:
    """Write the document as it is now."""
    GOLDEN.write_text(json.dumps(current(), indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in current()["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_the_document_is_the_one_that_was_agreed() -> None:
    assert json.loads(json.dumps(current())) == json.loads(GOLDEN.read_text())


def test_every_operation_is_there_with_its_scope() -> None:
    found = {operation["operationId"]: (path, operation) for path, _, operation in operations()}

    assert set(found) == NEEDS.keys() | ABOUT_ONESELF | PUBLIC
    for name, (_, operation) in found.items():
        if name in PUBLIC:
            assert "security" not in operation
        else:
            assert operation["security"] == [{"token": []}, {"session": []}]
            assert operation.get("x-required-scope") == NEEDS.get(name)
        assert operation["description"]


#: Which operations have which errors.
ERRORS: list[tuple[Callable[[str, dict[str, Any]], bool], set[int]]] = [
    (lambda path, operation: True, {405, 406, 500, 503}),  # noqa: ARG005 - all alike
    (lambda path, operation: operation["operationId"] not in PUBLIC, {400, 401, 403}),  # noqa: ARG005
    (lambda path, operation: "{" in path, {404}),  # noqa: ARG005
    (lambda path, operation: "requestBody" in operation, {408, 413, 415, 422}),  # noqa: ARG005
]


def test_every_error_is_documented() -> None:
    for path, method, operation in operations():
        for has, statuses in ERRORS:
            if has(path, operation):
                missing = {str(each) for each in statuses} - set(operation["responses"])
                assert not missing, (method, path)
        for status, answer in operation["responses"].items():
            if int(status) >= 400 and not (path in PROBES and status == "503"):
                assert set(answer["content"]) == {"application/problem+json"}


def test_conditional_and_repeatable_requests_document_their_refusals() -> None:
    names = {
        operation["operationId"]: {each["name"] for each in operation.get("parameters", [])}
        for _, _, operation in operations()
    }
    responses = {
        operation["operationId"]: set(operation["responses"]) for _, _, operation in operations()
    }

    for name in ("update_task", "delete_task"):
        assert "If-Match" in names[name]
        assert "412" in responses[name]
    changing = {"create_task", "update_task", "delete_task", "create_runs", "create_token"}
    for name in changing | {"run_task", "revoke_token"}:
        assert "idempotency-key" in {each.lower() for each in names[name]}
    for name in changing:
        assert {"409", "422"} <= responses[name]


def test_nothing_points_into_the_void() -> None:
    document = current()
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}

    assert set(references(document)) <= known
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_what_is_sent_and_what_is_answered_never_share_a_name() -> None:
    """Of two models of one name the document would show one, for both."""
    parts = ApiParts(database=Database(cast(Pool, None)), catalog={}, wake_relay=lambda: None)
    plain = get_openapi(title="-", version="-", routes=create_app(parts).routes)
    answered = plain["components"]["schemas"]
    _, sent = models_json_schema(
        [(each, "validation") for each in SENT], ref_template="#/components/schemas/{model}"
    )

    shared = answered.keys() & sent["$defs"].keys()
    assert {name for name in shared if answered[name] != sent["$defs"][name]} == set()


def test_what_is_documented_as_a_body_is_what_judges_it() -> None:
    models = (schemas.TaskCreate, schemas.TaskUpdate, schemas.RunsCreate, schemas.TokenCreate)
    _, wanted = models_json_schema(
        [(each, "validation") for each in models], ref_template="#/components/schemas/{model}"
    )

    shown = current()["components"]["schemas"]
    for name, schema in wanted["$defs"].items():
        assert shown[name] == schema


if __name__ == "__main__":
    write_golden()
