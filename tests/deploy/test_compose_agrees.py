"""Docker Compose tells the services what they read, and what Kubernetes tells them, too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.serve import ROLES
from services.executor.actions.data_backup.job import BACKUP_PASSWORD_FILE, BACKUP_URL
from tests.deploy.checks.environment import (
    PREFIX,
    all_variables,
    misunderstood,
    objections,
    of_commands,
    settings_of,
    variables,
)
from tests.deploy.rendering import ROOT, Object, objects
from tests.deploy.workloads import workload, workloads

COMPOSE = ROOT / "deploy" / "compose.yaml"
OVERRIDES = sorted((ROOT / "deploy" / "compose").glob("*.yaml"))
_VARIABLE = re.compile(r"\$\{[A-Z_]+(?::?[-?](?P<default>(?:[^{}]|\$\{[^{}]*\})*))?\}")
_IMAGE_ENV = re.compile(r"(AUTOMATION_[A-Z_]+)=(\S+)")
#: Images that only one of the two uses: monitoring, S3 and TLS of the overrides.
SERVERS = ("nats", "postgres")
OURS = "automation-tasks"


class Tagged(yaml.SafeLoader):
    """Reads compose's own tags (`!reset`, `!override`) as if they were not there."""


def _plain(loader: Tagged, _: str, node: yaml.Node) -> Any:  # noqa: ANN401 - YAML
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return None


Tagged.add_multi_constructor("!", _plain)


def filled(text: str) -> str:
    """Return *text* as compose reads it where nobody has set a variable."""
    while (found := _VARIABLE.sub(lambda each: each["default"] or "", text)) != text:
        text = found
    return text


def services(file: Path) -> dict[str, Object]:
    text = filled(file.read_text("utf-8"))
    found: dict[str, Object] = yaml.load(text, Tagged)["services"]  # noqa: S506 - a safe one
    return found


def environment(service: Object) -> dict[str, str]:
    given = service.get("environment") or {}
    if isinstance(given, list):
        return dict(each.split("=", 1) for each in given)
    # Compose fills in after reading, so what is empty is an empty text.
    return {key: "" if value is None else str(value) for key, value in given.items()}


def of_image() -> dict[str, str]:
    return dict(_IMAGE_ENV.findall((ROOT / "Dockerfile").read_text("utf-8")))


def unread(file: Path, told: Mapping[str, Object]) -> list[str]:
    """Return the variables that nobody of ours reads who is told."""
    once = all_variables() | of_commands() | {BACKUP_URL, BACKUP_PASSWORD_FILE}
    return [
        f"{file.name} {name}: {key}"
        for name, service in told.items()
        if service.get("image", OURS).startswith(OURS)
        for key in environment(service)
        if key.startswith(PREFIX)
        if key not in (variables(settings_of(name)) if name in ROLES else once)
    ]


def test_every_variable_is_read_by_the_role_that_is_told() -> None:
    assert [each for file in (COMPOSE, *OVERRIDES) for each in unread(file, services(file))] == []


def test_a_misspelt_variable_is_seen() -> None:
    told = services(COMPOSE)
    told["executor"]["environment"] = {"AUTOMATION_EXECUTOR_SLOT": "3"}

    assert unread(COMPOSE, told) == ["compose.yaml executor: AUTOMATION_EXECUTOR_SLOT"]


def test_the_roles_take_their_environments_and_commands() -> None:
    composed = services(COMPOSE)

    for role in ROLES:
        assert objections(role, of_image() | environment(composed[role])) == [], role
        assert list(misunderstood(role, composed[role]["command"])) == []


def test_the_image_tells_nothing_that_nobody_reads() -> None:
    assert of_image().keys() - all_variables() == set()


def test_compose_and_the_cluster_run_the_same_images() -> None:
    composed = services(COMPOSE)
    cluster = objects("single-node")

    for name in (*SERVERS, *ROLES):
        assert composed[name]["image"] == workload(cluster, name).main["image"], name


def test_the_image_is_at_home_where_the_cluster_says() -> None:
    uid = re.search(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert uid

    for each in workloads(objects("single-node")):
        if each.is_ours:
            context = each.spec["securityContext"]
            assert (str(context["runAsUser"]), str(context["runAsGroup"])) == uid.groups()
            homes = [m for m in each.main["volumeMounts"] if m["name"] == "home"]
            assert [home["mountPath"] for home in homes] == [of_image()["AUTOMATION_HOME"]]


def test_both_stop_an_executor_in_the_same_time() -> None:
    grace = services(COMPOSE)["executor"]["stop_grace_period"]

    assert int(grace.removesuffix("s")) == workload(objects("single-node"), "executor").grace


def lines(text: str) -> set[str]:
    return {line.partition("#")[0].strip() for line in text.splitlines()} - {""}


@pytest.mark.parametrize("place", ["compose", "k8s"])
def test_the_bus_has_the_same_limits_everywhere(place: str) -> None:
    """Kustomize reads nothing outside of its folder, and no include can say where files lie."""
    alone = lines((ROOT / "deploy/nats/nats.conf").read_text("utf-8"))
    here = lines((ROOT / "deploy" / place / "nats/nats.conf").read_text("utf-8"))
    # Where files lie, who asks how it is, and how long a goodbye takes.
    own = re.compile(
        r"(server_name|http|pid_file|include|store_dir|cert_file|key_file|lame_duck_\w+)\b"
    )

    assert {line for line in alone ^ here if not own.match(line)} == set()


def test_the_database_lets_in_the_same_in_both() -> None:
    mounted = "./postgres/pg_hba.conf:/etc/postgresql/pg_hba.conf:ro"
    assert mounted in services(COMPOSE)["postgres"]["volumes"]
    assert lines((ROOT / "deploy/postgres/pg_hba.conf").read_text("utf-8")) == lines(
        (ROOT / "deploy/k8s/postgres/pg_hba.conf").read_text("utf-8")
    )
