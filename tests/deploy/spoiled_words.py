"""Manifests that say what nobody understands: each has to be found by its rule."""

from __future__ import annotations

from tests.deploy.rendering import named
from tests.deploy.spoiling import (
    Spoil,
    main,
    pod,
    set_,
    settings,
    sources,
    trigger,
    variable,
)
from tests.deploy.workloads import workload

#: By rule: what is spoiled, how, and a word of what the rule has to say.
SPOILED: dict[str, list[tuple[str, Spoil, str]]] = {
    "schema": [
        (
            "unknown field",
            lambda o: set_(workload(o, "api").object["spec"], "replica", 2),
            "replica",
        ),
        ("wrong type", lambda o: set_(pod(o, "api"), "terminationGracePeriodSeconds", "x"), "x"),
        (
            "removed api",
            lambda o: set_(named(o, "PodDisruptionBudget", "api"), "apiVersion", "policy/v1beta1"),
            "knows no",
        ),
        ("unknown kind", lambda o: set_(named(o, "Service", "api"), "kind", "Servise"), "knows no"),
        (
            "keda field",
            lambda o: set_(named(o, "ScaledObject", "executor")["spec"], "minReplicas", 1),
            "minReplicas",
        ),
        (
            "keda type",
            lambda o: set_(named(o, "ScaledObject", "executor")["spec"], "maxReplicaCount", "ten"),
            "maxReplicaCount",
        ),
        ("trigger word", lambda o: set_(trigger(o), "treshold", "5"), "treshold"),
        ("trigger number", lambda o: set_(trigger(o), "threshold", 100), "threshold"),
        (
            "monitor field",
            lambda o: set_(
                named(o, "PodMonitor", "automation")["spec"]["podMetricsEndpoints"][0],
                "intervall",
                "1s",
            ),
            "intervall",
        ),
    ],
    "references": [
        (
            "selector",
            lambda o: set_(workload(o, "api").labels, "app.kubernetes.io/component", "apis"),
            "select its own",
        ),
        (
            "target port",
            lambda o: set_(named(o, "Service", "api")["spec"]["ports"][0], "targetPort", "web"),
            "has no port web",
        ),
        (
            "service of nobody",
            lambda o: set_(named(o, "Service", "api")["spec"], "selector", {"a": "b"}),
            "0 workloads",
        ),
        (
            "probe's port",
            lambda o: set_(main(o, "api")["readinessProbe"]["httpGet"], "port", "nowhere"),
            "nowhere",
        ),
        ("secret", lambda o: set_(sources(o, "api")[0]["secret"], "name", "apy"), "Secret apy"),
        (
            "key of a map",
            lambda o: set_(
                variable(o, "api", "DATABASE_ADDRESS")["valueFrom"]["configMapKeyRef"], "key", "DB"
            ),
            "has no DB",
        ),
        (
            "mount",
            lambda o: set_(main(o, "api")["volumeMounts"][0], "name", "mine"),
            "no volume mine",
        ),
        (
            "path in a secret",
            lambda o: set_(main(o, "api")["volumeMounts"][-1], "subPath", "key"),
            "has no key",
        ),
        (
            "account",
            lambda o: set_(pod(o, "api"), "serviceAccountName", "root"),
            "ServiceAccount root",
        ),
        (
            "budget of nobody",
            lambda o: set_(
                named(o, "PodDisruptionBudget", "api")["spec"]["selector"],
                "matchLabels",
                {"a": "b"},
            ),
            "0 workloads",
        ),
        ("no tls", lambda o: set_(named(o, "Ingress", "api")["spec"], "tls", []), "no TLS"),
        (
            "ingress to nobody",
            lambda o: set_(
                named(o, "Ingress", "api")["spec"]["rules"][0]["http"]["paths"][0]["backend"][
                    "service"
                ],
                "name",
                "page",
            ),
            "Service page",
        ),
        (
            "headless service",
            lambda o: set_(workload(o, "nats").object["spec"], "serviceName", "bus"),
            "no Service bus",
        ),
    ],
    "environment": [
        (
            "misspelt variable",
            lambda o: set_(
                variable(o, "executor", "AUTOMATION_EXECUTOR_SLOTS"),
                "name",
                "AUTOMATION_EXECUTOR_SLOT",
            ),
            "read by nobody",
        ),
        (
            "variable of another role",
            lambda o: set_(
                variable(o, "executor", "AUTOMATION_EXECUTOR_SLOTS"),
                "name",
                "AUTOMATION_LEDGER_DAYS",
            ),
            "read by nobody",
        ),
        (
            "misspelt in the map",
            lambda o: set_(settings(o), "AUTOMATION_LOG_FROMAT", "json"),
            "read by nobody",
        ),
        (
            "refused value",
            lambda o: set_(variable(o, "executor", "AUTOMATION_EXECUTOR_SLOTS"), "value", "0"),
            "greater than",
        ),
        (
            "refused in the map",
            lambda o: set_(settings(o), "AUTOMATION_LOG_FORMAT", "xml"),
            "LOG_FORMAT",
        ),
        ("reference below", lambda o: main(o, "api")["env"].reverse(), "refers to"),
        (
            "file",
            lambda o: set_(
                variable(o, "api", "AUTOMATION_NATS_SEED_FILE"), "value", "/run/automation/seed"
            ),
            "in no volume",
        ),
        ("role", lambda o: set_(main(o, "api"), "args", ["serve", "apy"]), "runs serve apy"),
        ("other role", lambda o: set_(main(o, "api"), "args", ["serve", "executor"]), "runs serve"),
        (
            "command",
            lambda o: set_(main(o, "prepare-bus"), "args", ["bus", "provide"]),
            "no command",
        ),
        (
            "option",
            lambda o: set_(main(o, "prepare-database"), "args", ["db", "roles", "--password", "x"]),
            "no option",
        ),
    ],
}
