"""What lines of a crontab mean, as crond reads them."""

from __future__ import annotations

import pytest

from shared.domain.crontab import MOST_LINES, CrontabLine, parse_crontab
from shared.domain.errors import InvalidDefinition


def one(text: str) -> CrontabLine:
    (line,) = parse_crontab(text)
    return line


def codes(line: CrontabLine) -> list[str]:
    return [problem.code for problem in line.problems]


def test_a_line_is_five_fields_and_a_command() -> None:
    line = one("0 9 * * 1-5   /usr/bin/backup.sh --all")

    assert (line.cron, line.command) == ("0 9 * * 1-5", "/usr/bin/backup.sh --all")
    assert (line.user, line.comment, line.problems) == (None, None, ())


def test_tabs_part_fields_as_blanks_do() -> None:
    assert one("0\t9 *\t* *\techo hi").cron == "0 9 * * *"


@pytest.mark.parametrize(
    ("rest", "command", "comment"),
    [
        ("run # nightly", "run", "nightly"),
        ("run '# no comment'", "run '# no comment'", None),
        ('run "a # b" # c', 'run "a # b"', "c"),
        ("run url#part", "run url#part", None),
        (r"run \# x", r"run \# x", None),
        ("run 'it", "run 'it", None),
        ("run #", "run", None),
    ],
)
def test_a_comment_is_where_a_shell_sees_one(rest: str, command: str, comment: str | None) -> None:
    line = one(f"0 9 * * * {rest}")

    assert (line.command, line.comment) == (command, comment)


def test_the_lines_above_speak_of_a_job_without_a_comment() -> None:
    first, second, job, lone = parse_crontab("# nightly\n# copy\n0 2 * * * run\n\n0 3 * * * other")

    assert (first.kind, second.kind) == ("comment", "comment")
    assert job.comment == "nightly copy"
    assert lone.comment is None


def test_a_blank_line_parts_a_comment_from_what_follows() -> None:
    assert parse_crontab("# a heading\n\n0 2 * * * run")[1].comment is None


def test_a_zone_holds_for_the_lines_below_it() -> None:
    text = "0 1 * * * a\nCRON_TZ=Asia/Taipei\n0 2 * * * b\nCRON_TZ = 'Europe/Berlin'\n0 3 * * * c"

    assert [line.timezone for line in parse_crontab(text) if line.kind == "job"] == [
        None,
        "Asia/Taipei",
        "Europe/Berlin",
    ]


def test_a_zone_that_is_none_spoils_the_lines_below_it() -> None:
    zone, job = parse_crontab("CRON_TZ=Moon/Base\n0 2 * * * run")

    assert codes(zone) == codes(job) == ["tz.unknown"]
    assert job.cron is None


def test_other_variables_are_named() -> None:
    line = one("MAILTO=ops@example.com")

    assert (line.kind, line.notes[0].code) == ("variable", "crontab.variable")


def test_a_command_with_an_equals_sign_is_no_variable() -> None:
    assert one("0 9 * * * A=1 run").command == "A=1 run"


@pytest.mark.parametrize("alias", ["@daily", "@Hourly", "@midnight"])
def test_aliases_stand_for_all_fields(alias: str) -> None:
    line = one(f"{alias} /bin/run")

    assert (line.cron, line.command) == (alias, "/bin/run")


def test_a_well_known_user_is_one() -> None:
    line = one("17 * * * * root cd / && run-parts --report /etc/cron.hourly")

    assert (line.user, line.command) == ("root", "cd / && run-parts --report /etc/cron.hourly")
    assert line.notes[0].code == "crontab.user"


def test_an_unknown_word_is_the_command() -> None:
    assert one("0 9 * * * python3 x.py").user is None


def test_a_heading_says_that_there_are_users() -> None:
    text = "# m h dom mon dow user command\n0 9 * * * alice run it"

    assert parse_crontab(text)[1].user == "alice"


def test_a_lone_word_is_a_command_even_where_users_are() -> None:
    (line,) = parse_crontab("0 9 * * * backup", user_column="yes")

    assert (line.user, line.command) == (None, "backup")


def test_users_can_be_ruled_out() -> None:
    (line,) = parse_crontab("0 9 * * * root run", user_column="no")

    assert (line.user, line.command) == (None, "root run")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("@reboot run", "crontab.reboot"),
        ("@never run", "cron.unsupported"),
        ("0 9 * *", "crontab.fields"),
        ("61 9 * * * run", "cron.range"),
        ("0 9 31 2 * run", "cron.never_fires"),
        ("0 9 * * *", "crontab.no_command"),
        ("@daily", "crontab.no_command"),
        ("x" * 3_000, "crontab.too_long"),
    ],
)
def test_what_is_wrong_with_a_line_is_told(text: str, code: str) -> None:
    line = one(text)

    assert codes(line) == [code]
    assert line.cron is None


def test_a_percent_sign_is_pointed_at() -> None:
    assert one("0 9 * * * date +%F").notes[0].code == "crontab.percent"
    assert one(r"0 9 * * * date +\%F").notes == ()


def test_lines_are_numbered_as_they_stand() -> None:
    assert [line.number for line in parse_crontab("\n# a\n\n0 9 * * * run\r\n")] == [2, 4]


def test_more_lines_than_anybody_pastes_are_refused() -> None:
    with pytest.raises(InvalidDefinition):
        parse_crontab("\n" * (MOST_LINES + 1))
