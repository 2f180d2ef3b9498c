"""What a person does after a step of a rotation, before the next one. Pure, but for one look.

The NATS server of `automation up` has its users in a configuration that is written at its start:
a signal changes nothing there. What supervises it starts another one as soon as it ends.
"""

from __future__ import annotations

from deploy.keys.folder import Folder
from deploy.keys.rotation import Step
from shared.domain.texts.catalog import Text

_RELOAD = Text(
    "請讓每台 NATS 伺服器重新讀取 nats-users.conf（SIGHUP）",
    "Now let each NATS server read nats-users.conf again (SIGHUP)",
)
_END = Text(
    "這是 `automation up` 的伺服器，只在啟動時讀取使用者，SIGHUP 毫無作用：請結束 nats-server"
    "（`automation status` 有它的 pid；`kill PID`），下一個在一秒內就位",
    "This server is that of `automation up`, which reads its users at its start only; SIGHUP"
    " changes nothing. End nats-server (`automation status` has its pid; `kill PID`): the next one"
    " is there within a second",
)
AFTER_CHANGE = Text(f"{_RELOAD.zh_tw}。", f"{_RELOAD.en}.")
_ALLOWED = Text("{told}；接著執行：use。", "{told}; then: use.")
_USED = Text(
    "請把新種子交給它的服務；它們會察覺、重新連線並記在日誌中。全部完成後執行：drop。",
    "Give the new seed to its services; they notice it, reconnect and say so in their logs. When"
    " all have: drop.",
)
_USED_IN_HOME = Text(
    "服務已看得到新種子；它們會察覺、重新連線並記在日誌中。全部完成後執行：drop。",
    "The services see the new seed; they notice it, reconnect and say so in their logs. When all"
    " have: drop.",
)
_DROPPED = Text("{told}。舊種子從此無效。", "{told}. After that the old seed opens nothing.")

AFTER_CA = {
    Step.ALLOW: Text(
        "請把 ca.crt 交給每個服務與每台伺服器，並讓伺服器重新讀取（SIGHUP）；接著執行：use。",
        "Give ca.crt to every service, and to every server, which reads it again (SIGHUP); then:"
        " use.",
    ),
    Step.USE: Text(
        "請讓 NATS 與 PostgreSQL 重新讀取憑證（SIGHUP）；接著執行：drop。",
        "Let NATS and PostgreSQL read their certificates again (SIGHUP); then: drop.",
    ),
    Step.DROP: Text(
        "請把 ca.crt 交給每個服務與每台伺服器：舊的憑證機構不再為任何人擔保。",
        "Give ca.crt to every service and every server: the old authority vouches for nobody any"
        " more.",
    ),
}
AFTER_CERTIFICATE = Text(
    "請讓伺服器重新讀取憑證（SIGHUP）。", "Now let the server read its certificate again (SIGHUP)."
)
AFTER_PASSWORD = Text(
    "接著執行：automation db roles --passwords {folder}",
    "Now: automation db roles --passwords {folder}",
)


def after_seed(step: Step, *, in_home: bool) -> Text:
    """Return what follows a step with a seed; *in_home*: the server is that of `automation up`."""
    told = _END if in_home else _RELOAD
    if step is Step.USE:
        return _USED_IN_HOME if in_home else _USED
    frame = _ALLOWED if step is Step.ALLOW else _DROPPED
    return Text(frame.zh_tw.format(told=told.zh_tw), frame.en.format(told=told.en))


def is_in_home(folder: Folder) -> bool:
    """Say whether the folder is that of `automation up`: its server's files lie beside it."""
    beside = folder.path.resolve().parent
    return (beside / "nats.conf").is_file() and (beside / "monitor-port").is_file()
