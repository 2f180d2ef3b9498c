"""Lines of all processes: whole, told apart, and never without limit."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path

import pytest

from deploy.local import logs


def taken(*pieces: bytes) -> list[bytes]:
    lines: list[bytes] = []
    protocol = logs.Lines(lines.append, asyncio.Event())
    for piece in pieces:
        protocol.data_received(piece)
    protocol.connection_lost(None)
    return lines


def test_lines_are_put_together_from_pieces() -> None:
    assert taken(b"on", b"e\ntwo\r\nth", b"ree") == [b"one", b"two", b"three"]


def test_a_line_without_end_is_cut() -> None:
    endless = b"x" * (logs.LONGEST_LINE + 1)
    assert taken(endless, endless, b"\n") == [endless, endless, b""]


def test_a_file_is_rotated_by_size_and_few_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "ROTATE_AT", 100)
    file = logs.LogFile(tmp_path / "api.log")
    for number in range(100):
        file.write(f"line {number:03} of about twenty-five bytes".encode())
    file.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "api.log", "api.log.1", "api.log.2", "api.log.3",
    ]  # fmt: skip
    assert "line 099" in (tmp_path / "api.log").read_text() + (tmp_path / "api.log.1").read_text()


def test_a_file_that_could_not_be_rotated_is_written_again_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "ROTATE_AT", 1)
    (tmp_path / "api.log.2").mkdir()
    (tmp_path / "api.log.3").touch()  # no folder can take its place: the rotation breaks off
    file = logs.LogFile(tmp_path / "api.log")
    file.write(b"one")
    file.write(b"two")
    (tmp_path / "api.log.3").unlink()
    file.write(b"three")
    file.close()
    assert "three" in "".join(path.read_text() for path in tmp_path.iterdir() if path.is_file())


def test_as_json_a_json_line_passes_and_others_are_wrapped() -> None:
    out = io.BytesIO()
    screen = logs.Screen(out, as_json=True)
    screen.show("api", b'{"message": "hello"}')
    screen.show("nats", "備份".encode())
    screen.close()
    first, second = out.getvalue().decode().splitlines()
    assert first == '{"message": "hello"}'
    assert (json.loads(second)["process"], json.loads(second)["message"]) == ("nats", "備份")


def test_as_text_each_line_says_who_speaks_and_has_no_colour_off_a_terminal() -> None:
    out = io.BytesIO()
    screen = logs.Screen(out, as_json=False)
    screen.show("api", b"hello")
    screen.close()
    assert out.getvalue() == b"api          | hello\n"
