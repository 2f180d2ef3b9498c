"""Every object is what its API takes: no unknown field, no wrong type, no kind that nobody knows.

The schemas of Kubernetes come with `kubernetes-validate`, those of KEDA and of the Prometheus
Operator as models (`cloudcoil`). The models take unknown fields and drop them, so what they have
lost of an object is looked for. What a trigger of KEDA may say stands in no schema at all: it is a
table of text, read by the scaler; `PrometheusTrigger` is what of that scaler's we use.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from types import ModuleType
from typing import Annotated, Any, Literal

from cloudcoil.models.keda.v1alpha1 import ScaledObject
from jsonschema.validators import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from referencing import Registry, Resource

from tests.deploy.rendering import Object

# Its hundreds of models would be built with those of `v1`, for seconds, and none is asked for.
sys.modules["cloudcoil.models.prometheus_operator.v1alpha1"] = ModuleType("not needed")
from cloudcoil.models.prometheus_operator.v1 import PodMonitor  # noqa: E402 - after that

#: The oldest that is promised (the `sleep` of preStop), and the newest whose schemas are here.
VERSIONS = ("1.32", "1.37")
MODELS: dict[tuple[str, str], type[BaseModel]] = {
    ("keda.sh/v1alpha1", "ScaledObject"): ScaledObject,
    ("monitoring.coreos.com/v1", "PodMonitor"): PodMonitor,
}

Number = Annotated[str, Field(pattern="^[0-9]+$")]


class PrometheusTrigger(BaseModel):
    """What KEDA's scaler `prometheus` reads; everything is text."""

    model_config = ConfigDict(extra="forbid", strict=True)

    server_address: str = Field(alias="serverAddress", pattern=r"^https?://[a-z0-9.-]+:[0-9]+$")
    query: str
    threshold: Number
    ignore_null_values: Literal["true", "false"] = Field(alias="ignoreNullValues")


def problems(objects: list[Object]) -> list[str]:
    """Return what the APIs would refuse, or silently ignore."""
    return [
        f"{each['kind']} {each['metadata']['name']}: {wrong}"
        for each in objects
        for wrong in _wrong(each)
    ]


def _wrong(each: Object) -> Iterator[str]:
    model = MODELS.get((each["apiVersion"], each["kind"]))
    if model is None:
        yield from _against_kubernetes(each)
        return
    yield from _against_model(each, model)
    if each["kind"] == "ScaledObject":
        for trigger in each["spec"]["triggers"]:
            yield from _against_scaler(trigger)


def _against_kubernetes(each: Object) -> Iterator[str]:
    for version in VERSIONS:
        validator = _validator(version, each["apiVersion"], each["kind"])
        if validator is None:
            yield f"{version} knows no {each['kind']} of {each['apiVersion']}"
            continue
        for error in validator.iter_errors(each):
            yield f"{version}: {error.json_path}: {error.message}"


@functools.cache
def _validator(version: str, api: str, kind: str) -> Draft202012Validator | None:
    """Return the strict schema of a kind; None if this version has none.

    The package's own function reads all of it again for each object, and its command takes an
    unknown kind for a warning.
    """
    group, _, name = api.rpartition("/")
    file = f"{kind.lower()}-{group.split('.')[0]}-{name}" if group else f"{kind.lower()}-{name}"
    folder = _schemas(version)
    schema = folder / f"{file}.json"
    if not schema.is_file():
        return None
    contents = json.loads(schema.read_text("utf-8"))
    registry = Resource.from_contents(contents) @ _definitions(version)
    return Draft202012Validator(contents, registry=registry)


@functools.cache
def _definitions(version: str) -> Registry[Any]:
    contents = json.loads((_schemas(version) / "_definitions.json").read_text("utf-8"))
    registry: Registry[Any] = Registry()
    return (Resource.from_contents(contents) @ registry).crawl()


def _schemas(version: str) -> Traversable:
    everything = resources.files("kubernetes_validate") / "kubernetes-json-schema"
    (folder,) = (
        each
        for each in everything.iterdir()
        if each.name.startswith(f"v{version}.") and each.name.endswith("-local-strict")
    )
    return folder


def _against_model(each: Object, model: type[BaseModel]) -> Iterator[str]:
    try:
        read = model.model_validate(each)
    except ValidationError as error:
        yield str(error)
        return
    kept = json.loads(read.model_dump_json(by_alias=True, exclude_unset=True))
    for path in _lost(each, kept, ""):
        yield f"unknown field {path}"


def _lost(said: Any, kept: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(said, dict):
        for key, value in said.items():
            if not isinstance(kept, dict) or key not in kept:
                yield f"{path}.{key}"
            else:
                yield from _lost(value, kept[key], f"{path}.{key}")
    elif isinstance(said, list):
        for number, value in enumerate(said):
            yield from _lost(value, kept[number], f"{path}[{number}]")


def _against_scaler(trigger: Object) -> Iterator[str]:
    if trigger["type"] != "prometheus":
        yield f"no check knows triggers of type {trigger['type']}"
        return
    try:
        PrometheusTrigger.model_validate(trigger["metadata"])
    except ValidationError as error:
        yield str(error)
