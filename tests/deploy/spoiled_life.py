"""Manifests whose pods may too much, stop too soon or scale wrongly: each has to be found."""

from __future__ import annotations

from tests.deploy.rendering import named
from tests.deploy.spoiling import (
    Spoil,
    main,
    pod,
    second_scaler,
    set_,
    sources,
    trigger,
    variable,
)
from tests.deploy.workloads import workload

YES, NO = True, False
#: By rule: what is spoiled, how, and a word of what the rule has to say.
SPOILED: dict[str, list[tuple[str, Spoil, str]]] = {
    "confined": [
        ("root", lambda o: set_(pod(o, "api")["securityContext"], "runAsUser", 0), "root"),
        ("seccomp", lambda o: pod(o, "api")["securityContext"].pop("seccompProfile"), "seccomp"),
        (
            "escalation",
            lambda o: main(o, "api")["securityContext"].pop("allowPrivilegeEscalation"),
            "grow",
        ),
        (
            "capability",
            lambda o: set_(main(o, "api")["securityContext"]["capabilities"], "add", ["NET_ADMIN"]),
            "capabilities",
        ),
        (
            "privileged",
            lambda o: set_(main(o, "api")["securityContext"], "privileged", YES),
            "privileged",
        ),
        (
            "writable",
            lambda o: set_(main(o, "nats")["securityContext"], "readOnlyRootFilesystem", NO),
            "written",
        ),
        (
            "first container",
            lambda o: pod(o, "prepare-database")["initContainers"][0].pop("securityContext"),
            "grow",
        ),
        ("network of the node", lambda o: set_(pod(o, "api"), "hostNetwork", YES), "hostNetwork"),
        (
            "folder of the node",
            lambda o: pod(o, "api")["volumes"].append({"name": "x", "hostPath": {"path": "/"}}),
            "hostPath",
        ),
        ("token", lambda o: pod(o, "api").pop("automountServiceAccountToken"), "token"),
        (
            "account's token",
            lambda o: named(o, "ServiceAccount", "api").pop("automountServiceAccountToken"),
            "tokens",
        ),
        (
            "limit",
            lambda o: main(o, "api")["resources"]["limits"].pop("memory"),
            "limits of memory",
        ),
        ("request", lambda o: main(o, "api").pop("resources"), "requests of"),
        (
            "foreign secret",
            lambda o: sources(o, "api").append({"secret": {"name": "executor"}}),
            "secrets of executor",
        ),
        (
            "owner's password",
            lambda o: pod(o, "scheduler")["volumes"].append(
                {"name": "x", "secret": {"secretName": "prepare-database"}}
            ),
            "secrets of prepare-database",
        ),
        (
            "secret in the environment",
            lambda o: main(o, "api")["env"].append(
                {"name": "X", "valueFrom": {"secretKeyRef": {"name": "api", "key": "db.password"}}}
            ),
            "environment",
        ),
        (
            "namespace",
            lambda o: set_(
                named(o, "Namespace", "automation")["metadata"]["labels"],
                "pod-security.kubernetes.io/enforce",
                "baseline",
            ),
            "enforce",
        ),
    ],
    "staying": [
        (
            "route",
            lambda o: set_(main(o, "api")["readinessProbe"]["httpGet"], "path", "/ready"),
            "asks /ready",
        ),
        (
            "no replica without the bus",
            lambda o: set_(main(o, "api")["readinessProbe"]["httpGet"], "path", "/readyz"),
            "readinessProbe asks /readyz",
        ),
        (
            "ready for alive",
            lambda o: set_(main(o, "api")["livenessProbe"]["httpGet"], "path", "/readyz"),
            "livenessProbe asks",
        ),
        (
            "health port",
            lambda o: set_(variable(o, "api", "AUTOMATION_HEALTH_PORT"), "value", "9"),
            "answers",
        ),
        ("no probe", lambda o: main(o, "scheduler").pop("startupProbe"), "no startupProbe"),
        (
            "hasty probe",
            lambda o: set_(main(o, "api")["readinessProbe"], "timeoutSeconds", 1),
            "gives up",
        ),
        (
            "killed while it drains",
            lambda o: set_(pod(o, "executor"), "terminationGracePeriodSeconds", 60),
            "is killed",
        ),
        (
            "longer drain",
            lambda o: set_(variable(o, "executor", "AUTOMATION_DRAIN_SECONDS"), "value", "120"),
            "is killed",
        ),
        ("no preStop", lambda o: main(o, "api").pop("lifecycle"), "preStop"),
        (
            "stuck drain",
            lambda o: set_(named(o, "PodDisruptionBudget", "nats")["spec"], "minAvailable", 3),
            "never lets",
        ),
        ("no budget", lambda o: o.remove(named(o, "PodDisruptionBudget", "executor")), "no budget"),
        (
            "gap in a rollout",
            lambda o: set_(
                workload(o, "api").object["spec"]["strategy"]["rollingUpdate"], "maxUnavailable", 1
            ),
            "takes it down",
        ),
        ("one node", lambda o: pod(o, "api").pop("topologySpreadConstraints"), "one node"),
        (
            "other image",
            lambda o: set_(main(o, "api"), "image", "automation-tasks:latest"),
            "not what is released",
        ),
        (
            "job's name",
            lambda o: set_(workload(o, "prepare-bus").object["metadata"], "name", "prepare-bus"),
            "carry the release",
        ),
    ],
    "scaling": [
        (
            "target",
            lambda o: set_(
                named(o, "ScaledObject", "executor")["spec"]["scaleTargetRef"], "name", "exec"
            ),
            "no Deployment exec",
        ),
        ("two scalers", second_scaler, "2 scalers"),
        (
            "fixed number",
            lambda o: set_(workload(o, "executor").object["spec"], "replicas", 2),
            "set its number back",
        ),
        (
            "nobody scales",
            lambda o: o.remove(named(o, "HorizontalPodAutoscaler", "api")),
            "nobody says",
        ),
        (
            "another number",
            lambda o: set_(trigger(o), "query", 'max(automation_queue_dept{queue="default"})'),
            "not what waits",
        ),
        (
            "another queue",
            lambda o: set_(trigger(o), "query", 'max(automation_queue_depth{queue="slow"})'),
            "what waits in default scales nothing",
        ),
        (
            "forgotten queue",
            lambda o: main(o, "executor")["env"].append(
                {"name": "AUTOMATION_EXECUTOR_QUEUES", "value": "default,slow"}
            ),
            "what waits in slow scales nothing",
        ),
        ("threshold", lambda o: set_(trigger(o), "threshold", "101"), "no room"),
        (
            "fewer slots",
            lambda o: set_(variable(o, "executor", "AUTOMATION_EXECUTOR_SLOTS"), "value", "50"),
            "no room",
        ),
        (
            "no answer is a zero",
            lambda o: set_(trigger(o), "ignoreNullValues", "true"),
            "nobody knows",
        ),
        (
            "no fallback",
            lambda o: named(o, "ScaledObject", "executor")["spec"].pop("fallback"),
            "nobody knows",
        ),
        (
            "Prometheus elsewhere",
            lambda o: set_(
                trigger(o), "serverAddress", "http://prometheus.default.svc.cluster.local:9090"
            ),
            "nobody at",
        ),
        (
            "no monitor",
            lambda o: o.remove(named(o, "PodMonitor", "automation")),
            "nobody at",
        ),
        (
            "small disk",
            lambda o: set_(
                workload(o, "nats").object["spec"]["volumeClaimTemplates"][0]["spec"]["resources"][
                    "requests"
                ],
                "storage",
                "5Gi",
            ),
            "disk",
        ),
    ],
}
