"""Output of all processes: each into its own file, what matters onto the screen as well.

    text   `executor-1   | line`, the name coloured if the screen is a terminal
    json   lines that are JSON pass through as they are, others are wrapped

Children write into pipes, so a file can be rotated without their help, and a line on the screen
is never mixed with another.
"""

from __future__ import annotations

import asyncio
import json
import os
import queue
import sys
import threading
import zlib
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from deploy.local.process import Unit

ROTATE_AT = 10 * 1024 * 1024  # bytes
UNREAD = 10_000  # lines that may wait for a slow reader
KEPT = 3  # old files per process: with the current one, 40 MB each
TAIL = 40  # lines kept in memory to explain a crash
DRAIN = timedelta(seconds=1)
#: A longer line is cut into pieces of this size; nothing may grow without limit.
LONGEST_LINE = 64 * 1024

COLOURS = (36, 33, 32, 35, 34, 96, 93, 92)  # ANSI foreground, readable on dark and light


class LogFile:
    """One file that is rotated by size."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab")

    def write(self, line: bytes) -> None:
        """Append a line; a full disk must not stop the system, so it is dropped then."""
        with suppress(OSError):
            if self._file.closed:  # there was no room for a new one when it was rotated
                self._file = self._path.open("ab")
            self._file.write(line + b"\n")
            self._file.flush()
            if self._file.tell() > ROTATE_AT:
                self._rotate()

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):
            self._file.close()

    def _rotate(self) -> None:
        self._file.close()
        for number in range(KEPT - 1, 0, -1):
            older = self._path.with_name(f"{self._path.name}.{number}")
            if older.exists():
                older.replace(self._path.with_name(f"{self._path.name}.{number + 1}"))
        self._path.replace(self._path.with_name(f"{self._path.name}.1"))
        self._file = self._path.open("ab")


class Screen:
    """Where people (or a log collector) read along.

    A reader may stop reading: a pager, Ctrl-S, a pipe that nobody empties. Writing then blocks, so
    it is done by a thread, and what the thread cannot get rid of is dropped; the files have it all.
    """

    def __init__(self, out: BinaryIO, *, as_json: bool) -> None:
        self._out = out
        self._json = as_json
        self._colours = not as_json and out.isatty()
        self._waiting: queue.Queue[tuple[BinaryIO, bytes] | None] = queue.Queue(UNREAD)
        self._thread = threading.Thread(target=self._write, name="screen", daemon=True)
        self._thread.start()

    def show(self, name: str, line: bytes) -> None:
        """Print one line of a process."""
        self.put(self._out, _as_json(name, line) if self._json else self._prefixed(name, line))

    def put(self, out: BinaryIO, text: bytes) -> None:
        """Print some text as it is."""
        with suppress(queue.Full):
            self._waiting.put_nowait((out, text))

    def close(self) -> None:
        """Write what is left, if somebody reads it."""
        with suppress(queue.Full):
            self._waiting.put_nowait(None)
            self._thread.join(DRAIN.total_seconds())

    def _write(self) -> None:
        while item := self._waiting.get():
            out, text = item
            with suppress(OSError, ValueError):  # the reader has gone
                out.write(text)
                out.flush()

    def _prefixed(self, name: str, line: bytes) -> bytes:
        prefix = f"{name:<12} |"
        if self._colours:
            colour = COLOURS[zlib.crc32(name.encode()) % len(COLOURS)]
            prefix = f"\x1b[{colour}m{prefix}\x1b[0m"
        return prefix.encode() + b" " + line + b"\n"


def _as_json(name: str, line: bytes) -> bytes:
    if line.startswith(b"{") and line.endswith(b"}"):
        return line + b"\n"
    wrapped = {
        "time": datetime.now(UTC).isoformat(),
        "process": name,
        "message": line.decode(errors="replace"),
    }
    return json.dumps(wrapped, ensure_ascii=False).encode() + b"\n"


class Lines(asyncio.Protocol):
    """Cuts what comes out of a pipe into lines."""

    def __init__(self, take: Callable[[bytes], None], ended: asyncio.Event) -> None:
        self._take = take
        self._ended = ended
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            self._take(line.rstrip(b"\r"))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the pipe is done
        if self._rest:
            self._take(self._rest)
        self._ended.set()


class Stream:
    """The output of one process, over all its restarts."""

    def __init__(self, unit: Unit, file: LogFile, screen: Screen) -> None:
        self._unit = unit
        self._file = file
        self._screen = screen
        self._tail: deque[bytes] = deque(maxlen=TAIL)
        self._ended = asyncio.Event()

    async def open(self) -> int:
        """Make a pipe; return the end for the process, to be closed here after its start."""
        ours, its = os.pipe()
        self._tail.clear()
        self._ended = ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: Lines(self._line, ended), os.fdopen(ours, "rb", 0))
        return its

    async def last_words(self) -> str:
        """Return the last lines, to explain why it ended."""
        with suppress(TimeoutError):  # the process has ended, its pipe may not be read to the end
            async with asyncio.timeout(DRAIN.total_seconds()):
                await self._ended.wait()
        return b"\n".join(self._tail).decode(errors="replace")

    def _line(self, line: bytes) -> None:
        self._file.write(line)
        self._tail.append(line)
        if not (self._unit.routine and self._unit.routine.match(line)):
            self._screen.show(self._unit.name, line)


class Logs:
    """All streams, and the supervisor's own voice."""

    def __init__(self, folder: Path, *, as_json: bool) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self._screen = Screen(sys.stderr.buffer, as_json=as_json)
        self._own = LogFile(folder / "supervisor.log")
        self._files = [self._own]

    def stream(self, unit: Unit) -> Stream:
        """Collect the output of one unit."""
        file = LogFile(self.folder / f"{unit.name}.log")
        self._files.append(file)
        return Stream(unit, file, self._screen)

    def say(self, text: str) -> None:
        """Speak as the supervisor."""
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds")
        for line in text.splitlines():
            self._own.write(f"{stamp} {line}".encode())
            self._screen.show("supervisor", line.encode())

    def announce(self, text: str) -> None:
        """Print what the command is for: to stdout, as it is."""
        self._screen.put(sys.stdout.buffer, f"{text}\n".encode())

    def close(self) -> None:
        """Close the files and let the screen catch up."""
        self._screen.close()
        for file in self._files:
            file.close()
