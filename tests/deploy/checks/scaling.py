"""Who scales, by what: one scaler for each target, and numbers that somebody tells and reads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain

from services.executor.settings import ExecutorSettings
from services.scheduler.metrics import QUEUE_DEPTH
from shared.bus.topology import STREAMS
from tests.deploy.checks.environment import environment
from tests.deploy.flows import OURS, Pod, may_enter
from tests.deploy.rendering import Object, of_kind
from tests.deploy.workloads import Workload, selects, workload, workloads

SCALERS = ("HorizontalPodAutoscaler", "ScaledObject")
UNITS = {"Gi": 1 << 30, "GB": 1 << 30, "Mi": 1 << 20, "MB": 1 << 20}


def problems(objects: list[Object]) -> list[str]:
    """Return what would scale wrongly, or fill a disk."""
    found = chain(
        _targets(objects),
        chain.from_iterable(_depth(each, objects) for each in of_kind(objects, "ScaledObject")),
        _room(objects),
    )
    return list(found)


def _targets(objects: list[Object]) -> Iterator[str]:
    scaled = Counter(each["spec"]["scaleTargetRef"]["name"] for each in of_kind(objects, *SCALERS))
    deployments = {each.name: each for each in workloads(objects, "Deployment")}
    for name, count in scaled.items():
        if name not in deployments:
            yield f"there is no Deployment {name} to scale"
        elif deployments[name].replicas is not None:
            yield f"{name}: every apply would set its number back"
        if count > 1:
            yield f"{name}: {count} scalers pull at it"
    for each in deployments.values():
        if each.replicas is None and each.name not in scaled:
            yield f"{each.name}: nobody says how many"


def _depth(scaler: Object, objects: list[Object]) -> Iterator[str]:
    try:
        pod = workload(objects, scaler["spec"]["scaleTargetRef"]["name"])
    except LookupError:
        return  # `_targets` says so
    settings = _executor(pod, objects)
    (depth,) = QUEUE_DEPTH.describe()  # alike from every scheduler
    wanted = {f'max({depth.name}{{queue="{queue}"}})': queue for queue in settings.queues}
    triggers = [each["metadata"] for each in scaler["spec"]["triggers"]]
    asked = {each["query"] for each in triggers}
    for query in sorted(asked - wanted.keys()):
        yield f"{query} is not what waits for an executor here"
    for query in wanted.keys() - asked:
        yield f"what waits in {wanted[query]} scales nothing"
    for each in triggers:
        if int(each["threshold"]) > settings.executor_slots:
            yield f"{each['query']}: those asked for have no room for all that waits"
        if each["ignoreNullValues"] != "false" or "fallback" not in scaler["spec"]:
            yield f"{each['query']}: when nobody knows what waits, all but the fewest go"
        if not _reads_schedulers(each["serverAddress"], objects):
            yield f"nobody at {each['serverAddress']} reads the numbers of schedulers"


def _reads_schedulers(server: str, objects: list[Object]) -> bool:
    """Return whether a Prometheus there finds the schedulers, and is let in to their numbers."""
    found = re.fullmatch(r"http://[a-z0-9-]+\.([a-z0-9-]+)\.svc\.cluster\.local:9090", server)
    schedulers = workload(objects, "scheduler")
    there = Pod("prometheus", found[1] if found else "", {})
    here = Pod("scheduler", OURS, schedulers.labels)
    policies = of_kind(objects, "NetworkPolicy")
    return any(
        may_enter(policies, there, here, schedulers.ports()[endpoint["port"]])
        for monitor in of_kind(objects, "PodMonitor")
        if selects(monitor["spec"]["selector"], schedulers.labels)
        for endpoint in monitor["spec"]["podMetricsEndpoints"]
    )


def _executor(pod: Workload, objects: list[Object]) -> ExecutorSettings:
    given = environment(pod, pod.main, objects)
    return ExecutorSettings.model_validate(
        {
            name: given[f"AUTOMATION_{name.upper()}"]
            for name in ExecutorSettings.model_fields
            if f"AUTOMATION_{name.upper()}" in given
        }
    )


def _room(objects: list[Object]) -> Iterator[str]:
    """Look whether full streams fit into the bus's store, and that on its disk."""
    (text,) = (
        each["data"]["nats.conf"]
        for each in of_kind(objects, "ConfigMap")
        if "nats.conf" in each["data"]
    )
    (line,) = (each for each in text.splitlines() if "max_file_store" in each)
    store = size(line.split(":")[1].strip())
    claim = workload(objects, "nats").object["spec"]["volumeClaimTemplates"][0]
    disk = size(claim["spec"]["resources"]["requests"]["storage"])
    if store < sum(each.max_bytes for each in STREAMS):
        yield "nats: full streams need more than max_file_store"
    if disk <= store:
        yield "nats: its disk is smaller than what may be stored"


def size(text: str) -> int:
    """Return how many bytes `8GB` or `10Gi` are; NATS counts in powers of two as well."""
    return int(text[:-2]) * UNITS[text[-2:]]
