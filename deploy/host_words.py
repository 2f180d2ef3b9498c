"""The words of the host: what each does, in both languages, and when a command line is theirs.

Light on purpose: `automation --help` lists them without loading any. A test compares the list with
what `host_cli.py` really has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

#: By word: English, Chinese.
HOST: Mapping[str, tuple[str, str]] = {
    "up": ("Start everything on this machine.", "在本機啟動整個系統。"),
    "down": ("Stop what `up` started.", "停止由 up 啟動的系統。"),
    "status": ("Show what runs on this machine.", "顯示本機正在執行的項目。"),
    "logs": ("Show what its processes say.", "顯示各程序的輸出。"),
    "doctor": ("Look for what is wrong here.", "檢查這裡有什麼問題，以及怎麼處理。"),
    "serve": ("Run one service.", "執行單一服務。"),
    "version": ("Print the version.", "顯示版本。"),
    "db": ("The schema of the database.", "資料庫結構。"),
    "bus": ("Streams and consumers on NATS.", "NATS 的資料流與消費者。"),
    "backup": ("Backups: list, verify, restore.", "備份：列出、驗證、還原。"),
    "system": ("The whole system: backup, restore.", "整個系統：備份、還原。"),
    "keys": ("Passwords, seeds, certificates of a deployment.", "部署用的密碼、種子與憑證。"),
    "secrets": ("The keys that secrets are sealed with.", "封存機密所用的金鑰。"),
}

#: Words that HTTP has as well; by word: what only the host can do, if anything.
SHARED: Mapping[str, frozenset[str]] = {
    "token": frozenset(),
    "user": frozenset(),
    "audit": frozenset({"verify"}),
}
#: Of these words, what HTTP alone can do: never the host's.
ONLY_HTTP = frozenset({"audit"})

LOCAL = "--local"

#: Options of every command that take a value, so that the value is not taken for a word.
VALUED = frozenset(
    {
        *("-o", "--output", "--fields", "-q", "--query", "--limit", "--context", "--server"),
        *("--token", "--ca-file", "--tz", "--time-format", "--lang", "--timeout", "--reason"),
    }
)


def is_for_host(words: Sequence[str], says_where: bool) -> bool:  # noqa: FBT001 - a fact about the words
    """Return whether a command line is the host's; *says_where*: somebody says where the API is."""
    spoken = plain(words)
    if not spoken:
        return False
    first = spoken[0]
    if first in HOST:
        return True
    if first not in SHARED:
        return False
    if LOCAL in words or (len(spoken) > 1 and spoken[1] in SHARED[first]):
        return True
    return first not in ONLY_HTTP and not says_where


def plain(words: Sequence[str]) -> list[str]:
    """Return *words* without options and their values."""
    spoken, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in VALUED
        else:
            spoken.append(word)
    return spoken
