"""The pods that the manifests make, and what stands in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.deploy.rendering import Object, of_kind

WORKLOADS = ("Deployment", "StatefulSet", "Job")
SERVICES = ("Deployment", "StatefulSet")
COMPONENT = "app.kubernetes.io/component"
NAME = "app.kubernetes.io/name"
#: Roles that are another service with rights of their own.
PLAYED_BY = {"backup": "executor"}


@dataclass(frozen=True, slots=True)
class Workload:
    """What makes pods, and how they look."""

    object: Object

    def __str__(self) -> str:
        """Return kind and name."""
        return f"{self.object['kind']} {self.object['metadata']['name']}"

    @property
    def name(self) -> str:
        """The object's name."""
        return str(self.object["metadata"]["name"])

    @property
    def kind(self) -> str:
        """The object's kind."""
        return str(self.object["kind"])

    @property
    def spec(self) -> Object:
        """The pod's spec."""
        spec: Object = self.object["spec"]["template"]["spec"]
        return spec

    @property
    def labels(self) -> dict[str, str]:
        """The pod's labels."""
        labels: dict[str, str] = self.object["spec"]["template"]["metadata"]["labels"]
        return labels

    @property
    def is_ours(self) -> bool:
        """Whether it runs our image; the others are servers."""
        return self.labels.get(NAME) == "automation"

    @property
    def role(self) -> str:
        """Which of our roles it plays, or which server it is."""
        return self.labels.get(COMPONENT) or self.labels[NAME]

    @property
    def service(self) -> str:
        """Which of our services it runs; its role, where it is none that runs on."""
        return PLAYED_BY.get(self.role, self.role)

    @property
    def replicas(self) -> int | None:
        """How many pods are asked for; None: an autoscaler says so."""
        count: int | None = self.object["spec"].get("replicas")
        return count

    @property
    def containers(self) -> list[Object]:
        """All containers, those that run first included."""
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

    @property
    def main(self) -> Object:
        """The container that does the work."""
        (main,) = self.spec["containers"]
        container: Object = main
        return container

    @property
    def grace(self) -> int:
        """Seconds between SIGTERM and SIGKILL, with those of preStop."""
        return int(self.spec.get("terminationGracePeriodSeconds", 30))

    def volume(self, name: str) -> Object | None:
        """Return a volume, a claim of a StatefulSet included."""
        for each in self.spec.get("volumes", []):
            if each["name"] == name:
                found: Object = each
                return found
        for claim in self.object["spec"].get("volumeClaimTemplates", []):
            if claim["metadata"]["name"] == name:
                return {"name": name, "claim": claim}
        return None

    def ports(self) -> dict[str, int]:
        """Return the ports by name."""
        return {
            port["name"]: port["containerPort"]
            for container in self.containers
            for port in container.get("ports", [])
        }


def workloads(everything: list[Object], *kinds: str) -> list[Workload]:
    """Return what makes pods, of these kinds or all."""
    return [Workload(each) for each in of_kind(everything, *(kinds or WORKLOADS))]


def workload(everything: list[Object], name: str) -> Workload:
    """Return the one of a name; a Job's release is no part of it.

    Raises:
        LookupError: there is none.
    """
    for each in workloads(everything):
        if each.name == name or (each.kind == "Job" and each.role == name):
            return each
    raise LookupError(name)


def selects(selector: dict[str, Any] | None, labels: dict[str, str]) -> bool:
    """Return whether a label selector takes what has these labels."""
    if selector is None:
        return False
    wanted = selector.get("matchLabels", {})
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_meets(each, labels) for each in selector.get("matchExpressions", []))


def _meets(expression: Object, labels: dict[str, str]) -> bool:
    value = labels.get(expression["key"])
    match expression["operator"]:
        case "In":
            return value in expression["values"]
        case "NotIn":
            return value not in expression["values"]
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    raise ValueError(expression["operator"])


def probes(container: Object) -> Iterator[tuple[str, Object]]:
    """Yield the probes of a container by name."""
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        if name in container:
            yield name, container[name]
