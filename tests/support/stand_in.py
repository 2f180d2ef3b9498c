"""A service that does nothing but live: it answers `/readyz`, and notes its start and its end.

Run by path with `-I -S`, so it is up in 50 ms. Told by its environment:

    AUTOMATION_PORT, AUTOMATION_HEALTH_PORT     where it answers: the API, all others
    STAND_IN_JOURNAL                            file for "name started" and "name stopped"
    STAND_IN_CHILD                              if set, a child in a session of its own
    STAND_IN_LOUD                               if set, print 2,000 lines of 100 bytes at the start
    STAND_IN_BROKEN                             if it is our name: end at once with code 3
"""

from __future__ import annotations

import http.server
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

NAME = os.environ["AUTOMATION_INSTANCE"]
# Where the real one is asked: the API at the port that people know, all others at their own.
PORT = int(os.environ["AUTOMATION_PORT" if NAME == "api" else "AUTOMATION_HEALTH_PORT"])


class Ready(http.server.BaseHTTPRequestHandler):
    """Always ready."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def note(event: str) -> None:
    """Append one line to the journal."""
    with Path(os.environ["STAND_IN_JOURNAL"]).open("a") as journal:
        journal.write(f"{NAME} {event}\n")


def main() -> None:
    """Live until SIGTERM."""
    if os.environ.get("STAND_IN_BROKEN") == NAME:
        print("this stand-in is broken", flush=True)  # noqa: T201
        sys.exit(3)
    if os.environ.get("STAND_IN_CHILD"):
        subprocess.Popen(["/bin/sleep", "600"], start_new_session=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Ready)
    note("started")
    if os.environ.get("STAND_IN_LOUD"):
        print(f"{'loud':<100}\n" * 2000, end="", flush=True)  # noqa: T201
    print(f"{NAME} runs", flush=True)  # noqa: T201

    def stop(*_: object) -> None:
        threading.Thread(target=server.shutdown).start()  # it would wait for itself

    signal.signal(signal.SIGTERM, stop)
    server.serve_forever(poll_interval=0.05)
    note("stopped")


if __name__ == "__main__":
    main()
