"""What can be seen with NATS: that it answers, and that all is as the topology says."""

from __future__ import annotations

import json
from contextlib import suppress

from deploy.doctor import texts
from deploy.doctor.finding import Finding, problem, skipped, well
from deploy.doctor.place import Place, without_password
from deploy.local import probe
from shared.bus.access import NOBODY, access_of
from shared.bus.connection import connect_once
from shared.bus.inspection import look
from shared.bus.permissions import KEEPER
from shared.bus.topology import CONSUMERS, STREAMS
from shared.settings import BusSettings


async def bus(place: Place) -> list[Finding]:
    """Look at every stream and every consumer of the topology."""
    if place.nats_url is None:
        return [skipped("bus", texts.NO_NATS)]
    url = ", ".join(map(without_password, place.nats_url.split(",")))
    settings = BusSettings()
    access = access_of(KEEPER, settings) if settings.nats_seed_file else NOBODY
    try:
        client = await connect_once(place.nats_url, name="automation-doctor", access=access)
    except Exception as error:  # noqa: BLE001 - whatever it is, that is what was found
        return [_away(url, error)]
    try:
        js = client.jetstream(timeout=5)
        wrongs = await look(js, CONSUMERS, STREAMS, replicas=settings.nats_replicas)
    except Exception as error:  # noqa: BLE001 - as above
        return [_away(url, error)]
    finally:
        await client.close()
    if wrongs:
        return [
            problem("bus", texts.NATS_DIFFERS, texts.PROVISION, what=str(each)) for each in wrongs
        ]
    if refused := await _refuses(place.nats_monitor):
        return [problem("bus", texts.NATS_REFUSES, texts.RESTART_NATS, what=refused)]
    count = {"streams": len(STREAMS), "consumers": len(CONSUMERS)}
    return [well("bus", texts.NATS, url=url, **count)]


def _away(url: str, error: Exception) -> Finding:
    """Say why NATS cannot be reached: what the server itself refuses has no class of its own."""
    name = type(error).__name__
    kind = str(error) if name == "Error" and str(error) else name
    return problem("bus", texts.NATS_AWAY, texts.CHECK_NATS, url=url, kind=kind)


async def _refuses(monitor: int | None) -> str:
    """Return why the server of this home stores nothing; empty if it stores, or is not ours.

    Once its disk was full it refuses until it is started again, room or not: it answers, all
    streams are there, and no run begins.
    """
    if monitor is None:
        return ""
    status, body = await probe.http_get(monitor, "/healthz")
    if status in (0, probe.OK):
        return ""
    with suppress(ValueError, AttributeError):
        return str(json.loads(body).get("error") or status)
    return str(status)
