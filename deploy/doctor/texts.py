"""What `automation doctor` says, in both languages."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

HEADINGS = {
    "ok": Text("正常", "ok"),
    "skipped": Text("略過", "skipped"),
    "warning": Text("注意", "warning"),
    "problem": Text("問題", "problem"),
}
FIX = Text("處理方式", "fix")
SUM = Text(
    "{problems} 個問題，{warnings} 個需注意。", "{problems} problems, {warnings} worth a look."
)
SAID = Text("{what}", "{what}")
SEE_ABOVE = Text("依上面的說明處理。", "Do as it says.")
BROKE = Text("這項檢查本身失敗：{kind}。", "The check itself failed: {kind}.")
REPORT = Text(
    "請以 `--debug` 再執行一次，並附上輸出回報。",
    "Run it again with `--debug` and report what it prints.",
)

# host
NOT_INSTALLED = Text(
    "套件 automation-tasks 沒有安裝。", "The package automation-tasks is not installed."
)
INSTALL = Text(
    "在這個環境執行 `pip install automation-tasks`。", "Run `pip install automation-tasks` here."
)
OLD_PYTHON = Text("Python {python} 太舊。", "Python {python} is too old.")
NEWER_PYTHON = Text("請使用 Python 3.11 以上。", "Use Python 3.11 or later.")
VERSION = Text("版本 {version}，Python {python}", "version {version}, Python {python}")
DISK = Text("{folder} 還有 {free}（{share}）可用", "{folder}: {free} ({share}) free")
MAKE_ROOM = Text(
    "清出空間：舊備份、記錄檔；或把 AUTOMATION_HOME 移到較大的磁碟。",
    "Make room: old backups, log files; or move AUTOMATION_HOME to a larger disk.",
)
API_AT = Text("API 位於 {url}", "the API is at {url}")
PORT_FREE = Text("連接埠 {port} 可用", "port {port} is free")
PORT_TAKEN = Text("連接埠 {port} 已被 {holder} 使用。", "Port {port} is taken by {holder}.")
OTHER_PORT = Text(
    "若那不是這個系統的 API，請停止它，或以 AUTOMATION_PORT 選擇其他連接埠。",
    "If that is not the API of this system: stop it, or choose another port by AUTOMATION_PORT.",
)
NO_KEYS = Text(
    "這裡沒有金鑰資料夾（AUTOMATION_KEYS）", "there is no folder of keys here (AUTOMATION_KEYS)"
)
KEYS = Text(
    "{folder} 的金鑰齊全，憑證在 {days} 天內不會到期",
    "the keys in {folder} are complete, and no certificate ends within {days} days",
)
MEND_KEYS = Text(
    "`automation keys init {folder}` 補齊缺少的檔案；憑證以 `automation keys rotate certs nats`（或"
    " `postgres`）更新。",
    "`automation keys init {folder}` makes what is missing; `automation keys rotate certs nats` (or"
    " `postgres`) renews a certificate.",
)
NOTHING_RUNS = Text("{home} 沒有正在執行的系統", "nothing runs in {home}")
ALL_READY = Text(
    "{count} 個程序都已就緒，版本一致", "all {count} processes are ready, and of one version"
)
RESTARTED = Text("{name} 已重新啟動 {times} 次。", "{name} was started again {times} times.")
READ_LOG = Text("最後的輸出在 {log}。", "Its last words are in {log}.")
NOT_READY = Text("{name} 尚未就緒（{what}）：{zh}", "{name} is not ready ({what}): {en}")
SILENT = Text("{name} 沒有回應。", "{name} does not answer.")
START = Text(
    "執行 `automation status`，並查看它的記錄檔。", "Run `automation status`, and read its log."
)
OTHER_VERSION = Text(
    "{name} 的版本是 {other}，這裡是 {here}。", "{name} is version {other}; here it is {here}."
)
RESTART = Text(
    "重新啟動系統，讓所有程序使用同一個版本。",
    "Start the system afresh, so that all are of one version.",
)

# database
NO_DATABASE = Text(
    "不知道資料庫在哪裡（AUTOMATION_DATABASE_URL 未設定，也沒有正在執行的系統）",
    "nobody tells where the database is (AUTOMATION_DATABASE_URL is not set, and nothing runs"
    " here)",
)
DATABASE = Text("{url}：PostgreSQL {version}", "{url}: PostgreSQL {version}")
DATABASE_AWAY = Text("連不上資料庫 {url}：{kind}", "The database {url} cannot be reached: {kind}")
CHECK_DATABASE = Text(
    "確認位址與密碼（AUTOMATION_DATABASE_URL、AUTOMATION_DATABASE_PASSWORD_FILE）以及伺服器是否已啟動。",
    "Check address and password (AUTOMATION_DATABASE_URL, AUTOMATION_DATABASE_PASSWORD_FILE), and"
    " that the server runs.",
)
OLD_SERVER = Text("PostgreSQL {version} 太舊。", "PostgreSQL {version} is too old.")
NEWER_SERVER = Text("請升級到 PostgreSQL 14 以上。", "Upgrade to PostgreSQL 14 or later.")
CLOCK = Text(
    "本機時鐘與資料庫相差 {seconds} 秒",
    "the clocks of this host and the database differ by {seconds} s",
)
SET_CLOCK = Text(
    "在兩端啟用時間同步（chrony 或 systemd-timesyncd）。排程以資料庫的時鐘為準。",
    "Let both follow a time server (chrony, systemd-timesyncd). Schedules go by the database's"
    " clock.",
)
MIGRATED = Text("資料庫結構是最新的（{newest}）", "the schema is current ({newest})")
NOT_MIGRATED = Text(
    "資料庫缺少 {count} 個遷移：{names}", "The database lacks {count} migrations: {names}"
)
MIGRATE = Text("執行 `automation db migrate`。", "Run `automation db migrate`.")
NEWER_SCHEMA = Text(
    "資料庫有這個版本不認識的遷移：{names}",
    "The database has migrations that this version does not know: {names}",
)
UPGRADE = Text("這台主機的版本較舊：請升級。", "What is installed here is older: upgrade it.")
GRANTS = Text("資料庫角色的權限與宣告一致", "the rights of all database roles are as stated")
GRANT_DIFFERS = Text("權限不符：{what}", "Rights differ: {what}")
MEND_GRANTS = Text(
    "執行 `automation db migrate`，再執行 `automation db roles --passwords <資料夾>`。",
    "Run `automation db migrate`, then `automation db roles --passwords <folder>`.",
)
NOT_OWNER = Text(
    "以 {user} 連線，不是資料表的擁有者，無法檢查",
    "this needs the owner of the tables; here it is {user}",
)
NOTHING_SEALED = Text("沒有封存的機密", "nothing is sealed")
SEALED_OPENS = Text(
    "金鑰 {keys} 可以打開全部 {count} 個機密", "key {keys} opens all {count} sealed values"
)
NO_SECRET_KEY = Text(
    "有 {count} 個封存的機密，但這裡沒有金鑰。",
    "{count} values are sealed, and there is no key here.",
)
GIVE_KEY = Text(
    "把金鑰檔放回 {file}，或設定 AUTOMATION_SECRET_KEY。沒有金鑰就無法復原這些機密。",
    "Put the file with the key back to {file}, or set AUTOMATION_SECRET_KEY. Without it they are"
    " lost.",
)
DOES_NOT_OPEN = Text("這裡的金鑰打不開：{names}", "No key here opens: {names}")
OLD_KEY = Text(
    "把封存時所用的金鑰加進 {file} 的後面幾行，或重新輸入這些機密。",
    "Add the key they were sealed with to {file}, on a line of its own, or enter them again.",
)
BAD_KEY = Text("機密的金鑰不能用：{kind}", "The key of secrets cannot be used: {kind}")
QUEUES = Text("每個佇列都有執行器：{queues}", "every queue has an executor: {queues}")
NO_TASKS = Text("還沒有任務", "there are no tasks yet")
QUEUE_WITHOUT = Text(
    "佇列 {queue} 有 {tasks} 個啟用的任務，但沒有執行器。",
    "The queue {queue} has {tasks} tasks that are on, and no executor.",
)
START_EXECUTOR = Text(
    "啟動一個 AUTOMATION_EXECUTOR_QUEUES 包含 {queue} 的執行器，或改用其他佇列。",
    "Start an executor whose AUTOMATION_EXECUTOR_QUEUES names {queue}, or move its tasks.",
)
BACKUP_FRESH = Text(
    "最新的已驗證備份是 {hours} 小時前的", "the newest verified backup is {hours} h old"
)
BACKUP_OLD = Text(
    "最新的已驗證備份是 {hours} 小時前的。", "The newest verified backup is {hours} h old."
)
NO_BACKUP = Text("沒有任何已驗證的備份。", "There is no verified backup.")
MAKE_BACKUP = Text(
    "建立動作為 data_backup 的每日任務，或執行 `automation system backup`。",
    "Make a daily task with the action data_backup, or run `automation system backup`.",
)

# NATS
NO_NATS = Text(
    "不知道 NATS 在哪裡（AUTOMATION_NATS_URL 未設定，也沒有正在執行的系統）",
    "nobody tells where NATS is (AUTOMATION_NATS_URL is not set, and nothing runs here)",
)
NATS = Text(
    "{url}：{streams} 個串流、{consumers} 個消費者與拓撲一致",
    "{url}: {streams} streams and {consumers} consumers are as the topology says",
)
NATS_AWAY = Text("連不上 NATS {url}：{kind}", "NATS {url} cannot be reached: {kind}")
CHECK_NATS = Text(
    "確認位址、憑證與種子檔（AUTOMATION_NATS_URL、AUTOMATION_NATS_CA_FILE、"
    "AUTOMATION_NATS_SEED_FILE）以及伺服器是否已啟動。",
    "Check the address, certificates and seed (AUTOMATION_NATS_URL, AUTOMATION_NATS_CA_FILE,"
    " AUTOMATION_NATS_SEED_FILE), and that the server runs.",
)
NATS_REFUSES = Text(
    "NATS 有回應但不儲存，執行都在等待：{what}",
    "NATS answers and stores nothing, so that runs wait: {what}",
)
RESTART_NATS = Text(
    "在它的磁碟上清出至少 64 MB；`automation up` 隨後會重新啟動它。",
    "Make room on its disk, 64 MB at least; `automation up` then starts it again.",
)
NATS_DIFFERS = Text("{what}", "{what}")
PROVISION = Text("執行 `automation bus provision`。", "Run `automation bus provision`.")
