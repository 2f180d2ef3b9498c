"""The manifests hold to every rule, in each way in which they are meant to be used."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.keys import contents
from deploy.keys.folder import Folder
from tests.deploy.checks import confined, environment, references, scaling, schema, staying
from tests.deploy.rendering import K8S, OVERLAYS, Object, objects, of_kind, rendered
from tests.deploy.workloads import Workload, workload, workloads

RULES = {
    "schema": schema.problems,
    "references": references.problems,
    "environment": environment.problems,
    "confined": confined.problems,
    "staying": staying.problems,
    "scaling": scaling.problems,
}
ROLES = frozenset(
    {"api", "scheduler", "executor", "log-writer", "notifier", "account-runtime", "bus-keeper"}
)

#: What tells an executor for backups from the others; the rest must be alike.
OF_BACKUPS = {
    "AUTOMATION_BACKUP_DATABASE_URL",
    "AUTOMATION_BACKUP_DATABASE_PASSWORD_FILE",
    "AUTOMATION_EXECUTOR_QUEUES",
    "AUTOMATION_EXECUTOR_SLOTS",
}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_manifests_hold_to_every_rule(overlay: str) -> None:
    assert {rule: found for rule, look in RULES.items() if (found := look(objects(overlay)))} == {}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_role_runs_and_is_prepared(overlay: str) -> None:
    found = {each.role for each in workloads(objects(overlay)) if each.is_ours}

    assert found - {"backup"} == ROLES | {"prepare-database", "prepare-bus"}
    assert ("backup" in found) == (overlay != "production"), "who wants it says so there"


def test_the_executor_for_backups_is_an_executor() -> None:
    both = [workload(objects("single-node"), name) for name in ("executor", "backup")]

    def without_what_differs(pod: Workload) -> Object:
        spec = copy.deepcopy(pod.spec)
        for apart in ("serviceAccountName", "topologySpreadConstraints", "volumes"):
            spec.pop(apart, None)
        (main,) = spec["containers"]
        main["env"] = sorted(
            (each for each in main["env"] if each["name"] not in OF_BACKUPS),
            key=lambda each: each["name"],
        )
        return spec

    executor, backup = map(without_what_differs, both)
    assert backup == executor


def test_the_executor_for_backups_reads_all_of_the_database_and_takes_nothing_else() -> None:
    everything = objects("single-node")
    pod = workload(everything, "backup")
    told = environment.environment(pod, pod.main, everything)

    assert told["AUTOMATION_EXECUTOR_QUEUES"] == "backup"
    assert "//automation_backup@" in told["AUTOMATION_BACKUP_DATABASE_URL"]
    assert "sslmode=verify-full" in told["AUTOMATION_BACKUP_DATABASE_URL"]
    assert environment.files(pod, "own", everything).keys() == {
        *("ca.crt", "db.password", "db-backup.password", "nats.seed"),
    }
    other = workload(everything, "executor")
    assert "db-backup.password" not in environment.files(other, "own", everything)


def test_the_secrets_are_made_of_all_keys_but_those_that_stay_at_home(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "keys")
    contents.init(folder, {}, datetime.now(UTC))
    made = {each.name for each in folder.path.iterdir()}
    used = {
        line.partition("keys/")[2]
        for line in (K8S / "secrets" / "kustomization.yaml").read_text("utf-8").splitlines()
        if "keys/" in line and not line.startswith("#")
    }

    assert used - made == set()
    assert made - used == {"ca.key"}, "the authority's key signs certificates, and has no reader"


def test_a_rendering_names_no_secret() -> None:
    # Secrets are made from files outside the repository, and never by these folders.
    for overlay in ("single-node", "production"):
        assert "kind: Secret\n" not in rendered(overlay)


def test_a_cluster_of_three_keeps_every_stream_three_times() -> None:
    production = objects("production")
    (settings,) = (
        each["data"]
        for each in of_kind(production, "ConfigMap")
        if "DATABASE_ADDRESS" in each["data"]
    )
    (nats,) = (each for each in workloads(production) if each.role == "nats")

    assert settings["AUTOMATION_NATS_REPLICAS"] == str(nats.replicas)
    assert settings["AUTOMATION_NATS_URL"].split(",") == [
        f"tls://nats-{number}.nats-headless:4222" for number in range(nats.replicas or 0)
    ]
