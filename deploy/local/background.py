"""`automation up --background`: the same `up` in a session of its own, left alone once it is ready.

we ──start──> up ──banner──> we print it and end; `automation down` stops it
               └──ended────> we say what it said, and end as it did
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import IO, cast

from deploy.local.control import running
from deploy.local.home import Home
from deploy.local.page import show

UP = (sys.executable, "-P", "-m", "deploy.cli", "up")
#: Lines that explain why it did not come up.
LAST_WORDS = 40


def start(path: Path, *, open_page: bool) -> int:
    """Start it and wait until everything is ready; return the exit code for our caller.

    Its settings are in the environment. Its output goes to the files of the home (`logs/`) alone,
    once we have gone.
    """
    up = subprocess.Popen(  # noqa: S603 - ourselves
        UP,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    out, err = cast("tuple[IO[bytes], IO[bytes]]", (up.stdout, up.stderr))
    said: deque[bytes] = deque(maxlen=LAST_WORDS)
    listening = threading.Thread(target=said.extend, args=(err,), daemon=True)
    listening.start()
    try:
        banner = _banner(out)
    except KeyboardInterrupt:
        up.send_signal(signal.SIGTERM)
        return up.wait()
    if not banner:
        code = up.wait()
        listening.join()
        sys.stderr.buffer.write(b"".join(said))
        return code or 1
    sys.stdout.buffer.write(banner)
    sys.stdout.flush()
    if open_page and (state := running(path)):
        show(Home(path), state.api_url)
    return 0


def _banner(out: IO[bytes]) -> bytes:
    """Return what it prints once it is ready; nothing: it has ended."""
    text = b""
    while not text.rstrip().endswith(("┘".encode(), b"}")):
        piece = os.read(out.fileno(), 65536)
        if not piece:
            return b""
        text += piece
    return text
