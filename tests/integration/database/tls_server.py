"""A PostgreSQL that speaks TLS, with certificates of its own and the `pg_hba.conf` that we ship.

The server in the wheel has no TLS, so it is the system's (Debian: postgresql).
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deploy.local import ports, process
from deploy.local.binaries import PostgresBinaries
from deploy.local.postgres import DATABASE, USER, Postgres
from tests.support import servers

SHIPPED = Path(__file__).parents[3] / "deploy" / "postgres" / "pg_hba.conf"
#: Whoever looks after the test's server comes over TLS, too.
OURS = f"hostssl all {USER} 127.0.0.1/32 scram-sha-256\n"
NAME = "localhost"


def system_programs() -> PostgresBinaries:
    """Return the newest PostgreSQL that the system has."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    assert found, "this test needs a PostgreSQL with TLS: apt-get install postgresql"
    folder = max(found, key=lambda path: int(path.parts[-3])).parent
    return PostgresBinaries(folder, int(folder.parts[-2]))


class Authority:
    """Vouches for a server."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test's authority")])
        self.certificate = self._sign(self._name, self._key.public_key(), is_authority=True)

    def issue(self, host: str) -> tuple[bytes, bytes]:
        """Return a certificate for a host, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return self._sign(name, key.public_key(), host=host), private

    def _sign(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePublicKey,
        *,
        host: str = "",
        is_authority: bool = False,
    ) -> bytes:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if host:
            names = x509.SubjectAlternativeName([x509.DNSName(host)])
            builder = builder.add_extension(names, critical=False)
        signed = builder.sign(self._key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM)


class TlsPostgres(Postgres):
    """The server as a unit."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self._tls = folder.parent / "tls"
        super().__init__(
            folder,
            {
                **servers.NOT_DURABLE,
                "ssl": "on",
                "ssl_cert_file": str(self._tls / "server.crt"),
                "ssl_key_file": str(self._tls / "server.key"),
                "hba_file": str(self._tls / "pg_hba.conf"),
                "ssl_min_protocol_version": "TLSv1.3",
            },
        )
        self._binaries = system_programs()
        self._authority = authority
        self.ca = self._tls / "ca.crt"

    def dsn(self, database: str = DATABASE) -> str:
        """Where clients find it, and that they must look whom they speak with."""
        plain = super().dsn(database).replace(ports.LOOPBACK, NAME).partition("?")[0]
        return f"{plain}?sslmode=verify-full&sslrootcert={self.ca}"

    async def prepare(self) -> process.Command:
        """Write certificates and rules first."""
        self._tls.mkdir(mode=0o755, exist_ok=True)
        self.ca.write_bytes(self._authority.certificate)
        certificate, key = self._authority.issue(NAME)
        (self._tls / "server.crt").write_bytes(certificate)
        (self._tls / "pg_hba.conf").write_text(OURS + SHIPPED.read_text())
        file = self._tls / "server.key"
        file.touch(mode=0o600)
        file.write_bytes(key)
        command = await super().prepare()
        assert self._identity is not None
        if os.geteuid() == 0:
            self._identity.give(file)
        return command
