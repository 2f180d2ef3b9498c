"""Ways to reach into manifests and spoil something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.deploy.rendering import Object, named
from tests.deploy.workloads import workload

Spoil = Callable[[list[Object]], None]


def pod(everything: list[Object], name: str) -> Object:
    return workload(everything, name).spec


def main(everything: list[Object], name: str) -> Object:
    return workload(everything, name).main


def sources(everything: list[Object], name: str) -> list[Object]:
    (own,) = (each for each in pod(everything, name)["volumes"] if each["name"] == "own")
    found: list[Object] = own["projected"]["sources"]
    return found


def variable(everything: list[Object], name: str, key: str) -> Object:
    (found,) = (each for each in main(everything, name)["env"] if each["name"] == key)
    spoiled: Object = found
    return spoiled


def trigger(everything: list[Object]) -> Object:
    found: Object = named(everything, "ScaledObject", "executor")["spec"]["triggers"][0]["metadata"]
    return found


def settings(everything: list[Object]) -> Object:
    (found,) = (
        each["data"]
        for each in everything
        if each["kind"] == "ConfigMap" and "DATABASE_ADDRESS" in each["data"]
    )
    spoiled: Object = found
    return spoiled


def set_(target: Any, key: Any, value: Any) -> None:  # noqa: ANN401 - JSON
    target[key] = value


def second_scaler(everything: list[Object]) -> None:
    other = named(everything, "HorizontalPodAutoscaler", "api")
    everything.append(
        {
            **other,
            "metadata": {**other["metadata"], "name": "executor"},
            "spec": {**other["spec"], "scaleTargetRef": {"kind": "Deployment", "name": "executor"}},
        }
    )
