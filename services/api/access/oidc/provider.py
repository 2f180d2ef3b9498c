"""The provider: its metadata and its keys, asked for when needed and kept for a while."""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote_plus

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.api.access.oidc.config import OidcConfig, is_safe
from services.api.access.oidc.transport import Guarded
from shared.egress.guard import Refused as NotAllowed

METADATA_LASTS: Final = 600.0  # seconds
#: A token with a key that we do not know has the keys read again, at most so often.
KEYS_REST: Final = 10.0
PATIENCE: Final = 10.0  # for one question
#: Who does not answer is left alone so long: else everybody who wants to log in, or pretends to,
#: would hold a place among the API's requests for as long as we are patient.
AWAY_LASTS: Final = 5.0
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_HTTP_OK = 200


class Away(Exception):
    """The provider does not answer, or not with what a provider answers; the text says why."""


class NotTaken(Exception):
    """The provider does not take the code: used, too old, or another client's."""


class Provider:
    """What is known of it."""

    def __init__(self, config: OidcConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self.config = config
        self._clock = clock
        self._transport = Guarded(config.allow)
        self._metadata: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._asking = asyncio.Lock()
        self._away: tuple[float, str] | None = None

    async def close(self) -> None:
        """Close the connections to it."""
        await self._transport.aclose()

    async def metadata(self) -> Mapping[str, Any]:
        """Return the provider's metadata.

        Raises:
            Away: it does not answer, or is another one than it should be.
        """
        if (known := self._known_metadata()) is not None:
            return known
        if self._away is not None and self._asking.locked():
            raise Away(self._away[1])
        async with self._asking:
            if (known := self._known_metadata()) is not None:
                return known
            if self._away is not None and self._clock() < self._away[0]:
                raise Away(self._away[1])
            try:
                told = await self._read_metadata()
            except Away as away:
                self._away = (self._clock() + AWAY_LASTS, str(away))
                raise
            self._away = None
            self._metadata = (self._clock() + METADATA_LASTS, told)
            return told

    def _known_metadata(self) -> Mapping[str, Any] | None:
        if self._metadata is not None and self._clock() < self._metadata[0]:
            return self._metadata[1]
        return None

    async def _read_metadata(self) -> Mapping[str, Any]:
        address = f"{self.config.issuer.rstrip('/')}/.well-known/openid-configuration"
        told = await self._read(address)
        if told.get("issuer") != self.config.issuer:
            raise Away("its metadata names another issuer")
        for name in _NEEDED:
            if not isinstance(told.get(name), str) or not is_safe(told[name]):
                raise Away(f"its metadata has no {name} that can be used")
        return told

    async def keys(self, *, again: bool = False) -> KeySet:
        """Return the keys that it signs with; *again*: one is missing, so it may have new ones.

        Raises:
            Away: it does not answer.
        """
        now = self._clock()
        if self._keys is not None and now < self._keys[0] + (
            KEYS_REST if again else METADATA_LASTS
        ):
            return self._keys[1]
        told = await self._read((await self.metadata())["jwks_uri"])
        try:
            keys = KeySet.import_key_set(told)  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise Away(f"its keys cannot be read: {error!r}") from error
        self._keys = (now, keys)
        return keys

    async def redeem(self, code: str, verifier: str) -> Mapping[str, Any]:
        """Return what the provider gives for a code.

        Raises:
            Away: it does not answer.
            NotTaken: it does not take it.
        """
        metadata = await self.metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": self.config.redirect_uri,
        }
        headers, who = self._credentials(metadata)
        answer = await self._ask("POST", metadata["token_endpoint"], headers, {**form, **who})
        told = _document(answer)
        if answer.status_code == _HTTP_OK and told is not None:
            return told
        if told is not None and isinstance(told.get("error"), str):
            raise NotTaken(f"{answer.status_code} {told['error'][:100]}")
        raise Away(f"its token endpoint answers {answer.status_code}")

    def _credentials(
        self, metadata: Mapping[str, Any]
    ) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return with what header, and what in the form, we say who we are (RFC 6749, 2.3.1)."""
        config = self.config
        try:
            secret = config.secret
        except (OSError, ValueError) as error:
            raise Away(f"AUTOMATION_OIDC_CLIENT_SECRET_FILE cannot be read: {error}") from error
        if secret is None:
            return {}, {"client_id": config.client_id}
        ways = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if "client_secret_basic" not in ways and "client_secret_post" in ways:
            return {}, {"client_id": config.client_id, "client_secret": secret}
        pair = f"{quote_plus(config.client_id)}:{quote_plus(secret)}".encode()
        return {"Authorization": f"Basic {b64encode(pair).decode()}"}, {}

    async def about(self, access_token: str) -> Mapping[str, Any]:
        """Return what the provider tells of whoever has the token; nothing if it offers none.

        Raises:
            Away: it does not answer.
        """
        address = (await self.metadata()).get("userinfo_endpoint")
        if not isinstance(address, str) or not is_safe(address):
            return {}
        return await self._read(address, {"Authorization": f"Bearer {access_token}"})

    async def _read(
        self, address: str, headers: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        answer = await self._ask("GET", address, headers or {}, None)
        told = _document(answer) if answer.status_code == _HTTP_OK else None
        if told is None:
            raise Away(f"{address}: {answer.status_code}")
        return told

    async def _ask(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None,
    ) -> httpx.Response:
        """Ask once; redirects are not followed."""
        try:
            async with (
                asyncio.timeout(PATIENCE),
                httpx.AsyncClient(
                    transport=_Borrowed(self._transport), timeout=PATIENCE, trust_env=False
                ) as client,
            ):
                accept = {"Accept": "application/json", **headers}
                return await client.request(method, address, headers=accept, data=form)
        except (httpx.HTTPError, httpx.InvalidURL, NotAllowed, TimeoutError, OSError) as error:
            raise Away(f"{address}: {error!r}") from error


def _document(answer: httpx.Response) -> Mapping[str, Any] | None:
    try:
        told = answer.json()
    except (ValueError, RecursionError):  # nested a hundred thousand deep
        return None
    return told if isinstance(told, dict) else None


class _Borrowed(httpx.AsyncBaseTransport):
    """A transport that outlives the clients that use it."""

    def __init__(self, lent: httpx.AsyncBaseTransport) -> None:
        self._lent = lent

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._lent.handle_async_request(request)
