"""Times that a schedule keeps clear of, whatever time it is made up for."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from uuid import uuid4

from services.scheduler.loops.blackout_watch import BlackoutWatch
from services.scheduler.store.gates import GateStore
from shared.db.pool import Record
from shared.domain.instant import format_instant
from shared.runtime.clock import utc_now
from tests.integration.scheduler.desk import MINUTE, SECOND, Desk, changed
from tests.integration.scheduler.line import ask, fires, states
from tests.support.cases import table


async def blacked_out(desk: Desk, on_blackout: str) -> tuple[list[Record], datetime]:
    today = utc_now().date()
    tomorrow = today + timedelta(days=1)
    await desk.pool.execute(
        "INSERT INTO api.calendars (name, spec) VALUES ('stocktaking', $1)",
        f'{{"dates": [{{"from": "{today - timedelta(days=1)}", "to": "{today}"}}]}}',
    )
    await desk.pool.execute(
        "INSERT INTO api.calendars (name, spec)"
        """ VALUES ('holidays', '{"holidays": ["2001-01-01"]}')"""
    )
    calendars = ["holidays", "stocktaking", "long gone"]  # of several, each counts
    blackout = {"calendars": calendars, "on_blackout": on_blackout}
    last = utc_now() - SECOND
    schedule = {"interval_seconds": 1, "end_at": format_instant(last)}
    event = changed(uuid4(), 1, last - 3 * SECOND, schedule, policy={"blackout": blackout})
    end_of_day = datetime.fromisoformat(f"{tomorrow}T00:00:00Z")
    return await fires(desk, event), end_of_day


async def test_its_fires_are_skipped_and_the_calendar_is_named(desk: Desk) -> None:
    rows, _ = await blacked_out(desk, "skip")

    assert {(row["outcome"], row["reason"]) for row in rows} == {
        ("skipped_blackout", "blackout:stocktaking")
    }
    assert not await desk.orders()


async def test_run_at_end_moves_one_of_them_to_the_end(desk: Desk) -> None:
    rows, end_of_day = await blacked_out(desk, "run_at_end")

    assert {row["outcome"] for row in rows[:-1]} == {"skipped_blackout"}
    assert rows[-1]["due_at"] == end_of_day
    assert await states(desk, [rows[-1]["run_id"]]) == ["blackout"]
    await desk.admitter().step()
    assert not await desk.orders()

    await desk.pool.execute("UPDATE scheduler.occurrences SET due_at = now()")
    await desk.admitter().step()
    assert await desk.orders() == {rows[-1]["run_id"]: 1}


@table("how", ["longer", "lifted", "not named any more"])
async def test_what_is_held_follows_its_calendar(desk: Desk, how: str) -> None:
    await desk.empty()
    rows, end_of_day = await blacked_out(desk, "run_at_end")
    (run_id,) = [row["run_id"] for row in rows if row["held"]]
    watch = BlackoutWatch(
        desk.pool, GateStore(), wake_admitter=lambda: desk.admitter_woken.append(1)
    )
    await desk.time_passes(2 * SECOND)
    await watch.step()
    assert (await desk.row(run_id))["due_at"] == end_of_day
    desk.admitter_woken.clear()

    if how == "longer":
        day = end_of_day.date()
        spec = {"dates": [{"from": str(day - timedelta(days=1)), "to": str(day)}]}
        await desk.pool.execute("UPDATE api.calendars SET spec = $1", json.dumps(spec))
    elif how == "lifted":
        await desk.pool.execute("DELETE FROM api.calendars")
    else:
        edit = changed(rows[0]["task_id"], 2, utc_now())
        await desk.applier.tasks_changed([edit])
    await watch.step()
    await desk.admitter().step()

    assert desk.admitter_woken
    if how == "longer":
        assert (await desk.row(run_id))["due_at"] == end_of_day + timedelta(days=1)
        assert await states(desk, [run_id]) == ["blackout"]
    else:
        assert await states(desk, [run_id]) == ["ordered"]


@table("on_blackout", ["skip", "run_at_end"])
async def test_what_is_made_up_for_only_now_keeps_clear_of_it_too(
    desk: Desk, on_blackout: str
) -> None:
    """It was due before the blackout; the schedulers were down until now."""
    await desk.empty()
    now = utc_now()
    begun, until = now - MINUTE, now + 10 * MINUTE
    clock = "%H:%M"
    await desk.pool.execute(
        "INSERT INTO api.calendars (name, spec) VALUES ('stocktaking', $1)",
        json.dumps(
            {
                "weekly": [
                    {
                        "days": [f"{begun:%a}".lower()],
                        "from": begun.strftime(clock),
                        "to": until.strftime(clock),
                    }
                ]
            }
        ),
    )
    blackout = {"calendars": ["stocktaking"], "on_blackout": on_blackout}
    last = now - 3 * MINUTE
    schedule = {"interval_minutes": 1, "end_at": format_instant(last)}
    event = changed(uuid4(), 1, last - 5 * MINUTE, schedule, policy={"blackout": blackout})

    rows = await fires(desk, event)

    assert not await desk.orders()
    found = {row["outcome"] for row in rows if row["outcome"] != "coalesced"}
    if on_blackout == "skip":
        assert found == {"skipped_blackout"}
    else:
        (held,) = [row for row in rows if row["held"]]
        assert (held["waits_for"], held["due_at"]) == (
            "blackout",
            until.replace(second=0, microsecond=0),
        )


async def test_an_edit_starts_no_fire_of_the_old_version_in_it(desk: Desk) -> None:
    rows, _ = await blacked_out(desk, "skip")
    policy = {"blackout": {"calendars": ["stocktaking"]}}
    task_id, seconds = rows[0]["task_id"], {"interval_seconds": 1}
    begun = utc_now() - 3 * SECOND
    await desk.applier.tasks_changed([changed(task_id, 2, begun, seconds, policy=policy)])

    await desk.applier.tasks_changed([changed(task_id, 3, utc_now(), {"interval_hours": 1})])

    assert {row["outcome"] for row in await desk.rows(task_id)} == {"skipped_blackout"}
    assert not await desk.orders()


async def test_a_run_by_hand_takes_place(desk: Desk) -> None:
    rows, _ = await blacked_out(desk, "skip")

    assert await states(desk, await ask(desk, rows[0]["task_id"])) == ["ordered"]
