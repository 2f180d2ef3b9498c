"""What the tour and the other examples use: the HTTP API, and a web server that tasks can call.

The server answers as the path says: `/status/503/...` with 503, `/delay/2/...` after two seconds,
`/flaky/2/...` with 503 twice and then with 200.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar
from uuid import uuid4

import httpx

BASE = "/api/v1/group-ai"
PATIENCE = 30.0  # seconds
POLL = 0.1

Found = TypeVar("Found")
Json = Any


def say(text: str) -> None:
    """Tell the reader."""
    print(text, flush=True)  # noqa: T201 - it is what this program is for


def check(holds: object, what: str) -> None:
    """Say that *what* is so; end the tour if it is not.

    Raises:
        SystemExit: it is not.
    """
    if not holds:
        raise SystemExit(f"NOT AS IT SHOULD BE: {what}")
    say(f"   ok  {what}")


class Guide:
    """A user of the system who cleans up behind himself."""

    def __init__(self) -> None:
        home = Path(os.environ.get("AUTOMATION_HOME", ".local"))
        self.state: dict[str, Json] = json.loads((home / "state.json").read_text())
        token = (home / "admin-token").read_text().strip()
        self._http = httpx.Client(
            base_url=f"{self.state['api_url']}{BASE}",
            headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"},
            timeout=40,
            trust_env=False,
        )
        self._tidy: list[str] = []
        self.server = _Server()

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        for path in reversed(self._tidy):
            self._http.delete(path)
        self._http.close()
        self.server.stop()

    def call(self, method: str, path: str, body: Json = None, *, expect: int = 200) -> Json:
        """Call the API; return the answer's JSON.

        Raises:
            SystemExit: it answered with another status.
        """
        answer = self._http.request(method, path, json=body)
        if answer.status_code != expect:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    def unique(self) -> str:
        """Return a word that nobody used before."""
        return uuid4().hex

    def tidy(self, path: str) -> None:
        """Have something deleted at the end."""
        self._tidy.append(path)

    def task(self, name: str, path: str = "/ok", **fields: Json) -> str:
        """Create a task that calls our server; return its id."""
        body = {
            "name": f"tour: {name}",
            "task_type": "manual",
            "task_action": "http_request",
            "action_config": {"url": self.server.url + path},
            **fields,
        }
        created: str = self.call("POST", "/automation-tasks", body, expect=201)["id"]
        self.tidy(f"/automation-tasks/{created}")
        return created

    def run(self, task_id: str, **body: Json) -> str:
        """Run a task now; return the run's id."""
        answer = self.call("POST", f"/automation-tasks/{task_id}/run", body or None)
        return str(answer["run_id"])

    def read(self, run_id: str) -> Json:
        """Read a run."""
        return self.call("GET", f"/automation-runs/{run_id}")

    def ended(self, run_id: str) -> Json:
        """Wait for the end of a run; return its row."""
        return self.until(
            f"run {run_id} ends",
            lambda: row if (row := self.read(run_id))["completed_at"] else None,
        )

    def occurrences(self, task_id: str, query: str = "") -> list[Json]:
        """Read what became of each fire of a task, newest first."""
        path = f"/automation-tasks/{task_id}/occurrences?limit=100{query}"
        found: list[Json] = self.call("GET", path)["items"]
        return found

    def until(self, what: str, look: Callable[[], Found | None]) -> Found:
        """Look until there is something.

        Raises:
            SystemExit: there was nothing for too long.
        """
        deadline = time.monotonic() + PATIENCE
        while not (found := look()):
            if time.monotonic() > deadline:
                raise SystemExit(f"NOT WITHIN {PATIENCE:g} s: {what}")
            time.sleep(POLL)
        return found


class Call(NamedTuple):
    """One call of our server."""

    path: str
    headers: dict[str, str]
    body: bytes


class _Server:
    """A web server of our own, on this machine only."""

    def __init__(self) -> None:
        calls = self.calls = list[Call]()
        seen = Counter[str]()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                calls.append(Call(self.path, dict(self.headers), body))
                seen[self.path] += 1
                delay = re.search(r"/delay/([0-9.]+)", self.path)
                time.sleep(float(delay[1]) if delay else 0)
                status = re.search(r"/status/([0-9]+)", self.path)
                flaky = re.search(r"/flaky/([0-9]+)", self.path)
                code = int(status[1]) if status else 200
                if flaky and seen[self.path] <= int(flaky[1]):
                    code = 503
                with contextlib.suppress(ConnectionError):  # whoever was cancelled has hung up
                    self.send_response(code)
                    self.send_header("Content-Length", "2")
                    self.end_headers()
                    self.wfile.write(b"ok")

            do_GET = do_POST = do_PUT = answer  # noqa: N815 - names of http.server

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def count(self, path: str) -> int:
        """Return how many calls began with this path."""
        return sum(each.path.startswith(path) for each in self.calls)

    def start(self) -> None:
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
