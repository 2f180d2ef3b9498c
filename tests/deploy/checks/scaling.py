"""Who scales, by what: one scaler for each target, and numbers of the bus that exist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from services.executor.doors import RESERVE, consumers_of
from services.executor.settings import ExecutorSettings
from shared.bus.topology import DUE, STREAMS
from tests.deploy.checks.environment import environment
from tests.deploy.rendering import Object, of_kind
from tests.deploy.workloads import Workload, workload, workloads

SCALERS = ("HorizontalPodAutoscaler", "ScaledObject")
UNITS = {"Gi": 1 << 30, "GB": 1 << 30, "Mi": 1 << 20, "MB": 1 << 20}


def problems(objects: list[Object]) -> list[str]:
    """Return what would scale wrongly, or fill a disk."""
    found = chain(
        _targets(objects),
        chain.from_iterable(_lag(each, objects) for each in of_kind(objects, "ScaledObject")),
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


def in_hand(slots: int) -> int:
    """Return how many unacknowledged orders of one consumer an executor may hold.

    It asks for no more than it has free slots, and for a small reserve of better ones beside.
    """
    return slots + max(1, int(slots * RESERVE))


def _lag(scaler: Object, objects: list[Object]) -> Iterator[str]:
    try:
        pod = workload(objects, scaler["spec"]["scaleTargetRef"]["name"])
    except LookupError:
        return  # `_targets` says so
    settings = _executor(pod, objects)
    wanted = {(DUE.name, each.name) for each in consumers_of(settings.queues)}
    triggers = [each["metadata"] for each in scaler["spec"]["triggers"]]
    named = {(each["stream"], each["consumer"]) for each in triggers}
    for stream, consumer in sorted(named - wanted):
        yield f"no executor here takes orders from {consumer} of {stream}"
    for stream, consumer in sorted(wanted - named):
        yield f"what waits in {consumer} of {stream} scales nothing"
    for each in triggers:
        if int(each["lagThreshold"]) <= in_hand(settings.executor_slots):
            yield f"{each['consumer']}: one busy executor alone would ask for another one"
        if each["account"] != "$G":
            yield f"{each['consumer']}: our bus has no account {each['account']}"
        host, _, port = each["natsServerMonitoringEndpoint"].partition(":")
        service = host.split(".")[0]
        found = [s for s in of_kind(objects, "Service") if s["metadata"]["name"] == service]
        if not found or int(port) not in {p["port"] for p in found[0]["spec"]["ports"]}:
            yield f"{each['consumer']}: nobody answers at {host}:{port}"
        elif found[0]["spec"].get("clusterIP") != "None":
            # In a cluster it asks the consumer's leader, as <server name>.<host>.
            yield f"{each['consumer']}: {service} gives the servers no names of their own"


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
