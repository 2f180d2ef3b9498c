"""The guard connects to an address, but a certificate must be good for the name."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path

import pytest
import pytest_asyncio

from services.executor.actions.http.params import HttpRequestParams
from services.executor.actions.http.request import HttpRequest
from shared.contracts.action import ActionFailed
from shared.egress.address import Address
from tests.support.context import RecordingContext

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="makes its certificate with openssl")

CONTEXT = RecordingContext(egress_allow="127.0.0.1")


@dataclass(frozen=True, slots=True)
class TlsServer:
    """A web server with a certificate for `hook.test`."""

    port: int
    certificate: Path


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await reader.read()  # until the client has gone
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate for `hook.test`, with its key in the same file."""
    file = tmp_path_factory.mktemp("tls") / "certificate.pem"
    subprocess.run(
        [
            *(str(OPENSSL), "req", "-x509", "-newkey", "ec", "-pkeyopt"),
            *("ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", "/CN=test"),
            *("-addext", "subjectAltName=DNS:hook.test", "-keyout", file, "-out", f"{file}.crt"),
        ],
        check=True,
        capture_output=True,
    )
    with file.open("ab") as both:
        both.write(Path(f"{file}.crt").read_bytes())
    return file


@pytest.fixture
def pem(certificate: Path) -> str:
    return certificate.read_text()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(certificate: Path) -> AsyncIterator[TlsServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listening = await asyncio.start_server(_answer, "127.0.0.1", 0, ssl=context)
    yield TlsServer(listening.sockets[0].getsockname()[1], certificate)
    listening.close()


@pytest_asyncio.fixture(loop_scope="session")
async def action() -> AsyncIterator[HttpRequest]:
    async def all_are_here(host: str, port: int) -> list[Address]:
        del host, port
        return [ip_address("127.0.0.1")]

    made = HttpRequest(resolve=all_are_here)
    yield made
    await made.close()


def params(server: TlsServer, host: str, *, verify: bool = True) -> HttpRequestParams:
    return HttpRequestParams.model_validate(
        {"url": f"https://{host}:{server.port}/", "verify_tls": verify}
    )


async def test_a_certificate_for_the_name_is_good(
    action: HttpRequest, server: TlsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))

    outcome = await action.run(params(server, "hook.test"), CONTEXT)

    assert outcome.data["excerpt"] == "ok"


async def test_a_certificate_for_another_name_is_not(
    action: HttpRequest, server: TlsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))

    with pytest.raises(ActionFailed, match="certificate is not valid for 'other"):
        await action.run(params(server, "other.test"), CONTEXT)


async def test_an_unknown_certificate_is_refused_unless_asked_otherwise(
    action: HttpRequest, server: TlsServer
) -> None:
    with pytest.raises(ActionFailed, match="CERTIFICATE_VERIFY_FAILED"):
        await action.run(params(server, "hook.test"), CONTEXT)

    outcome = await action.run(params(server, "hook.test", verify=False), CONTEXT)

    assert outcome.data["status"] == 200


async def test_a_server_that_wants_to_know_who_calls_is_shown_a_certificate(
    action: HttpRequest, certificate: Path, pem: str
) -> None:
    demanding = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    demanding.load_cert_chain(certificate)
    demanding.load_verify_locations(certificate)
    demanding.verify_mode = ssl.CERT_REQUIRED
    listening = await asyncio.start_server(_answer, "127.0.0.1", 0, ssl=demanding)
    there = TlsServer(listening.sockets[0].getsockname()[1], certificate)
    asked = params(there, "hook.test", verify=False)
    shown = asked.model_copy(update={"client_certificate": "our-certificate"})
    context = replace(CONTEXT, secrets={"our-certificate": pem})

    outcome = await action.run(shown, context)
    with pytest.raises(ActionFailed):
        await action.run(asked, context)
    context.secrets["our-certificate"] = "no PEM"
    with pytest.raises(ActionFailed, match="is no PEM") as failed:
        await action.run(shown, context)
    listening.close()

    assert outcome.data["status"] == 200
    assert failed.value.permanent
    assert "PRIVATE KEY" not in f"{outcome}{context.text}"
