"""What can be said about the compose files without an engine: valid, and as safe as they claim."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from deploy import hand_out
from deploy.serve import ROLES
from services.executor.actions.data_backup.job import BACKUP_PASSWORD_FILE, BACKUP_URL
from tests.compose.images import CHECKOUT, NATS, POSTGRES, PYTHON, version
from tests.deploy.checks.environment import PREFIX, objections, settings_of, variables

DEPLOY = CHECKOUT / "deploy"
BASE = DEPLOY / "compose.yaml"
OVERRIDES = tuple(sorted((DEPLOY / "compose").glob("*.yaml")))
BIN = Path(sys.executable).parent

#: What is wrong with a file is seen in it alone, what is wrong between two in that pair.
COMBINATIONS = [
    *(each for count in range(3) for each in itertools.combinations(OVERRIDES, count)),
    OVERRIDES,
]

ONCE = {"keys", "migrate", "roles", "provision"}
OURS = set(ROLES)
#: Who has business outside.
OUTSIDE = {"api", "executor", "notifier"}
#: Variables of ours that no settings class of a service knows, and who reads them.
READ_ELSEWHERE = {"AUTOMATION_HOME", "AUTOMATION_OTLP_ENDPOINT"}


@cache
def rendered(*overrides: Path) -> dict[str, Any]:
    """Return what Docker Compose makes of the files."""
    files = [word for file in (BASE, *overrides) for word in ("-f", str(file))]
    done = subprocess.run(
        [BIN / "docker-compose", *files, "config", "--format", "json"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "AUTOMATION_DOMAIN": "automation.example.com"},
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def services(*overrides: Path) -> dict[str, dict[str, Any]]:
    """Return the services of some files."""
    found: dict[str, dict[str, Any]] = rendered(*overrides)["services"]
    return found


def everywhere() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every service of all files together."""
    yield from services(*OVERRIDES).items()


def test_every_combination_is_valid() -> None:
    wanted = OURS | ONCE | {"postgres", "nats"}

    assert {chosen: wanted - services(*chosen).keys() for chosen in COMBINATIONS} == {
        chosen: set() for chosen in COMBINATIONS
    }


def test_the_linter_finds_nothing_of_weight() -> None:
    done = subprocess.run(
        [BIN / "compose-lint", BASE, *OVERRIDES], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_images_are_those_that_are_tested_and_released() -> None:
    found = services()
    assert found["postgres"]["image"] == POSTGRES
    assert found["nats"]["image"] == NATS
    assert found["keys"]["build"]["args"] == {"PYTHON_IMAGE": PYTHON}
    assert {found[name]["image"] for name in ONCE | OURS} == {f"automation-tasks:{version()}"}
    for name, service in everywhere():
        assert not service["image"].endswith(":latest"), name
        assert ":" in service["image"], name


def test_nothing_is_published_but_the_api_and_that_on_loopback() -> None:
    published = {
        (name, port["host_ip"], port["target"])
        for name, service in services().items()
        for port in service.get("ports", ())
    }
    assert published == {("api", "127.0.0.1", 8080)}
    with_ports = services(DEPLOY / "compose" / "development.yaml")
    for name, service in with_ports.items():
        assert all(port["host_ip"] == "127.0.0.1" for port in service.get("ports", ())), name


def test_behind_the_proxy_the_api_is_published_no_more() -> None:
    behind = services(DEPLOY / "compose" / "tls.yaml")
    assert not behind["api"].get("ports")
    assert behind["api"]["environment"]["AUTOMATION_PUBLIC_URL"].startswith("https://")
    assert "inner" not in behind["proxy"]["networks"]


def test_only_those_with_business_outside_can_leave() -> None:
    assert rendered()["networks"]["inner"]["internal"] is True
    for name, service in services().items():
        networks = set(service.get("networks") or ())
        assert networks == (
            set() if name == "keys" else {"inner", "outside"} if name in OUTSIDE else {"inner"}
        ), name
    assert services()["keys"]["network_mode"] == "none"


def test_every_container_is_confined() -> None:
    for name, service in everywhere():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not service.get("privileged"), name
        limits = service["deploy"]["resources"]["limits"]
        assert limits.keys() == {"cpus", "memory", "pids"}, name
        assert service["logging"]["options"].keys() >= {"max-size", "max-file"}, name
        may = {"keys": ["CHOWN"], "proxy": ["NET_BIND_SERVICE"]}
        assert service.get("cap_add") == may.get(name), name
        for mount in service.get("volumes", ()):
            assert mount["type"] == "volume" or mount["read_only"], (name, mount)
            assert "docker.sock" not in mount["source"], name


def test_what_runs_is_restarted_watched_and_given_time_to_stop() -> None:
    for name, service in everywhere():
        if name in ONCE:
            continue
        assert service["restart"] == "unless-stopped", name
        assert not service.get("healthcheck", {}).get("disable"), name
        if service["image"] != services()["executor"]["image"]:  # ours have it in the image
            assert service["healthcheck"]["test"][0] == "CMD", name


def test_health_checks_use_what_the_official_images_have() -> None:
    programs = {
        name: service["healthcheck"]["test"][1]
        for name, service in everywhere()
        if "test" in service.get("healthcheck", {})
    }
    # The Alpine images have busybox's wget and no curl; PostgreSQL's has its own programs.
    expected = {"postgres": "pg_isready", "nats": "sh", "proxy": "wget", "s3": "wget"}
    assert programs.items() >= expected.items()
    assert set(programs.values()) <= {"pg_isready", "wget", "sh"}


def test_an_executor_may_finish_what_it_drains() -> None:
    executor = services()["executor"]
    environment = executor["environment"]
    needs = float(environment["AUTOMATION_DRAIN_SECONDS"]) + float(
        environment["AUTOMATION_KILL_GRACE_SECONDS"]
    )
    assert executor["stop_grace_period"] == "1m40s"
    assert needs < 100


def test_each_container_has_the_secrets_of_its_role_and_nobody_all_of_them() -> None:
    for name, service in services(*OVERRIDES).items():
        mounts = {mount["source"]: mount for mount in service.get("volumes", ())}
        keys = {source for source in mounts if source.startswith("keys")}
        if name == "keys":
            # What is handed out is what somebody mounts.
            handed = {f"keys-{role}" for role in hand_out.SHARES}
            assert keys == {"keys", *handed}
            continue
        expected = {"migrate": "owner", "roles": "owner", "provision": "bus-keeper"}.get(name, name)
        assert keys == (set() if name in {"proxy", "prometheus"} else {f"keys-{expected}"}), name
        for source in keys:
            assert mounts[source]["read_only"], name
            assert mounts[source]["target"] == "/run/automation", name


def test_secrets_that_a_service_is_pointed_to_are_handed_to_it() -> None:
    folder = "/run/automation/"
    for name in OURS:
        files = {
            value.removeprefix(folder)
            for value in services()[name]["environment"].values()
            if value.startswith(folder)
        }
        assert files <= set(hand_out.SHARES[name].files), name
    for name, share in hand_out.SHARES.items():
        assert not {"ca.key", "*"} & set(share.files), name


def test_services_know_every_variable_that_they_are_given_and_take_it() -> None:
    for name in OURS:
        given = {
            key: value
            for key, value in services(*OVERRIDES)[name]["environment"].items()
            if key.startswith(PREFIX)
        }
        assert given.keys() - variables(settings_of(name)) <= READ_ELSEWHERE, name
        assert objections(name, given) == [], name


def test_services_are_who_they_say() -> None:
    for name in OURS:
        service = services()[name]
        assert service["command"] == ["serve", name]
        url = service["environment"].get("AUTOMATION_DATABASE_URL")
        if url is not None:
            assert f"//automation_{name.replace('-', '_')}@postgres:5432/" in url, name
            assert "sslmode=verify-full" in url, name
        assert service["environment"]["AUTOMATION_NATS_URL"].startswith("tls://"), name


def test_who_backs_up_is_an_executor_with_one_password_more() -> None:
    backup = dict(services(DEPLOY / "compose" / "backup.yaml")["backup"])
    executor = dict(services()["executor"])
    more = dict(backup.pop("environment").items() - executor.pop("environment").items())

    assert backup.pop("volumes")[0]["source"] == "keys-backup"
    assert executor.pop("volumes")[0]["source"] == "keys-executor"
    assert backup == executor
    assert more.keys() == {
        *("AUTOMATION_EXECUTOR_QUEUES", "AUTOMATION_EXECUTOR_SLOTS", "AUTOMATION_EGRESS_ALLOW"),
        *(BACKUP_URL, BACKUP_PASSWORD_FILE),
    }
    assert "//automation_backup@postgres:5432/" in more[BACKUP_URL]
    assert "sslmode=verify-full" in more[BACKUP_URL]
    assert more["AUTOMATION_EXECUTOR_QUEUES"] == "backup"
    handed = {f"/run/automation/{name}" for name in hand_out.SHARES["backup"].files}
    assert more[BACKUP_PASSWORD_FILE] in handed
    assert not any("backup" in file for file in hand_out.SHARES["executor"].files)


def test_services_start_when_schema_roles_and_streams_are_there() -> None:
    for name in OURS:
        assert services()[name]["depends_on"].keys() == {"roles", "provision"}
        for awaited in services()[name]["depends_on"].values():
            assert awaited["condition"] == "service_completed_successfully"
