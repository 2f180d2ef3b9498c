"""The health check of nats-server's containers (`storing.sh`), run beside a server on this machine.

In the container it asks 127.0.0.1:8222 and looks at /data. Here a stand-in of `nc` asks the port
that is given, one of `df` tells of the folder that is given, and nobody can be ended.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
SCRIPT = CHECKOUT / "deploy" / "k8s" / "nats" / "storing.sh"

NC = """\
#!{python}
import socket, sys
try:
    way = socket.create_connection(("127.0.0.1", {port}), 4)
except OSError:  # as nc: nothing said
    sys.exit(1)
with way:
    way.sendall(sys.stdin.buffer.read())
    while said := way.recv(4096):
        sys.stdout.buffer.write(said)
"""
DF = """\
#!/bin/sh
exec /bin/df -Pk '{disk}'
"""
#: `kill` is the shell's own, so that it takes a function to be heard instead.
HEARD = 'kill() {{ echo "kill $*" >> {heard}; }}\n'


class Storing:
    """Runs the script; *folder* is for what stands in."""

    def __init__(self, folder: Path, *, port: int, disk: Path) -> None:
        self._folder = folder
        self._killed = folder / "killed"
        self._killed.touch()
        self._write("nc", NC.format(python=sys.executable, port=port))
        self._write("df", DF.format(disk=disk))

    def asked(self, word: str) -> bool:
        """Return whether the check is content."""
        script = HEARD.format(heard=self._killed) + SCRIPT.read_text("utf-8")
        done = subprocess.run(
            ["/bin/sh", "-c", script, "storing.sh", word],
            check=False,
            capture_output=True,
            text=True,
            env={"PATH": f"{self._folder}:{os.environ['PATH']}"},
        )
        assert not done.stderr, done.stderr
        return done.returncode == 0

    def killed(self) -> list[str]:
        """Return how it has ended the server so far."""
        return self._killed.read_text("utf-8").splitlines()

    def _write(self, name: str, text: str) -> None:
        file = self._folder / name
        file.write_text(text, "utf-8")
        file.chmod(0o755)
