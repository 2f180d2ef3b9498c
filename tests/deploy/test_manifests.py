"""The manifests hold to every rule, in each way in which they are meant to be used."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.keys import contents
from deploy.keys.folder import Folder
from tests.deploy.checks import confined, environment, references, scaling, schema, staying
from tests.deploy.rendering import K8S, OVERLAYS, kustomize, objects, of_kind
from tests.deploy.workloads import workloads

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


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_manifests_hold_to_the_rule(overlay: str, rule: str) -> None:
    assert RULES[rule](objects(overlay)) == []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_role_runs_and_is_prepared(overlay: str) -> None:
    found = {each.role for each in workloads(objects(overlay)) if each.is_ours}

    assert found == ROLES | {"prepare-database", "prepare-bus"}


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
        assert "kind: Secret\n" not in kustomize(K8S / "overlays" / overlay)


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
