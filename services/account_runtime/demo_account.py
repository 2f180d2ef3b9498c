"""An account for trying things out: an honest little HTTP server, in the standard library alone.

Shipped under the name `demo-account`, so `runtime` in an account's config can be:

    {"command": ["demo-account", "--id", "{account_id}", "--port", "{port}",
                 "--script", "{script}"],
     "ready": {"kind": "http"}, "health": {"kind": "http"}}

It answers every GET with who it is and which script it plays, 503 until it is ready and from then
on 200. On TERM it says so, finishes what it does, and ends. Its flags let it be a bad one.
"""

from __future__ import annotations

import argparse
import hashlib
import http.server
import json
import os
import signal
import threading
import time
from pathlib import Path


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo-account", allow_abbrev=False)
    parser.add_argument("--id", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--script", type=Path, help="file of the script that it plays")
    parser.add_argument("--ready-after", type=float, default=0.1, metavar="SECONDS")
    parser.add_argument("--drain", type=float, default=0.0, metavar="SECONDS", help="on TERM")
    parser.add_argument("--crash-after", type=float, metavar="SECONDS")
    parser.add_argument("--exit-code", type=int, default=1, help="of the crash")
    parser.add_argument("--sick-after", type=float, metavar="SECONDS", help="then it answers 500")
    parser.add_argument("--deaf", action="store_true", help="it does not heed TERM")
    parser.add_argument("--child", action="store_true", help="it leaves a process behind")
    parser.add_argument("--needs-login", type=Path, metavar="FILE", help="until there is FILE")
    return parser.parse_args()


class Account:
    """What the server tells."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._began = time.monotonic()
        self.is_stopping = False
        self.script_version: str | None = None
        self.read_script()

    def read_script(self) -> None:
        """Play what is in the file now."""
        file = self._options.script
        if file and file.exists():
            self.script_version = hashlib.sha256(file.read_bytes()).hexdigest()
        say(f"plays {self.script_version}")

    def answer(self) -> tuple[int, dict[str, object]]:
        """Return a status and what to say."""
        lived = time.monotonic() - self._began
        login, sick = self._options.needs_login, self._options.sick_after
        state, status = "ready", 200
        if self.is_stopping:
            state, status = "stopping", 503
        elif login and not login.exists():
            state, status = "needs_login", 503
        elif sick is not None and lived > sick:
            state, status = "sick", 500
        elif lived < self._options.ready_after:
            state, status = "starting", 503
        return status, {
            "account_id": self._options.id,
            "script_version": self.script_version,
            "state": state,
            "detail": f"lives for {lived:.1f} s",
            "pid": os.getpid(),
        }


def say(text: str) -> None:
    """Tell whoever reads the account's output."""
    print(text, flush=True)  # noqa: T201 - its output is its log


def main() -> None:
    """Serve until TERM."""
    options = _options()
    account = Account(options)

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content = account.answer()
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Answers)

    def drain() -> None:
        account.is_stopping = True
        say("drains")
        time.sleep(options.drain)
        server.shutdown()

    def stop(*_: object) -> None:
        if options.deaf:
            say("does not listen")
            return
        threading.Thread(target=drain).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, lambda *_: account.read_script())
    if options.child and os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(3600)
    if options.crash_after is not None:
        threading.Timer(options.crash_after, _crash, [options.exit_code]).start()
    say(f"{options.id} listens on {options.port}")
    server.serve_forever(poll_interval=0.02)
    say("ends")


def _crash(code: int) -> None:
    say("crashes")
    os._exit(code)


if __name__ == "__main__":
    main()
