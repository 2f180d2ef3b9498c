"""A server that closes an idle connection costs no run and doubles no call."""

from __future__ import annotations

import asyncio

import pytest

from services.executor.actions.http.request import HttpRequest
from tests.integration.actions.http_calls import failure, params
from tests.integration.actions.odd_server import OK, Seen, Server, serving
from tests.support.context import RecordingContext


def _one_answer_per_connection(server: Server) -> None:
    """Hang up at the second request of each connection, as a server that just tired of waiting."""
    answered: set[asyncio.StreamWriter] = set()

    async def respond(_: Seen, writer: asyncio.StreamWriter) -> None:
        if writer in answered:
            writer.close()
            raise ConnectionResetError
        answered.add(writer)
        writer.write(OK)

    server.respond = respond


async def test_a_kept_connection_that_was_closed_costs_no_run(
    context: RecordingContext,
) -> None:
    twice, once = ("GET", "HEAD", "PUT", "DELETE"), ("POST", "PATCH")
    for method in (*twice, *once):
        action = HttpRequest()
        async with serving() as server:
            _one_answer_per_connection(server)
            for _ in range(2):
                outcome = await action.run(params(server.url(), method=method), context)
            await action.close()

        assert outcome.data["status"] == 200, method
        # The one over the connection that was closed came twice. What may not happen twice never
        # goes over a used connection.
        requests = 3 if method in twice else 2
        assert (len(server.seen), server.connections) == (requests, 2), method


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_new_connection_that_breaks_is_a_failure_and_not_tried_again(
    action: HttpRequest, context: RecordingContext, method: str
) -> None:
    async def hang_up(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.close()
        raise ConnectionResetError

    async with serving(hang_up) as server:
        error = await failure(action, params(server.url(), method=method), context)

    assert not error.permanent
    assert len(server.seen) == 1
