"""Pods come, stay and go without loss: probes, time to stop, budgets, images, releases."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from itertools import chain

from deploy.local.roles import STOP_WITHIN
from services.executor import executor
from services.executor.settings import ExecutorSettings
from shared.runtime.web import CHECK_SECONDS, health_app
from tests.deploy.checks.environment import environment
from tests.deploy.rendering import ROOT, Object, of_kind
from tests.deploy.workloads import SERVICES, Workload, probes, selects, workloads

#: Where requests go: to whoever can answer them, also while the bus is away.
ANSWERING = {"api": "/readyz/answering"}
PROBES = {"startupProbe": "/healthz", "readinessProbe": "/readyz", "livenessProbe": "/healthz"}
#: What one does not wait for: sending the image's first process the signal, and its end.
MARGIN = 5


def problems(objects: list[Object]) -> list[str]:
    """Return where a restart, a drain of a node or a new release would break something."""
    found = chain(
        chain.from_iterable(_probes(each) for each in workloads(objects, *SERVICES)),
        chain.from_iterable(_stopping(each, objects) for each in workloads(objects)),
        _budgets(objects),
        _releases(objects),
    )
    return list(found)


def _probes(pod: Workload) -> Iterator[str]:
    given = dict(probes(pod.main))
    for name in PROBES.keys() - given.keys():
        yield f"{pod}: no {name}"
    if not pod.is_ours:
        return
    routes = {route.path for route in health_app({}).routes}  # type: ignore[attr-defined]
    for name, probe in given.items():
        asked = probe["httpGet"]
        wanted = ANSWERING.get(pod.role, PROBES[name]) if name == "readinessProbe" else PROBES[name]
        if asked["path"] not in routes or asked["path"] != wanted:
            yield f"{pod}: {name} asks {asked['path']}"
        port = pod.ports().get(asked["port"])
        told = next(e for e in pod.main["env"] if e["name"] == "AUTOMATION_HEALTH_PORT")["value"]
        if str(port) != told:
            yield f"{pod}: {name} asks port {port}, and {told} is where it answers"
    if given["readinessProbe"].get("timeoutSeconds", 1) <= CHECK_SECONDS:
        yield f"{pod}: gives up before a check does"


def _stopping(pod: Workload, objects: list[Object]) -> Iterator[str]:
    before = _before_stop(pod)
    if pod.is_ours:
        needed = before + MARGIN + _stops_within(pod, objects)
        if pod.grace < needed:
            yield f"{pod}: is killed after {pod.grace} s and needs {needed:.0f}"
    reached = any(
        selects({"matchLabels": service["spec"]["selector"]}, pod.labels)
        for service in of_kind(objects, "Service")
        if service["spec"].get("clusterIP") != "None"
    )
    if reached and "preStop" not in pod.main.get("lifecycle", {}):
        yield f"{pod}: a Service still sends it requests when it stops; it has no preStop"


def _before_stop(pod: Workload) -> int:
    hook = pod.main.get("lifecycle", {}).get("preStop", {})
    return int(hook.get("sleep", {}).get("seconds", 0))


def _stops_within(pod: Workload, objects: list[Object]) -> float:
    if pod.service != "executor":
        return STOP_WITHIN.total_seconds() if pod.kind != "Job" else 0
    given = environment(pod, pod.main, objects)

    def seconds(name: str) -> float:
        default = ExecutorSettings.model_fields[name].default
        return float(given.get(f"AUTOMATION_{name.upper()}", default))

    # It says what it has twice: when all have ended, and what became of those that did not.
    words = 2 * executor.LAST_WORDS.total_seconds()
    return seconds("drain_seconds") + seconds("kill_grace_seconds") + words


def fewest(pod: Workload, objects: list[Object]) -> int:
    """Return how many pods there are at least."""
    if pod.replicas is not None:
        return pod.replicas
    for scaler in of_kind(objects, "HorizontalPodAutoscaler", "ScaledObject"):
        if scaler["spec"]["scaleTargetRef"]["name"] == pod.name:
            return int(
                scaler["spec"].get("minReplicas") or scaler["spec"].get("minReplicaCount", 0)
            )
    return 1


def _budgets(objects: list[Object]) -> Iterator[str]:
    guarded = set()
    for budget in of_kind(objects, "PodDisruptionBudget"):
        for pod in workloads(objects, *SERVICES):
            if selects(budget["spec"]["selector"], pod.labels):
                guarded.add(pod.name)
                if budget["spec"]["minAvailable"] >= fewest(pod, objects):
                    yield f"{pod}: its budget never lets a node be drained"
    for pod in workloads(objects, *SERVICES):
        if fewest(pod, objects) > 1 and pod.name not in guarded:
            yield f"{pod}: a drain of nodes may take all of it at once; it has no budget"
        if pod.kind == "Deployment" and fewest(pod, objects) > 1:
            rolling = pod.object["spec"]["strategy"].get("rollingUpdate", {})
            if rolling.get("maxUnavailable") != 0:
                yield f"{pod}: a new release takes it down"
            if not pod.spec.get("topologySpreadConstraints"):
                yield f"{pod}: all of it may land on one node"


def _releases(objects: list[Object]) -> Iterator[str]:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    for pod in workloads(objects):
        if pod.is_ours:
            for container in pod.containers:
                if container["image"] != f"automation-tasks:{version}":
                    yield f"{pod}: {container['image']} is not what is released"
        if pod.kind == "Job" and not pod.name.endswith(f"-{version.replace('.', '-')}"):
            yield f"{pod}: its name does not carry the release, so it could not be applied again"
