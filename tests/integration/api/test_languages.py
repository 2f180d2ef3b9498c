"""Everything that is said can be said in both languages."""

from __future__ import annotations

import re
from pathlib import Path

from services.api.wire.texts import all_texts, say
from shared.domain.texts import variables
from tests.integration.api.client import TASKS, Api
from tests.support.cases import cases

ROOT = Path(__file__).parents[3]
#: The quoted codes of the sources: "cron.empty", `f"{kind}.not_found"` aside.
CODE = re.compile(
    r'"((?:request|path|method|server|body|json|int|query|cursor|header|auth|idempotency|field|text'
    r"|task|config|schedule|trigger|action|deps|run|runs|token|cron|interval|datetime|tz|once|dst"
    r'|misfire)\.[a-z_]+)"'
)
#: What the audit list calls deeds: nothing that is said to anybody.
VERBS = {
    "run.requested",
    "task.updated",
    "run.cancel_requested",
    "token.created",
    "token.revoked",
    "trigger.replayed",
}


def spoken_codes() -> set[str]:
    sources = [*(ROOT / "services/api").rglob("*.py"), *(ROOT / "shared/domain").glob("*.py")]
    return {code for source in sources for code in CODE.findall(source.read_text("utf-8"))}


def test_every_code_has_its_text() -> None:
    assert spoken_codes() >= {"cron.empty", "task.unknown", "field.null"}
    assert spoken_codes() - set(all_texts()) - set(variables.WORDS) == VERBS
    assert "task.changed" in all_texts()  # `f"{kind}.changed"`
    for kind in ("task", "run", "token"):
        assert f"{kind}.not_found" in all_texts()


def test_both_languages_have_the_same_blanks_and_their_own_words() -> None:
    blank = re.compile(r"\{(\w+)\}")
    for code, text in all_texts().items():
        assert sorted(blank.findall(text.zh_tw)) == sorted(blank.findall(text.en)), code
        assert re.search(r"[\u4e00-\u9fff]", text.zh_tw), code
        assert not re.search(r"[\u4e00-\u9fff]", text.en), code


def test_a_blank_that_nobody_filled_breaks_nothing() -> None:
    for code in all_texts():
        assert say(code, "zh-TW")
        assert say(code, "en")
    assert say("no.such_code", "en") == "no.such_code"


async def test_a_refusal_speaks_the_callers_language(shared_api: Api) -> None:
    table: list[tuple[str | None, str]] = [
        (None, "en"),
        ("", "en"),
        ("zh-TW", "zh-TW"),
        ("zh-Hant-TW,zh;q=0.9", "zh-TW"),
        ("zh", "zh-TW"),
        ("zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7", "zh-TW"),
        ("en-GB,zh-TW;q=0.5", "en"),
        ("en;q=0.2, zh-TW;q=0.3", "zh-TW"),
        ("de, fr;q=0.9", "en"),
        ("zh;q=0", "en"),
        ("zh;q=x,,;;=", "en"),
    ]
    for case in cases(table):
        with case as (header, language):
            headers = {} if header is None else {"Accept-Language": header}

            answer = await shared_api.http.get(f"{TASKS}/nothing", headers=headers)

            assert answer.headers["content-language"] == language
            assert answer.json()["detail"] == say(
                "task.not_found", "zh-TW" if language != "en" else "en"
            )


async def test_a_run_is_confirmed_in_the_callers_language(shared_api: Api) -> None:
    task = await shared_api.create()

    answer = await shared_api.http.post(
        f"{TASKS}/{task['id']}/run", headers={"Accept-Language": "zh-TW"}
    )

    assert answer.json()["message"] == "任務已開始執行。"
