"""Each override of deploy/compose is put over a system that runs, and does what it is for.

    + tls + s3 + backup + monitoring ─► https, backups in bucket and volume, metrics
    ─► stop ─► development instead ─► sources of the checkout, the servers' ports

Of what they need no Grafana can be had from Debian, PyPI or npm: it alone is left out.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from deploy.local import ports, probe
from tests.compose import images
from tests.compose.book import Book
from tests.compose.project import Project
from tests.compose.story import UNDER_TEST
from tests.support.load import BASE, RUNS, Operator

FOLDER = images.CHECKOUT / "deploy" / "compose"
TOGETHER = [FOLDER / f"{name}.yaml" for name in ("tls", "s3", "backup", "monitoring")]
WITHOUT_GRAFANA = Path(__file__).with_name("without_grafana.yaml")
BUILT_PAGE = images.CHECKOUT / "services/web/dist/index.html"
DEVELOPMENT = FOLDER / "development.yaml"
SCOPES = ("tasks:read", "tasks:write", "tasks:run", "runs:read", "secrets:read", "secrets:write")
PATIENCE = 90.0
POLL = 0.5
#: Every process of ours, by the name that compose gives it, and how many run.
PROCESSES = {
    **dict.fromkeys(("api", "executor", "log-writer", "notifier", "account-runtime"), 1),
    "bus-keeper": 1,
    "backup": 1,
    "scheduler": 2,
}
#: What a process returns that was told to stop and did.
STOPPED = 0
NOT_OURS = ("sink", "proxy", "s3", "prometheus")
BUCKET = "backups"
MAKE_BUCKET = (
    "import urllib.request as u;"
    f"u.urlopen(u.Request('http://127.0.0.1:8333/{BUCKET}', method='PUT'), timeout=10)"
)
LIST_BUCKET = (
    "import urllib.request as u;"
    f"print(u.urlopen('http://127.0.0.1:8333/{BUCKET}?list-type=2', timeout=10).read().decode())"
)


async def tell(project: Project, book: Book) -> None:
    """Do everything; raise if anything is not as promised."""
    project.files = [UNDER_TEST, *TOGETHER, WITHOUT_GRAFANA]
    took = await project.up("--no-build")
    book.note(f"tls, s3, backup, monitoring: all healthy after {took:.1f} s")
    for step in (_over_tls, _backed_up, _watched):
        book.note(await step(project))
    await project.compose("stop", within=180)
    codes = (await project.exit_codes()).items()
    ended = {
        name: code
        for name, code in codes
        if code != STOPPED and not any(f"-{each}-" in name for each in NOT_OURS)
    }
    assert not ended, f"not every process ended by itself when it was told to: {ended}"
    book.note("stopped: every process ended by itself")
    project.files = [UNDER_TEST, DEVELOPMENT]
    took = await project.up("--no-build", "--remove-orphans")
    book.note(f"development: all healthy after {took:.1f} s; {await _developed(project)}")
    project.files = [UNDER_TEST, *TOGETHER, WITHOUT_GRAFANA, DEVELOPMENT]  # all that has to go


async def _over_tls(project: Project) -> str:
    """The page is there under a certificate of Caddy's own authority, and nowhere in plain."""
    authority = await project.exec("proxy", "cat", "/data/caddy/pki/authorities/local/root.crt")
    trusted = ssl.create_default_context(cadata=authority)
    async with httpx.AsyncClient(verify=trusted, timeout=10, trust_env=False) as client:
        page = await client.get("https://localhost/", headers={"Accept": "text/html"})
        assert "<div id=" in page.text, page.text
        assert "max-age" in page.headers["Strict-Transport-Security"]
        plain = await client.get("http://localhost/")
        assert plain.is_redirect, plain.status_code
        assert plain.headers["Location"] == "https://localhost/"
    published = int(project.env["AUTOMATION_PORT"])
    assert not await probe.listens(published), "the API is still published in plain"
    return "https with a certificate, http redirected, the API published no more"


async def _backed_up(project: Project) -> str:
    """A backup of the system's own database ends well in the volume, and in the bucket."""
    await project.exec("s3", "python3", "-c", MAKE_BUCKET)
    scopes = [word for scope in SCOPES for word in ("--scope", scope)]
    token = await project.exec("api", "automation", "token", "create", "overrides", *scopes)
    address = await project.address((await project.names("api"))[0])
    async with Operator(lambda: f"http://{address}:8080", token.splitlines()[-1]) as operator:
        for name in ("store-id", "store-key"):
            path = f"{BASE}/secrets/{name}"
            await operator.insist("PUT", path, json={"value": "that-of-s3.json"})
        await _ends_well(operator, {"folder": "system"})
        store = {
            "bucket": BUCKET,
            "endpoint_url": "http://s3:8333",
            "access_key_secret": "store-id",
            "secret_key_secret": "store-key",
        }
        await _ends_well(operator, {"s3": store})
    kept = await project.exec("backup", "find", "/var/lib/automation/backups", "-name", "manifest*")
    assert kept, "no manifest in the volume"
    assert "manifest.json" in await project.exec("s3", "python3", "-c", LIST_BUCKET)
    return "a backup in the volume, and one in the bucket"


async def _ends_well(operator: Operator, config: Mapping[str, Any]) -> None:
    task = await operator.create(
        name=f"backup {time.monotonic_ns()}",
        task_action="data_backup",
        action_config=dict(config),
        queue="backup",
    )
    run = await operator.run(task)

    async def ended() -> bool:
        found = await operator.get(f"{RUNS}/{run}")
        assert found["status"] not in {"failed", "timeout", "cancelled"}, found
        return bool(found["status"] == "success")

    await _until(ended, f"the backup {config} ends")


async def _watched(project: Project) -> str:
    """Prometheus reaches every process, and takes the rules."""
    url = f"http://{ports.LOOPBACK}:{project.env['PROMETHEUS_PORT']}/api/v1"
    async with httpx.AsyncClient(timeout=10, trust_env=False) as client:

        async def all_up() -> bool:
            answer = (await client.get(f"{url}/query", params={"query": "up"})).json()
            found = [
                (each["metric"].get("role"), each["value"][1])
                for each in answer["data"]["result"]
                if each["metric"]["job"] == "automation"
            ]
            wanted = [(role, "1") for role, count in PROCESSES.items() for _ in range(count)]
            return sorted(found) == sorted(wanted)

        await _until(all_up, f"Prometheus scrapes {PROCESSES}")
        groups = (await client.get(f"{url}/rules")).json()["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert rules, "no rules"
    broken = [rule["name"] for rule in rules if rule["health"] == "err"]
    assert not broken, broken
    return f"Prometheus scrapes all {sum(PROCESSES.values())} processes, {len(rules)} rules loaded"


async def _developed(project: Project) -> str:
    """Services run the checkout's sources, with its page if it was built; servers answer here."""
    where = await project.exec(
        "scheduler",
        "python",
        "-c",
        "import services, deploy; print(services.__path__, deploy.__file__)",
    )
    assert where.count("/src/") == 2, where
    async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
        url = f"http://{ports.LOOPBACK}:{project.env['AUTOMATION_PORT']}/"
        assert (await client.get(f"{url}readyz")).is_success
        page = await client.get(url, headers={"Accept": "text/html"})
        assert page.is_success == BUILT_PAGE.is_file(), page.status_code
    assert await probe.listens(int(project.env["AUTOMATION_POSTGRES_PORT"]))
    assert await probe.nats_listens(int(project.env["AUTOMATION_NATS_PORT"]))
    return "sources of the checkout, page and both servers on loopback"


async def _until(look: Callable[[], Awaitable[bool]], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not await look():
        assert time.monotonic() < deadline, f"not within {PATIENCE:g} s: {what}"
        await asyncio.sleep(POLL)
