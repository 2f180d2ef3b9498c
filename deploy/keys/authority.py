"""Our own certificate authority: it vouches for the servers of one deployment, and nothing else.

A public one vouches for names that anybody can look up; servers in a private network have none.
Pure but for the dice of the keys: time is an argument.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

#: The authority is changed in three steps (`rotation.py`), its servers' certificates in one.
AUTHORITY_LASTS = timedelta(days=3650)
CERTIFICATE_LASTS = timedelta(days=397)
#: Clocks of other machines may be behind.
BACKDATED = timedelta(hours=1)


class NotOurs(ValueError):
    """No authority in the file has this key."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, in PEM. The key is a secret."""

    certificate: str
    key: str

    def __repr__(self) -> str:
        return "Pair()"


def new_authority(now: datetime, key_text: str = "") -> Pair:
    """Make an authority, or another certificate for the one that has this key.

    Raises:
        NotOurs: it is no key of ours.
    """
    key = _load_key(key_text) if key_text else ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "automation"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"automation CA {now:%Y-%m-%d}"),
        ]
    )
    usage = _usage(vouches=True)
    certificate = (
        _builder(name, name, key.public_key(), now, AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return _pair(certificate, key)


def issue(authority: Pair, names: Sequence[str], now: datetime, *, client_too: bool) -> Pair:
    """Vouch for a server under *names*, host names or addresses, the first of which it is called.

    *client_too*: it also introduces itself with the certificate, as servers of a cluster do to each
    other; others of our certificates must not do for that.

    Raises:
        NotOurs: the authority's key is not that of any of its certificates.
    """
    signer = _load_key(authority.key)
    issuer = own_certificate(authority)
    key = ec.generate_private_key(ec.SECP256R1())
    usages = [ExtendedKeyUsageOID.SERVER_AUTH]
    if client_too:
        usages.append(ExtendedKeyUsageOID.CLIENT_AUTH)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    vouched = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
        issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    )
    certificate = (
        _builder(subject, issuer.subject, key.public_key(), now, CERTIFICATE_LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(vouches=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(x509.SubjectAlternativeName(list(map(_name, names))), critical=False)
        .add_extension(vouched, critical=False)
        .sign(signer, hashes.SHA256())
    )
    return _pair(certificate, key)


def own_certificate(authority: Pair) -> x509.Certificate:
    """Return the certificate of an authority that its key belongs to; a file may hold two.

    Raises:
        NotOurs: there is none.
    """
    public = _load_key(authority.key).public_key()
    for certificate in certificates_in(authority.certificate):
        if certificate.public_key() == public:
            return certificate
    raise NotOurs("the key of the authority belongs to none of its certificates")


def certificates_in(text: str) -> list[x509.Certificate]:
    """Read all certificates of a PEM file."""
    return x509.load_pem_x509_certificates(text.encode())


def pem(certificate: x509.Certificate) -> str:
    """Return a certificate as it stands in a file."""
    return certificate.public_bytes(Encoding.PEM).decode()


def belongs(certificate: x509.Certificate, key: str) -> bool:
    """Say whether a certificate is that of a key.

    Raises:
        ValueError: it is no key.
    """
    return _load_key(key).public_key() == certificate.public_key()


def vouches(authorities: Iterable[x509.Certificate], certificate: x509.Certificate) -> bool:
    """Say whether one of some authorities has issued a certificate."""
    for each in authorities:
        with suppress(ValueError, TypeError, InvalidSignature):
            certificate.verify_directly_issued_by(each)
            return True
    return False


def names_of(certificate: x509.Certificate) -> list[str]:
    """Return the names and addresses that a certificate vouches for."""
    named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(each.value) for each in named]


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    now: datetime,
    lasts: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, vouches: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not vouches,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=vouches,
        crl_sign=vouches,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _load_key(text: str) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(text.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise NotOurs("the key of the authority is not of our kind")
    return key


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Pair(pem(certificate), text.decode())
