"""Become another program that cannot outlive its parent.

Run as `python -I -S launch.py --parent PID --signal N [...] -- program arguments`, where `-I -S`
keep it to about 15 ms. This is a program of its own and not a `preexec_fn`, because that runs
Python between fork and exec, which is unsafe once there are threads, and because a user
namespace can be entered by a process with one thread only.

The process id does not change: whoever starts this gets the program itself as its child.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import pwd
import signal
import sys

CLONE_NEWUSER = 0x10000000  # linux/sched.h
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Prepare this process as asked, then turn into the program."""
    asked = _parse()
    if asked.namespace:
        _enter_user_namespace(inner_uid=asked.namespace[0], inner_gid=asked.namespace[1])
    if asked.user:
        _become(asked.user)
    if sys.platform == "linux":
        # After the change of credentials, which clears it.
        _libc().prctl(PR_SET_PDEATHSIG, asked.signal, 0, 0, 0)
    if os.getppid() != asked.parent:
        # Died before the line above: no signal will come any more.
        sys.exit("launch: the parent is gone")
    os.setsid()  # Ctrl-C belongs to the parent, which stops its children in order
    for ignored_by_python in (signal.SIGPIPE, signal.SIGXFSZ):
        # An ignored signal stays ignored across exec; the program expects the default.
        signal.signal(ignored_by_python, signal.SIG_DFL)
    os.execv(asked.program[0], asked.program)  # noqa: S606 - no shell is the point


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="launch", allow_abbrev=False)
    parser.add_argument("--parent", type=int, required=True, help="process id of who starts us")
    parser.add_argument("--signal", type=int, required=True, help="sent when the parent dies")
    parser.add_argument("--user", help="become this user (root only)")
    parser.add_argument(
        "--namespace", type=int, nargs=2, metavar=("UID", "GID"), help="be UID:GID inside only"
    )
    parser.add_argument("program", nargs="+")
    return parser.parse_args()


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _enter_user_namespace(*, inner_uid: int, inner_gid: int) -> None:
    """Look like another user to ourselves while files keep belonging to the real one.

    It satisfies programs that refuse to run as root; it takes no rights away.
    """
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    if _libc().unshare(CLONE_NEWUSER) != 0:
        sys.exit(f"launch: no user namespace: {os.strerror(ctypes.get_errno())}")
    _write("/proc/self/setgroups", "deny")  # the kernel wants this before a gid_map
    _write("/proc/self/uid_map", f"{inner_uid} {outer_uid} 1")
    _write("/proc/self/gid_map", f"{inner_gid} {outer_gid} 1")


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib costs 10 ms here
            file.write(text)
    except OSError as error:
        sys.exit(f"launch: no user namespace: {path}: {error.strerror}")


def _become(name: str) -> None:
    user = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


if __name__ == "__main__":
    main()
