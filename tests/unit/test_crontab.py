"""What lines of a crontab mean, as crond reads them."""

from __future__ import annotations

import pytest

from shared.domain.crontab import MOST_LINES, CrontabLine, UserColumn, parse_crontab
from shared.domain.errors import InvalidDefinition
from tests.support.cases import table


def one(text: str) -> CrontabLine:
    (line,) = parse_crontab(text)
    return line


def codes(line: CrontabLine) -> list[str]:
    return [problem.code for problem in line.problems]


@table(
    ("text", "users", "expected"),
    [
        (
            "0 9 * * 1-5   /usr/bin/backup.sh --all",
            "auto",
            ("0 9 * * 1-5", None, "/usr/bin/backup.sh --all"),
        ),
        ("0\t9 *\t* *\techo hi", "auto", ("0 9 * * *", None, "echo hi")),
        ("0 9 * * * A=1 run", "auto", ("0 9 * * *", None, "A=1 run")),
        ("@daily /bin/run", "auto", ("@daily", None, "/bin/run")),
        ("@Hourly /bin/run", "auto", ("@Hourly", None, "/bin/run")),
        ("@midnight /bin/run", "auto", ("@midnight", None, "/bin/run")),
        # a well-known user is one, an unknown word is the command
        (
            "17 * * * * root cd / && run-parts --report /etc/cron.hourly",
            "auto",
            ("17 * * * *", "root", "cd / && run-parts --report /etc/cron.hourly"),
        ),
        ("0 9 * * * python3 x.py", "auto", ("0 9 * * *", None, "python3 x.py")),
        # a lone word is a command even where users are
        ("0 9 * * * backup", "yes", ("0 9 * * *", None, "backup")),
        ("0 9 * * * alice run", "yes", ("0 9 * * *", "alice", "run")),
        ("0 9 * * * root run", "no", ("0 9 * * *", None, "root run")),
    ],
)
def test_the_parts_of_a_line(
    text: str, users: UserColumn, expected: tuple[str, str | None, str]
) -> None:
    (line,) = parse_crontab(text, user_column=users)

    assert (line.cron, line.user, line.command) == expected
    assert (line.comment, line.problems) == (None, ())
    assert [note.code for note in line.notes] == (["crontab.user"] if expected[1] else [])


@table(
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


def test_a_heading_says_that_there_are_users() -> None:
    text = "# m h dom mon dow user command\n0 9 * * * alice run it"

    assert parse_crontab(text)[1].user == "alice"


@table(
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
