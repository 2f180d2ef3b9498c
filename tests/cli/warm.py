"""The program, kept warm: a process that has loaded what every command needs, and forks for each.

What runs is `deploy.cli.main` in a process of its own, with an environment, streams, exit code and
children of its own; only starting Python and loading libraries, which costs ten times as much as
all the rest, is done once. What depends on the start itself (signals, terminals, pipes that break,
what is loaded, how streams are encoded) is tested on the installed program instead.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

CHECKOUT = Path(__file__).parents[2]
_MOST_BYTES = 1 << 17


class Program:
    """The warm process, as a test sees it."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                cwd=CHECKOUT,
                env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )

    def run(
        self, words: Sequence[str], env: Mapping[str, str], stdin: str, *, within: float
    ) -> tuple[int, str, str]:
        """Run a command to its end; return exit code, stdout and stderr."""
        with ExitStack() as stack, self._turn:
            files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
            files[0].write(stdin.encode())
            files[0].seek(0)
            asked = json.dumps({"words": list(words), "env": dict(env), "folder": str(Path.cwd())})
            self._socket.settimeout(within)
            socket.send_fds(self._socket, [asked.encode()], [file.fileno() for file in files])
            answer = self._socket.recv(_MOST_BYTES)
            assert answer, "the warm process has ended"
            for file in files:
                file.seek(0)
            return int(answer), files[1].read().decode(), files[2].read().decode()

    def close(self) -> None:
        """End it; it ends as well when this process does."""
        self._socket.close()
        self._process.wait()


def _serve(asking: socket.socket) -> None:
    """Load, then fork for each command, until nobody can ask any more."""
    from services.cli import client, root  # noqa: F401, PLC0415 - the tree, in English

    client._library()  # noqa: SLF001 - without what the program leaves out, too
    for heavy in ("h11", "httpcore", "ruamel.yaml", "ssl", "yaml"):
        __import__(heavy)
    while True:
        asked, fds, _, _ = socket.recv_fds(asking, _MOST_BYTES, 3)
        if not asked:
            return
        pid = os.fork()
        if pid == 0:
            asking.close()
            _become(json.loads(asked), fds)
        for each in fds:
            os.close(each)
        _, status = os.waitpid(pid, 0)
        asking.send(str(os.waitstatus_to_exitcode(status)).encode())


def _become(asked: dict[str, object], fds: list[int]) -> NoReturn:
    """Be the program, and end."""
    words, env = asked["words"], asked["env"]
    assert isinstance(words, list)
    assert isinstance(env, dict)
    for number, each in enumerate(fds):
        os.dup2(each, number)
        os.close(each)
    os.chdir(str(asked["folder"]))
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["automation", *words]
    code = 1
    try:
        _forget_english(words)
        from deploy import cli  # noqa: PLC0415 - now that it is known in which language

        cli.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as Python does at the end of a program
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _forget_english(words: Sequence[str]) -> None:
    """Have everything loaded anew if texts are to be in another language: a process has one."""
    from services.cli import front, language  # noqa: PLC0415 - loaded before

    loaded = language.chosen()
    front.choose_language(words)
    if language.chosen() != loaded:
        for name in list(sys.modules):
            if name.partition(".")[0] == "deploy" or name.startswith("services.cli"):
                del sys.modules[name]


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
