"""What the processes of a home have said is read to the end, and on."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from deploy.local.log_reader import LogReader


def said(folder: Path, name: str, *lines: str) -> None:
    with (folder / f"{name}.log").open("a") as file:
        file.writelines(f"{line}\n" for line in lines)


def test_the_last_lines_of_each_with_its_name(tmp_path: Path) -> None:
    said(tmp_path, "executor-1", "one", "two", "three")
    said(tmp_path, "api", "four")

    assert list(LogReader(tmp_path, "").read(2, follow=False)) == [
        "api        | four",
        "executor-1 | two",
        "executor-1 | three",
    ]


def test_one_process_is_shown_as_it_is_and_a_kind_means_all_of_it(tmp_path: Path) -> None:
    said(tmp_path, "executor-1", "one")
    said(tmp_path, "executor-2", "two")
    said(tmp_path, "log-writer", "three")

    assert list(LogReader(tmp_path, "log-writer").read(9, follow=False)) == ["three"]
    assert LogReader(tmp_path, "executor").names() == ["executor-1", "executor-2"]
    assert LogReader(tmp_path, "executor-3").names() == []


def test_what_follows_is_told_once_through_a_rotation(tmp_path: Path) -> None:
    said(tmp_path, "api", "old", "one")
    following = LogReader(tmp_path, "api").read(1, follow=True)
    assert next(following) == "one"
    said(tmp_path, "api", "two")
    assert next(following) == "two"
    said(tmp_path, "api", "the last of this file")
    (tmp_path / "api.log").rename(tmp_path / "api.log.1")
    said(tmp_path, "api", "the first of the next")

    assert list(islice(following, 2)) == ["the last of this file", "the first of the next"]


def test_half_a_line_waits_for_its_end(tmp_path: Path) -> None:
    said(tmp_path, "api", "one")
    following = LogReader(tmp_path, "api").read(1, follow=True)
    assert next(following) == "one"
    with (tmp_path / "api.log").open("a") as file:
        file.write("tw")
        file.flush()
        file.write("o\nth")
        file.flush()
        assert next(following) == "two"
        file.write("ree\n")

    assert next(following) == "three"


def test_a_process_that_starts_later_is_followed_too(tmp_path: Path) -> None:
    said(tmp_path, "executor-1", "one")
    following = LogReader(tmp_path, "executor").read(1, follow=True)
    assert next(following) == "one"
    said(tmp_path, "executor-2", "two")

    assert next(following) == "two"
