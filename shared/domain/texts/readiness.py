"""What /readyz says of what is missing."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

NO_ANSWER = Text(
    "在 2 秒內沒有回應；可能過載、當機或網路不通。",
    "It did not answer within 2 s: overloaded, hung, or cut off from here.",
)
NOT_REACHED = Text(
    "連不上（{said}）；請確認位址、連接埠，以及服務是否已啟動。",
    "It cannot be reached ({said}): check the address, the port, and that it runs.",
)
UNKNOWN = Text(
    "檢查失敗（{kind}）；詳情在這個程序的記錄裡。",
    "The check failed ({kind}); the log of this process tells more.",
)
NOT_PERMITTED = Text(
    "資料庫角色缺少權限：{said}。請執行 `automation db migrate`，再執行 `automation db roles`。",
    "The database role lacks a right: {said}. Run `automation db migrate`, then"
    " `automation db roles`.",
)
DATABASE_SAID = Text(
    "資料庫回報錯誤（SQLSTATE {state}）；詳情在這個程序的記錄裡。",
    "The database reported an error (SQLSTATE {state}); the log of this process tells more.",
)
MIGRATIONS_MISSING = Text(
    "資料庫缺少這個版本需要的遷移：{names}。請執行 `automation db migrate`。",
    "The database lacks migrations that this version needs: {names}. Run `automation db migrate`.",
)
NOT_CONNECTED = Text(
    "與 NATS 沒有連線；請確認 NATS 是否已啟動，以及憑證是否有效。",
    "There is no connection to NATS: check that it runs, and that our credentials are accepted.",
)
NO_STEP_LATELY = Text(
    "寄件匣的轉送迴圈已有一段時間沒有成功；資料庫或 NATS 可能沒有回應。",
    "The relay of the outbox has not done its work lately: the database or NATS may not answer.",
)
STORES_NOTHING = Text(
    "NATS 有一段時間沒有存下這些串流的訊息：{streams}。它的磁碟可能已滿（騰出空間後須重新啟動"
    " nats-server），或串流已滿。",
    "NATS has stored nothing in these streams for a while: {streams}. Its disk was full (once there"
    " is room, nats-server must be started again), or the streams are.",
)
STREAM_WRONG = Text(
    "NATS 與拓撲不符：{how}。bus-keeper 會改回來；若一直沒有，請執行 `automation bus provision`。",
    "NATS is not as the topology says: {how}. The bus keeper puts that right; if it does not, run"
    " `automation bus provision`.",
)

#: By the beginning of a SQLSTATE, the longer ones first.
BY_STATE = {
    "42P01": Text(
        "資料庫缺少這個版本需要的資料表；請執行 `automation db migrate`。",
        "The database lacks a table that this version needs: run `automation db migrate`.",
    ),
    "42703": Text(
        "資料庫缺少這個版本需要的欄位；請執行 `automation db migrate`。",
        "The database lacks a column that this version needs: run `automation db migrate`.",
    ),
    "28": Text(
        "資料庫拒絕登入；請確認角色與密碼檔案（AUTOMATION_DATABASE_PASSWORD_FILE）。",
        "The database refuses the log-in: check the role and the password file"
        " (AUTOMATION_DATABASE_PASSWORD_FILE).",
    ),
    "3D": Text(
        "伺服器上沒有這個資料庫；請確認 AUTOMATION_DATABASE_URL。",
        "The server has no such database: check AUTOMATION_DATABASE_URL.",
    ),
    "53": Text(
        "資料庫的資源用完了（連線數、磁碟或記憶體）。",
        "The database is out of something: connections, disk or memory.",
    ),
    "57P03": Text("資料庫正在啟動或復原。", "The database is starting or recovering."),
    "57": Text("資料庫正在關閉或重新啟動。", "The database is shutting down or restarting."),
    "25006": Text(
        "資料庫是唯讀的：可能連到了備援伺服器。",
        "The database is read-only: this may be a standby.",
    ),
    "08": Text("與資料庫的連線中斷了。", "The connection to the database broke."),
}

#: By the name of an error of a client library.
BY_KIND = {
    "NotFoundError": Text(
        "NATS 上缺少串流或消費者；請執行 `automation bus provision`。",
        "A stream or consumer is missing on NATS: run `automation bus provision`.",
    ),
    "NoServersError": NOT_CONNECTED,
    "ConnectionClosedError": NOT_CONNECTED,
    "NoRespondersError": Text(
        "NATS 沒有啟用 JetStream，或這個帳號不能使用它。",
        "JetStream is not enabled on NATS, or not for this user.",
    ),
    "ServiceUnavailableError": Text(
        "JetStream 暫時無法使用（叢集沒有多數，或磁碟已滿）。",
        "JetStream is not available: the cluster has no majority, or the disk is full.",
    ),
    "CannotConnectNowError": Text(
        "資料庫正在啟動或復原。", "The database is starting or recovering."
    ),
}
