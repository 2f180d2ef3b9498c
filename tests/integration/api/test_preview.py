"""What a person sees before they save a schedule."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from services.api.documented import actions as documented_actions
from services.api.documented import schedules as documented_schedules
from tests.integration.api.client import BASE, TASKS, Api
from tests.support.cases import cases

PREVIEW = f"{BASE}/schedules/preview"


async def preview(api: Api, language: str = "en", **body: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a request
    answer = await api.http.post(PREVIEW, json=body, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    documented_schedules.Preview.model_validate(shown)
    return shown


async def test_the_next_fires_in_utc_and_local_time(shared_api: Api) -> None:
    shown = await preview(
        shared_api,
        schedule_config={"cron": "0 9 * * *", "timezone": "Asia/Taipei"},
        count=2,
        after="2026-01-01T09:00:00+08:00",
    )

    assert shown["fires"] == [
        {
            "at": f"2026-01-0{day}T01:00:00Z",
            "local": f"2026-01-0{day}T09:00:00+08:00",
            "note": None,
            "due_at": f"2026-01-0{day}T01:00:00Z",
            "latest_at": f"2026-01-0{day}T01:00:00Z",
        }
        for day in (2, 3)
    ]
    assert shown["description"]["zh-TW"] != shown["description"]["en"]


async def test_ten_from_now_on_unless_asked_otherwise(shared_api: Api) -> None:
    shown = await preview(shared_api, schedule_config={"interval_hours": 1})

    assert len(shown["fires"]) == 10
    assert datetime.fromisoformat(shown["fires"][0]["at"]) > datetime.now(UTC)


async def test_a_thousand_and_no_more(shared_api: Api) -> None:
    shown = await preview(shared_api, schedule_config={"cron": "* * * * * *"}, count=1000)

    assert len(shown["fires"]) == 1000


async def test_daylight_saving_is_explained_in_the_callers_language(shared_api: Api) -> None:
    asked = {
        "schedule_config": {"cron": "30 2 * * *", "timezone": "Europe/Berlin"},
        "after": "2026-03-28T12:00:00Z",
        "count": 1,
    }

    english = await preview(shared_api, "en", **asked)
    chinese = await preview(shared_api, "zh-TW,en;q=0.5", **asked)

    assert "does not exist" in english["fires"][0]["note"]
    assert "不存在" in chinese["fires"][0]["note"]


async def test_a_schedule_that_is_over_has_no_fires(shared_api: Api) -> None:
    shown = await preview(shared_api, schedule_config={"at": "2026-01-01T00:00:00Z"})

    assert shown["fires"] == []


async def test_jitter_is_drawn_as_the_task_will_have_it(shared_api: Api) -> None:
    config = {"cron": "0 9 * * *", "jitter_seconds": 600}
    task = await shared_api.create(task_type="scheduled", schedule_config=config)

    unknown = await preview(shared_api, schedule_config=config, count=1)
    known = await preview(shared_api, schedule_config=config, count=1, task_id=task["id"])

    assert unknown["fires"][0]["due_at"] is None
    assert unknown["fires"][0]["latest_at"][11:] == "09:10:00Z"
    assert known["fires"][0]["due_at"] == task["next_run_at"]


async def test_a_blackout_takes_fires_away_and_says_so(shared_api: Api) -> None:
    calendar = {"timezone": "Asia/Taipei", "holidays": ["2026-10-09", "2026-10-10"]}
    await shared_api.http.put(f"{BASE}/calendars/holidays", json=calendar)
    asked: dict[str, Any] = {
        "schedule_config": {"cron": "0 */12 * * *", "timezone": "Asia/Taipei"},
        "after": "2026-10-08T02:00:00Z",
        "count": 2,
    }

    skipped = await preview(shared_api, blackout={"calendars": ["holidays"]}, **asked)
    at_end = {"calendars": ["holidays"], "on_blackout": "run_at_end"}
    moved = await preview(shared_api, "zh-TW", blackout=at_end, **asked)

    assert [fire["local"][:16] for fire in skipped["fires"]] == [
        "2026-10-08T12:00",
        "2026-10-11T00:00",
    ]
    (dark,) = skipped["blackouts"]
    assert (dark["count"], dark["calendars"]) == (4, ["holidays"])
    assert "4 skipped" in dark["note"]
    assert moved["fires"][1]["local"][:16] == "2026-10-10T12:00"
    assert moved["fires"][1]["due_at"] == "2026-10-10T16:00:00Z"
    assert "holidays" in moved["blackouts"][0]["note"]


async def test_a_schedule_without_fires_is_warned_of(shared_api: Api) -> None:
    always = {"dates": [{"from": "2000-01-01", "to": "2199-12-31"}]}
    await shared_api.http.put(f"{BASE}/calendars/always", json=always)

    over = await preview(shared_api, schedule_config={"at": "2026-01-01T00:00:00Z"})
    dark = await preview(
        shared_api,
        schedule_config={"cron": "0 9 * * *"},
        blackout={"calendars": ["always"]},
    )

    assert [each["code"] for each in over["warnings"]] == ["preview.none"]
    assert [each["code"] for each in dark["warnings"]] == ["preview.all_dark"]
    assert dark["fires"] == []


async def test_runs_that_take_longer_than_their_interval_are_warned_of(api: Api) -> None:
    config = {"interval_seconds": 10}
    task = await api.create(task_type="scheduled", schedule_config=config)
    await api.pool.execute(
        "INSERT INTO log.runs (run_id, task_id, trigger, status, attempt, scheduled_for,"
        " started_at, completed_at, duration_seconds, final, executor)"
        " SELECT gen_random_uuid(), $1::uuid, 'schedule', 'success', 1, now(), now(), now(), n,"
        " true, 'e' FROM generate_series(1, 20) n",
        task["id"],
    )

    shown = await preview(api, schedule_config=config, task_id=task["id"])

    assert [each["code"] for each in shown["warnings"]] == ["preview.longer_than_interval"]
    assert "19.1" in shown["warnings"][0]["detail"]
    assert shown["p95_seconds"] == 19.05


async def test_a_crowded_minute_is_warned_of(api: Api) -> None:
    await api.pool.execute(
        "INSERT INTO scheduler.jobs (task_id, version, enabled, name, action, action_config,"
        " timeout_seconds, queue, priority, next_due_at, changed_at) SELECT gen_random_uuid(), 1,"
        " true, 'j', 'greet', '{}', 60, 'default', 3, $1, now() FROM generate_series(1, 12)",
        datetime(2026, 12, 1, 9, 0, 30, tzinfo=UTC),
    )
    asked: dict[str, Any] = {"after": "2026-12-01T00:00:00Z", "count": 1}

    crowded = await preview(api, schedule_config={"cron": "0 9 * * *"}, **asked)
    spread = await preview(
        api, schedule_config={"cron": "0 9 * * *", "jitter_seconds": 300}, **asked
    )
    apart = await preview(api, schedule_config={"cron": "1 9 * * *"}, **asked)

    assert [each["code"] for each in crowded["warnings"]] == ["preview.crowded"]
    assert (spread["warnings"], apart["warnings"]) == ([], [])


async def test_the_changes_of_clocks_are_told(shared_api: Api) -> None:
    asked: dict[str, Any] = {"after": "2026-01-15T00:00:00Z", "count": 1}

    berlin = await preview(
        shared_api, schedule_config={"cron": "0 9 * * *", "timezone": "Europe/Berlin"}, **asked
    )
    taipei = await preview(
        shared_api, schedule_config={"cron": "0 * * * *", "timezone": "Asia/Taipei"}, **asked
    )

    assert berlin["zone"] == {
        "name": "Europe/Berlin",
        "offset": "+01:00",
        "changes": [
            {
                "at": "2026-03-29T01:00:00Z",
                "before": "+01:00",
                "after": "+02:00",
                "forward": True,
            },
            {
                "at": "2026-10-25T01:00:00Z",
                "before": "+02:00",
                "after": "+01:00",
                "forward": False,
            },
        ],
    }
    assert (taipei["zone"]["changes"], taipei["zone"]["offset"]) == ([], "+08:00")
    assert (berlin["follows_real_time"], taipei["follows_real_time"]) == (False, True)


async def test_every_zone_that_is_listed_can_be_used(shared_api: Api) -> None:
    answer = await shared_api.http.get(f"{BASE}/time-zones")

    zones = documented_schedules.Zones.model_validate(answer.json()).items
    offsets = {zone.name: zone.offset for zone in zones}
    assert offsets["Asia/Taipei"] == "+08:00"
    assert offsets["Asia/Kathmandu"] == "+05:45"
    odd = {"cron": "0 9 * * *", "timezone": zones[-1].name}
    assert (await preview(shared_api, schedule_config=odd, count=1))["fires"]


async def test_an_expression_is_taken_apart(shared_api: Api) -> None:
    asked = {"cron": "*/20 9-11 1,L JAN-MAR fri,1#2,5L"}

    shown = (await shared_api.http.post(f"{BASE}/schedules/explain", json=asked)).json()

    documented_schedules.CronExplained.model_validate(shown)
    fields = shown["fields"]
    assert fields["minute"]["values"] == [0, 20, 40]
    assert fields["hour"]["values"] == [9, 10, 11]
    assert (fields["day"]["values"], fields["day"]["last_day"]) == ([1], True)
    assert fields["month"]["values"] == [1, 2, 3]
    assert fields["weekday"]["values"] == [5]
    assert fields["weekday"]["nth"] == [{"weekday": 1, "nth": 2}, {"weekday": 5, "nth": -1}]
    assert (shown["has_seconds"], shown["either_day"]) == (False, True)
    assert fields["second"] == {
        "text": "0",
        "starred": False,
        "values": [0],
        "last_day": False,
        "nth": [],
    }


async def test_an_alias_is_taken_apart_as_what_it_stands_for(shared_api: Api) -> None:
    shown = (
        await shared_api.http.post(f"{BASE}/schedules/explain", json={"cron": "@weekly"})
    ).json()

    assert shown["cron"] == "@weekly"
    assert [field["text"] for field in shown["fields"].values()] == ["0", "0", "0", "*", "*", "0"]
    assert shown["fields"]["weekday"]["values"] == [0]
    assert shown["fields"]["day"]["starred"]


async def test_an_expression_that_is_none_is_refused(shared_api: Api) -> None:
    answer = await shared_api.http.post(f"{BASE}/schedules/explain", json={"cron": "61 * * * *"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/cron"


async def test_lines_of_a_crontab_become_schedules(shared_api: Api) -> None:
    text = "CRON_TZ=Asia/Tokyo\n0 9 * * 1-5 /usr/bin/backup.sh # nightly\n99 * * * * oops\n"

    answer = await shared_api.http.post(f"{BASE}/schedules/parse-crontab", json={"text": text})

    zone, good, bad = documented_schedules.CrontabRead.model_validate(answer.json()).lines
    assert (zone.kind, good.kind, bad.kind) == ("variable", "job", "job")
    assert good.schedule_config == {"cron": "0 9 * * 1-5", "timezone": "Asia/Tokyo"}
    assert (good.command, good.comment) == ("/usr/bin/backup.sh", "nightly")
    assert good.description is not None
    assert bad.schedule_config is None
    assert bad.problems[0].pointer == "/cron"


async def test_a_dry_run_counts_the_runs_that_are_taken_back(shared_api: Api) -> None:
    task = await shared_api.create(task_type="scheduled", schedule_config={"interval_hours": 1})

    answer = await shared_api.http.put(
        f"{TASKS}/{task['id']}", json={"enabled": False}, params={"dry_run": "true"}
    )

    assert answer.json()["queued_runs_taken_back"] == 0


async def test_odd_questions_are_refused_by_field(shared_api: Api) -> None:
    table: list[tuple[dict[str, Any], str]] = [
        ({}, "/schedule_config"),
        ({"schedule_config": {"cron": "60 * * * *"}}, "/schedule_config/cron"),
        ({"schedule_config": {}}, "/schedule_config"),
        ({"schedule_config": {"interval_hours": 1}, "count": 0}, "/count"),
        ({"schedule_config": {"interval_hours": 1}, "count": 1001}, "/count"),
        ({"schedule_config": {"interval_hours": 1}, "count": "5"}, "/count"),
        ({"schedule_config": {"interval_hours": 1}, "after": "tomorrow"}, "/after"),
        ({"schedule_config": {"interval_hours": 1}, "after": "2026-01-01T00:00:00"}, "/after"),
        ({"schedule_config": {"interval_hours": 1}, "before": "x"}, "/before"),
        (
            {"schedule_config": {"interval_hours": 1}, "blackout": {"calendars": ["nowhere"]}},
            "/blackout/calendars/0",
        ),
        ({"schedule_config": {"interval_hours": 1}, "task_id": "x"}, "/task_id"),
    ]
    for case in cases(table):
        with case as (body, pointer):
            answer = await shared_api.http.post(PREVIEW, json=body)

            assert answer.status_code == 422
            assert answer.json()["errors"][0]["pointer"] == pointer


async def test_the_actions_are_listed_with_their_parameters(shared_api: Api) -> None:
    (greet,) = (await shared_api.http.get(f"{BASE}/automation-actions")).json()

    documented_actions.Action.model_validate(greet)
    assert greet["name"] == "greet"
    assert greet["title"] == {"zh-TW": "打招呼", "en": "Greet"}
    assert greet["parameters"]["properties"]["times"]["type"] == "integer"
    assert greet["parameters"]["additionalProperties"] is False
