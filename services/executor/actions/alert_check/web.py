"""Calls of a web server for a measurement: guarded, limited, with a credential by name."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import httpcore
import httpx

from services.executor.actions.alert_check.failure import NotMeasured
from services.executor.actions.http.auth import Auth
from services.executor.actions.http.connections import ConnectionRoom, Rules
from services.executor.actions.http.exchange import Answer, Call, exchange
from services.executor.actions.http.params import READ_MAX
from shared.contracts.action import Context
from shared.contracts.alert_queries import Login
from shared.egress import guard as egress

USER_AGENT = "automation-tasks"


class Unreachable(NotMeasured):
    """Nothing answered, or not to the end."""


@dataclass(frozen=True, slots=True)
class Web:
    """The web, as far as one run may see it."""

    room: ConnectionRoom
    context: Context

    async def call(
        self,
        method: str,
        url: httpx.URL,
        *,
        login: Login | None,
        verify_tls: bool,
        form: bytes | None = None,
        keep: int = READ_MAX,
    ) -> Answer:
        """Return the answer, whatever its status.

        Raises:
            Unreachable: there is none.
            NotMeasured: there will be none: the address is not allowed.
        """
        headers = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "gzip"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if login is not None:
            headers["Authorization"] = await self._credential(login)
        answer = Answer(url)
        call = Call(method=method, url=url, headers=headers, content=form)
        rules = Rules(self.context.egress_allow, verify_tls)
        try:
            async with self.room.under(rules, None) as connections:
                await exchange(connections, call, answer, keep=keep, follow=True)
        except egress.Refused as error:
            raise NotMeasured(str(error), permanent=True) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            words = str(error) or f"the connection broke ({type(error).__name__})"
            raise Unreachable(words) from error
        except zlib.error as error:
            raise Unreachable("the answer says that it is gzip, but it is not") from error
        return answer

    async def _credential(self, login: Login) -> str:
        kind = "basic" if login.username else "bearer"
        auth = Auth.model_validate(
            {"type": kind, "secret": login.secret, "username": login.username}
        )
        return auth.header_value(await self.context.secret(login.secret))
