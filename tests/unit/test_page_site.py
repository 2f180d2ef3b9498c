"""How the page is served: which file answers, how it is packed, and under which policy it runs."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from starlette.responses import PlainTextResponse

from services.api.page.files import read_page
from services.api.page.site import Site
from tests.support.cases import table

SCRIPT = b"console.log('hello');" * 100
HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A page as `make web` leaves it."""
    (tmp_path / "assets").mkdir()
    (tmp_path / ".vite").mkdir()
    (tmp_path / ".vite" / "manifest.json").write_text("{}")
    (tmp_path / "index.html").write_text('<script nonce="__CSP_NONCE__" src="/assets/a.js">')
    (tmp_path / "assets" / "a.js").write_bytes(SCRIPT)
    (tmp_path / "assets" / "a.js.gz").write_bytes(gzip.compress(SCRIPT))
    (tmp_path / "favicon.svg").write_text("<svg/>")
    (tmp_path / "secret.key").write_text("not of the page")
    return tmp_path


def client_of(folder: Path) -> httpx.AsyncClient:
    site = Site(read_page(folder), PlainTextResponse("api"))
    return httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="http://page")


@pytest_asyncio.fixture
async def page(built: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(built) as client:
        yield client


async def test_a_file_is_sent_packed_to_whoever_unpacks_and_kept_for_ever(
    page: httpx.AsyncClient,
) -> None:
    packed = await page.get("/assets/a.js", headers={"Accept-Encoding": "gzip;q=0.5, br;q=0"})
    plain = await page.get("/assets/a.js", headers={"Accept-Encoding": "gzip;q=0"})

    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content == SCRIPT
    assert "content-encoding" not in plain.headers
    assert "immutable" in plain.headers["cache-control"]
    assert plain.headers["vary"] == "Accept-Encoding"


async def test_a_file_that_a_browser_has_is_not_sent_again(page: httpx.AsyncClient) -> None:
    first = await page.get("/favicon.svg")
    again = await page.get("/favicon.svg", headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")


@table("path", ["/", "/tasks/1?q=a", "/no/such/place", "/readyz-not"])
async def test_every_address_gets_the_document_with_a_nonce_of_its_own(
    page: httpx.AsyncClient, path: str
) -> None:
    answers = [await page.get(path, headers=HTML) for _ in range(2)]
    nonces = [re.findall(r'nonce="([\w-]{20,})"', each.text) for each in answers]

    assert nonces[0] != nonces[1]
    for answer, found in zip(answers, nonces, strict=True):
        policy = answer.headers["content-security-policy"]
        assert f"style-src 'self' 'nonce-{found[0]}'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"


@table(
    ("method", "path", "accept"),
    [
        ("GET", "/api/v1/group-ai/automation-tasks", HTML["Accept"]),
        ("GET", "/readyz", HTML["Accept"]),
        ("GET", "/openapi.json", HTML["Accept"]),
        ("GET", "/tasks", "application/json"),
        ("POST", "/tasks", HTML["Accept"]),
        ("GET", "/secret.key", "*/*"),
        ("GET", "/.vite/manifest.json", "*/*"),
        ("GET", "/assets/../secret.key", "*/*"),
        ("GET", "/assets/%2e%2e/secret.key", "*/*"),
    ],
)
async def test_all_else_is_the_apis(
    page: httpx.AsyncClient, method: str, path: str, accept: str
) -> None:
    answer = await page.request(method, path, headers={"Accept": accept})

    assert answer.text == "api"


async def test_without_a_built_page_browsers_are_told_and_the_api_works(tmp_path: Path) -> None:
    async with client_of(tmp_path) as client:
        told = await client.get("/", headers={**HTML, "Accept-Language": "zh-TW"})
        api = await client.get("/api/v1/x")

    assert (told.status_code, api.text) == (404, "api")
    assert "make web" in told.text
    assert "這裡沒有網頁" in told.text
