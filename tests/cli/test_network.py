"""A bad network: answers that get lost, certificates that nobody knows."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.cli.shell import Shell
from tests.support.system import System

CHUNK = 64 << 10


class Between:
    """A proxy before the API that loses answers on demand."""

    def __init__(self, system: System, tls: ssl.SSLContext | None = None) -> None:
        address = urlsplit(system.api_url)
        self._host, self._port = str(address.hostname), address.port
        self._tls = tls
        self.lose = 0
        self.lost: list[bytes] = []

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Serve; yield the address."""
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0, ssl=self._tls)
        async with server:
            port = server.sockets[0].getsockname()[1]
            yield f"{'https' if self._tls else 'http'}://127.0.0.1:{port}"

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._host, self._port)
        asked = await reader.read(CHUNK)
        if b"Content-Length" in asked and b"{" not in asked and b"Content-Length: 0" not in asked:
            asked += await reader.read(CHUNK)
        back.write(asked.replace(b"Connection: keep-alive", b"Connection: close"))
        answer = await there.read(-1)
        back.close()
        if asked.startswith(b"POST") and self.lose:
            self.lose -= 1
            self.lost.append(asked)
            writer.transport.abort()
            return
        writer.write(answer)
        await writer.drain()
        writer.close()


async def test_an_answer_that_got_lost_does_not_start_it_twice(
    shell: Shell, system: System
) -> None:
    id_ = shell.task("lossy")
    between = Between(system)
    between.lose = 2
    async with between.listening() as address:
        said = await asyncio.to_thread(
            shell.ok, "task", "run", id_, "-o", "json", "-v", AUTOMATION_SERVER=address
        )

    assert len(between.lost) == 2, "two answers were lost on the way"
    assert "once more" in said.err
    assert shell.ok("run", "list", "--task", id_, "-o", "name").lines == [said.json["run_id"]]


async def test_a_server_is_trusted_by_the_authority_that_one_names(
    shell: Shell, system: System, tmp_path: Path
) -> None:
    authority, context = certified(tmp_path)
    async with Between(system, context).listening() as address:
        unknown = await asyncio.to_thread(shell, "queue", "list", AUTOMATION_SERVER=address)
        known = await asyncio.to_thread(
            shell, "queue", "list", "--ca-file", str(authority), AUTOMATION_SERVER=address
        )
        by_variable = await asyncio.to_thread(
            shell,
            *("queue", "list"),
            AUTOMATION_SERVER=address,
            AUTOMATION_CA_FILE=str(authority),
        )

    assert unknown.code == 6
    assert "certificate verify failed" in unknown.err
    assert (known.code, by_variable.code) == (0, 0)


def certified(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Make an authority and a server's certificate; return its file, and what a server needs."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    authority, private = folder / "ca.pem", folder / "key.pem"
    authority.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, private)
    return authority, context
