"""Every pod meets the standard "restricted", and ours goes further.

The controls are those of Kubernetes' Pod Security Standards. Beyond them: the root cannot be
written, no token of the cluster is mounted, each pod has an account of its own, requests and limits
are set, and a pod mounts the Secrets of its own role and of no other.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.deploy.rendering import Object, named
from tests.deploy.workloads import Workload, workloads

VOLUMES = frozenset(
    {"configMap", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
)
RESOURCES = ("cpu", "memory", "ephemeral-storage")
#: Secrets that a pod may have beside the one of its own name.
SHARED = {
    "automation-ca": None,  # the certificate that all believe; no secret
    "automation-secret-key": {"api", "executor", "backup", "notifier"},  # those that seal and open
    "bus-keeper": {"bus-keeper", "prepare-bus"},  # who declares streams
}

#: Secrets that no setting takes from a file yet.
IN_ENVIRONMENT = frozenset({"AUTOMATION_SMTP_URL"})


def problems(objects: list[Object]) -> list[str]:
    """Return what a pod may do that it need not."""
    found = [
        f"{pod}: {wrong}"
        for pod in workloads(objects)
        for wrong in (
            *_of_pod(pod),
            *_of_containers(pod),
            *_of_secrets(pod),
            *_of_account(pod, objects),
        )
    ]
    labels = named(objects, "Namespace", "automation")["metadata"]["labels"]
    if labels.get("pod-security.kubernetes.io/enforce") != "restricted":
        found.append("the namespace does not enforce `restricted`")
    for each in objects:
        place = each["metadata"].get("namespace")
        if each["kind"] != "Namespace" and place != "automation":
            found.append(f"{each['kind']} {each['metadata']['name']} is in {place}")
    return found


def _of_pod(pod: Workload) -> Iterator[str]:
    for word in ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"):
        if pod.spec.get(word):
            yield word
    context = pod.spec.get("securityContext", {})
    if not context.get("runAsNonRoot") or not context.get("runAsUser"):
        yield "may run as root"
    if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "no seccomp profile"
    for word in ("sysctls", "seLinuxOptions", "appArmorProfile", "windowsOptions"):
        if word in context:
            yield word
    for volume in pod.spec.get("volumes", []):
        for kind in volume.keys() - {"name"} - VOLUMES:
            yield f"a volume of kind {kind}"
        if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
            yield f"volume {volume['name']} has no limit"


def _of_containers(pod: Workload) -> Iterator[str]:
    for container in pod.containers:
        context = container.get("securityContext", {})
        if context.get("allowPrivilegeEscalation") is not False:
            yield "privileges may grow"
        if context.get("capabilities") != {"drop": ["ALL"]}:
            yield "has capabilities"
        if context.get("readOnlyRootFilesystem") is not True:
            yield "its root can be written"
        for word in context.keys() - {
            *("allowPrivilegeEscalation", "capabilities", "readOnlyRootFilesystem"),
        }:
            yield f"securityContext.{word}"
        yield from _of_resources(container)


def _of_resources(container: Object) -> Iterator[str]:
    if any("hostPort" in port for port in container.get("ports", [])):
        yield "takes a port of the node"
    for word in ("requests", "limits"):
        missing = set(RESOURCES) - container.get("resources", {}).get(word, {}).keys()
        if missing:
            yield f"no {word} of {', '.join(sorted(missing))}"
    for each in container.get("env", []):
        if "secretKeyRef" in each.get("valueFrom", {}) and each["name"] not in IN_ENVIRONMENT:
            yield f"{each['name']} is a secret in the environment"


def _of_account(pod: Workload, objects: list[Object]) -> Iterator[str]:
    if pod.spec.get("automountServiceAccountToken") is not False:
        yield "gets a token of the cluster"
    name = pod.spec.get("serviceAccountName")
    if name != pod.role:
        yield f"comes as {name}"
        return
    if named(objects, "ServiceAccount", name).get("automountServiceAccountToken") is not False:
        yield f"account {name} gives tokens away"


def _of_secrets(pod: Workload) -> Iterator[str]:
    for volume in pod.spec.get("volumes", []):
        for source in [volume, *volume.get("projected", {}).get("sources", [])]:
            secret = source.get("secret", {})
            name = secret.get("name") or secret.get("secretName")
            if name is None or name == pod.role:
                continue
            mine = SHARED.get(name, set())
            if mine is not None and pod.role not in mine:
                yield f"has the secrets of {name}"
