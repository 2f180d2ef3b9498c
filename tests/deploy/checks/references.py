"""Whatever is named is there: selectors, ports, keys of ConfigMaps and Secrets, accounts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from tests.deploy.rendering import Object, named, of_kind
from tests.deploy.workloads import SERVICES, Workload, probes, selects, workloads

#: What others put there. Everything else has to be in the render, or in `secrets/`.
EXTERNAL = frozenset({("Secret", "automation-tls"), ("Secret", "notifier-smtp")})


def problems(objects: list[Object]) -> list[str]:
    """Return what is named and not there."""
    found = chain(
        _selectors(objects),
        _services(objects),
        _budgets(objects),
        _ingresses(objects),
        chain.from_iterable(_of_pod(each, objects) for each in workloads(objects)),
    )
    return list(found)


def _selectors(objects: list[Object]) -> Iterator[str]:
    everyone = workloads(objects)
    for each in workloads(objects, *SERVICES):
        selector = each.object["spec"]["selector"]
        if not selects(selector, each.labels):
            yield f"{each} does not select its own pods"
        others = [other for other in everyone if other.object is not each.object]
        for other in others:
            if selects(selector, other.labels):
                yield f"{each} selects the pods of {other}"


def _services(objects: list[Object]) -> Iterator[str]:
    everyone = workloads(objects)
    for service in of_kind(objects, "Service"):
        name = service["metadata"]["name"]
        pods = [
            each
            for each in everyone
            if selects({"matchLabels": service["spec"]["selector"]}, each.labels)
        ]
        if len(pods) != 1:
            yield f"Service {name} selects the pods of {len(pods)} workloads"
            continue
        for port in service["spec"]["ports"]:
            if port["targetPort"] not in pods[0].ports():
                yield f"Service {name}: {pods[0]} has no port {port['targetPort']}"
    for each in workloads(objects, "StatefulSet"):
        if not _is_there(objects, "Service", each.object["spec"]["serviceName"]):
            yield f"{each}: there is no Service {each.object['spec']['serviceName']}"


def _budgets(objects: list[Object]) -> Iterator[str]:
    for budget in of_kind(objects, "PodDisruptionBudget"):
        selected = [
            each for each in workloads(objects) if selects(budget["spec"]["selector"], each.labels)
        ]
        if len(selected) != 1:
            yield f"budget {budget['metadata']['name']} is for {len(selected)} workloads"


def _ingresses(objects: list[Object]) -> Iterator[str]:
    for ingress in of_kind(objects, "Ingress"):
        spec = ingress["spec"]
        covered = {host for entry in spec.get("tls", []) for host in entry["hosts"]}
        for entry in spec.get("tls", []):
            yield from _named(objects, "Secret", entry["secretName"], None, "Ingress")
        for rule in spec["rules"]:
            if rule["host"] not in covered:
                yield f"Ingress: {rule['host']} has no TLS"
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                try:
                    service = named(objects, "Service", backend["name"])
                except LookupError as error:
                    yield f"Ingress: {error}"
                    continue
                if backend["port"]["name"] not in {p["name"] for p in service["spec"]["ports"]}:
                    yield f"Ingress: Service {backend['name']} has no port {backend['port']}"


def _of_pod(pod: Workload, objects: list[Object]) -> Iterator[str]:
    account = pod.spec.get("serviceAccountName", "default")
    if not _is_there(objects, "ServiceAccount", account):
        yield f"{pod}: there is no ServiceAccount {account}"
    for volume in pod.spec.get("volumes", []):
        yield from _of_volume(pod, volume, objects)
    for container in pod.containers:
        yield from _of_environment(pod, container, objects)
        yield from _of_mounts(pod, container, objects)
        for name, probe in probes(container):
            action = probe.get("httpGet") or probe.get("tcpSocket")
            if action and action["port"] not in pod.ports():
                yield f"{pod}: {name} asks a port {action['port']} that is not there"


def _of_volume(pod: Workload, volume: Object, objects: list[Object]) -> Iterator[str]:
    sources = [volume, *volume.get("projected", {}).get("sources", [])]
    for source in sources:
        for word, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
            if word in source:
                name = source[word].get("name") or source[word].get("secretName")
                yield from _named(objects, kind, name, None, str(pod))
    claim = volume.get("persistentVolumeClaim", {}).get("claimName")
    if claim and not _is_there(objects, "PersistentVolumeClaim", claim):
        yield f"{pod}: there is no PersistentVolumeClaim {claim}"


def _of_environment(pod: Workload, container: Object, objects: list[Object]) -> Iterator[str]:
    for variable in container.get("env", []):
        source = variable.get("valueFrom", {})
        for word, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            if word in source:
                yield from _named(
                    objects, kind, source[word]["name"], source[word]["key"], str(pod)
                )
    for source in container.get("envFrom", []):
        for word, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            if word in source:
                yield from _named(objects, kind, source[word]["name"], None, str(pod))


def _of_mounts(pod: Workload, container: Object, objects: list[Object]) -> Iterator[str]:
    for mount in container.get("volumeMounts", []):
        volume = pod.volume(mount["name"])
        if volume is None:
            yield f"{pod}: there is no volume {mount['name']}"
        elif "subPath" in mount and "secret" in volume:
            secret = volume["secret"]["secretName"]
            yield from _named(objects, "Secret", secret, mount["subPath"], str(pod))


def _named(
    objects: list[Object], kind: str, name: str, key: str | None, where: str
) -> Iterator[str]:
    if (kind, name) in EXTERNAL:
        return
    try:
        found = named(objects, kind, name)
    except LookupError as error:
        yield f"{where}: {error}"
        return
    if key is not None and key not in found.get("data", {}):
        yield f"{where}: {kind} {name} has no {key}"


def _is_there(objects: list[Object], kind: str, name: str) -> bool:
    return not list(_named(objects, kind, name, None, ""))
