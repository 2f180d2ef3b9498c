"""A known vulnerability stops a release; an answer that never came is not taken for a good one.

The advisories themselves lie outside, so a server here answers in their place, in their words; what
asks are the real programs.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote

import pytest

from deploy.release import audit
from deploy.release.audit import CLEAN, NOT_ASKED, VULNERABLE, Accepted, Answer, Finding
from deploy.release.locks import WEB, npm_packages, python_packages

BAD = Finding("h11", "0.16.0", ("CVE-2026-0001", "GHSA-test-0001"), ("0.17.0",))
TODAY = date(2026, 11, 26)
LOCK = (
    "h11==0.16.0 \\\n    --hash=sha256:"
    + "0" * 64
    + "\nidna==3.20 \\\n    --hash=sha256:"
    + "1" * 64
)
OSV = {
    "vulns": [
        {
            "id": BAD.ids[1],
            "aliases": [BAD.ids[0]],
            "summary": "reads too much",
            "affected": [
                {
                    "package": {"name": "h11", "ecosystem": "PyPI"},
                    "ranges": [
                        {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "0.17.0"}]}
                    ],
                }
            ],
        }
    ]
}


@contextmanager
def advisories(bad: frozenset[str]) -> Iterator[str]:
    """Answer as OSV does, and as npm's registry does, about the packages in *bad*."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            asked = json.loads(body)
            if "package" in asked:
                self._answer(OSV if asked["package"]["name"] in bad else {})
                return
            self._answer(
                {
                    name: [
                        {
                            "id": 1,
                            "url": "https://github.com/advisories/GHSA-test-0002",
                            "title": "reads too much",
                            "severity": "low",
                            "vulnerable_versions": "*",
                        }
                    ]
                    for name in asked
                    if name in bad
                }
            )

        def do_GET(self) -> None:
            name = unquote(self.path).strip("/")
            here = [each.version for each in npm_packages() if each.name == name]
            full = {each: {"name": name, "version": each} for each in here}
            self._answer({"name": name, "versions": full, "dist-tags": {}})

        def _answer(self, what: object) -> None:
            text = json.dumps(what).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - as it is called
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    file = tmp_path / "requirements.lock"
    file.write_text(LOCK, "utf-8")
    return file


def osv(url: str) -> tuple[str, ...]:
    return ("--vulnerability-service", "osv", "--osv-url", url)


def test_a_known_vulnerability_of_a_python_package_is_found(lock: Path) -> None:
    with advisories(frozenset({"h11"})) as url:
        answer = audit.ask_pip(lock, *osv(url))

    assert answer == Answer("requirements.lock", 2, (BAD,))
    assert audit.judge([answer], [], TODAY).code == VULNERABLE


def test_without_one_the_lock_is_clean(lock: Path) -> None:
    with advisories(frozenset()) as url:
        answer = audit.ask_pip(lock, *osv(url))

    assert audit.judge([answer], [], TODAY).code == CLEAN


def test_a_source_that_cannot_be_reached_is_no_good_news(lock: Path) -> None:
    with advisories(frozenset()) as url:
        pass  # nobody listens there any more
    answer = audit.ask_pip(lock, *osv(url))

    assert answer.asked == 0
    assert answer.unasked
    assert audit.judge([answer], [], TODAY).code == NOT_ASKED


def test_what_was_skipped_was_not_asked_about() -> None:
    said = {
        "dependencies": [
            {"name": "h11", "skip_reason": "not found"},
            {"name": "idna", "version": "3.20", "vulns": []},
        ]
    }

    answer = audit.read_pip("a lock", json.dumps(said), "")

    assert answer.unasked == ("no answer about 1 of 2 packages (h11)",)
    assert audit.judge([answer], [], TODAY).code == NOT_ASKED


def test_a_known_vulnerability_of_the_page_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    # The user's own settings of npm may name another registry for everything.
    monkeypatch.setenv("NPM_CONFIG_USERCONFIG", "/dev/null")
    with advisories(frozenset({"react"})) as url:
        answer = audit.ask_npm(WEB, f"--registry={url}")
    with advisories(frozenset()) as url:
        clean = audit.ask_npm(WEB, f"--registry={url}")

    assert {each.package for each in answer.findings} == {"react"}
    assert audit.judge([answer], [], TODAY).code == VULNERABLE
    assert audit.judge([clean], [], TODAY).code == CLEAN
    assert clean.asked > 100


def test_npm_without_a_registry_is_no_good_news() -> None:
    answer = audit.ask_npm(WEB, "--registry=http://127.0.0.1:9", "--fetch-retries=0")

    assert audit.judge([answer], [], TODAY).code == NOT_ASKED


def test_a_vulnerability_outweighs_what_could_not_be_asked() -> None:
    answers = [Answer("a", 1, (BAD,)), Answer("b", unasked=("away",))]

    assert audit.judge(answers, [], TODAY).code == VULNERABLE


def test_what_is_accepted_is_so_for_one_package_until_a_day() -> None:
    codes = {
        Accepted(BAD.ids[0], "h11", TODAY, "never called"): CLEAN,
        Accepted(BAD.ids[1], "h11", TODAY, "by its other name"): CLEAN,
        Accepted(BAD.ids[0], "h11", date(2026, 11, 25), "over"): VULNERABLE,
        Accepted(BAD.ids[0], "idna", TODAY, "never called"): VULNERABLE,
        Accepted("GHSA-test-9999", "h11", TODAY, "never called"): VULNERABLE,
    }
    answers = [Answer("a", 1, (BAD,))]

    assert {each: audit.judge(answers, [each], TODAY).code for each in codes} == codes


def test_an_empty_lock_is_not_clean(tmp_path: Path) -> None:
    (tmp_path / "empty.lock").write_text("", "utf-8")
    answer = audit.read_pip("empty.lock", json.dumps({"dependencies": []}), "")

    assert audit.judge([answer], [], TODAY).code == NOT_ASKED


def test_what_is_accepted_today_has_not_run_out() -> None:
    names = {each.name for each in python_packages()}

    for each in audit.read_accepted():
        assert each.reason
        assert each.until >= datetime.now(UTC).date(), each.id
        assert each.package in names, f"{each.package} is in no lock any more"


def test_a_reason_is_required(tmp_path: Path) -> None:
    file = tmp_path / "accepted.toml"
    file.write_text('[[accepted]]\nid = "x"\npackage = "y"\nuntil = 2027-01-01\n', "utf-8")

    with pytest.raises(TypeError, match="reason"):
        audit.read_accepted(file)
