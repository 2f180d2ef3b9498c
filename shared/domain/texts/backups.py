"""What is said of backups: labels of the action's parameters, refusals."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    "backup.not_found": Text("沒有這份備份。", "There is no such backup."),
    "backup.kept": Text(
        "這份備份的檔案仍在；保留規則會移除它，屆時才能刪除紀錄。",
        "The file of this backup is still there; its record can go when retention has removed it.",
    ),
    "backup.no_task": Text(
        "這份備份的任務已不存在，或不再是備份任務。",
        "The task of this backup is gone, or makes no backups any more.",
    ),
    "backup.no_file": Text(
        "這份備份的狀態是 {state}，沒有檔案可驗證。",
        "This backup is {state}: there is no file to verify.",
    ),
    "backup.changed": Text(
        "這份備份的紀錄已被更動。", "The record of this backup has been changed meanwhile."
    ),
    "backup.recipient": Text(
        "須為 age 公開金鑰（以 age1 開頭）。", "Must be an age public key (it begins with age1)."
    ),
    "backup.smoke_sql": Text(
        "須為 SQL 敘述，且不可包含反斜線。", "Must be SQL, without any backslash."
    ),
    "backup.key_needed": Text(
        "加密的備份若要還原演練，須提供解密金鑰的機密名稱。",
        "A restore drill of an encrypted backup needs the secret with the key that opens it.",
    ),
    "backup.scratch_needed": Text(
        "檢查用 SQL 只能在 scratch_dsn_secret 指定的伺服器上執行。",
        "The check in SQL runs only on a server that scratch_dsn_secret names.",
    ),
}

#: What the values of some parameters of `data_backup` mean.
CHOICES: dict[str, dict[str, Text]] = {
    "format": {
        "custom": Text("單一檔案", "one file"),
        "directory": Text("資料夾（可平行處理）", "a folder, in parallel"),
    },
    "verify": {
        "manifest": Text("檢查備份目錄", "check its table of contents"),
        "restore": Text("實際還原演練", "restore it for a trial"),
    },
}

#: Title and help of each parameter of `data_backup`.
FIELDS: dict[str, tuple[Text, Text]] = {
    "dsn_secret": (
        Text("資料庫機密", "Database secret"),
        Text(
            "存放 PostgreSQL 連線字串的機密名稱；未填則備份本系統的資料庫",
            "Name of the secret with a PostgreSQL URL; none: this system's own database",
        ),
    ),
    "folder": (
        Text("資料夾", "Folder"),
        Text(
            "備份資料夾下的子資料夾；每個資料夾各自計算保留份數。填了 S3 則不使用",
            "Below the backup folder; each folder keeps its own backups. Not used with S3",
        ),
    ),
    "s3": (
        Text("S3 儲存", "S3 storage"),
        Text(
            "存到 S3 相容的儲存空間，而不是資料夾",
            "Store in S3-compatible storage instead of a folder",
        ),
    ),
    "s3.bucket": (Text("儲存貯體", "Bucket"), Text("必須已存在", "Must exist already")),
    "s3.prefix": (
        Text("前置路徑", "Prefix"),
        Text(
            "物件名稱的開頭；其下依資料庫分開存放",
            "How the names of objects begin; below it each database has a place of its own",
        ),
    ),
    "s3.endpoint_url": (
        Text("端點網址", "Endpoint URL"),
        Text(
            "S3 相容服務的網址；未填則為 AWS。內部位址須由管理者開放",
            "URL of the S3-compatible service; none: AWS. Private addresses must be opened by the "
            "administrator",
        ),
    ),
    "s3.region": (Text("區域", "Region"), Text("例如 us-east-1", "Such as us-east-1")),
    "s3.access_key_secret": (
        Text("存取金鑰機密", "Access key secret"),
        Text("存放 access key ID 的機密名稱", "Name of the secret with the access key ID"),
    ),
    "s3.secret_key_secret": (
        Text("私密金鑰機密", "Secret key secret"),
        Text("存放 secret access key 的機密名稱", "Name of the secret with the secret access key"),
    ),
    "format": (
        Text("格式", "Format"),
        Text(
            "custom：單一檔案；directory：可平行備份與還原，封裝成一個 tar",
            "custom: one file; directory: dumped and restored in parallel, packed into one tar",
        ),
    ),
    "jobs": (
        Text("平行數", "Jobs"),
        Text(
            "directory 格式同時備份幾個資料表；還原演練同時還原幾個",
            "How many tables at once: dumped in directory format, restored in a drill",
        ),
    ),
    "compression": (
        Text("壓縮方式", "Compression method"),
        Text(
            "gzip 由 pg_dump 壓縮；zstd 壓縮整個檔案", "gzip by pg_dump, or zstd of the whole file"
        ),
    ),
    "compress": (
        Text("壓縮等級", "Compression"),
        Text("0（不壓縮）到 9（最小）", "0 (none) to 9 (smallest)"),
    ),
    "exclude_tables": (
        Text("略過內容的資料表", "Tables without rows"),
        Text(
            "這些資料表只備份結構、不備份內容；可用 *，例如 log.*",
            "Only the definition of these tables is kept, not their rows; may contain *, "
            "such as log.*",
        ),
    ),
    "encrypt_to": (
        Text("加密給", "Encrypt to"),
        Text(
            "age 公開金鑰；可用 age 程式解密，不需要本系統",
            "age public keys; the age program decrypts it without this system",
        ),
    ),
    "key_secret": (
        Text("解密金鑰機密", "Key secret"),
        Text(
            "存放 age 私密金鑰的機密名稱，供還原演練使用；未填「加密給」時也用它加密",
            "Name of the secret with an age secret key, for restore drills; without "
            '"Encrypt to" it encrypts as well',
        ),
    ),
    "count_rows": (
        Text("計算列數", "Count rows"),
        Text(
            "在同一個快照計算每個資料表的列數，還原演練會比對",
            "Count the rows of each table in the same snapshot; restore drills compare them",
        ),
    ),
    "verify": (
        Text("驗證", "Verification"),
        Text(
            "manifest：重讀檔案與目錄；restore：每次都還原到暫用資料庫並比對",
            "manifest: read file and contents back; restore: restore each into a scratch database "
            "and compare",
        ),
    ),
    "restore_every_days": (
        Text("還原演練間隔（天）", "Days between restore drills"),
        Text(
            "上次成功的還原演練超過幾天就再做一次",
            "A drill takes place when the last good one is older than this",
        ),
    ),
    "scratch_dsn_secret": (
        Text("演練伺服器機密", "Scratch server secret"),
        Text(
            "存放演練用 PostgreSQL 連線字串的機密名稱；未填則用同一台伺服器，須有 CREATEDB 權限",
            "Name of the secret with the URL of a PostgreSQL for drills; none: the same server. "
            "Needs CREATEDB",
        ),
    ),
    "smoke_sql": (
        Text("檢查用 SQL", "Smoke SQL"),
        Text(
            "還原後執行；失敗、沒有任何列、或第一欄為 false 即視為驗證失敗",
            "Run after a restore; an error, no row, or false in the first column fails the drill",
        ),
    ),
    "keep_last": (
        Text("保留份數", "Keep"),
        Text(
            "成功後只保留最新的幾份；先有新備份才會刪除舊備份",
            "How many of the newest stay; old ones go only after a new one stands",
        ),
    ),
    "keep_daily": (
        Text("每日保留", "Keep daily"),
        Text("另外保留最近幾天各一份（UTC）", "Also one of each of the newest days (UTC)"),
    ),
    "keep_weekly": (
        Text("每週保留", "Keep weekly"),
        Text("另外保留最近幾週各一份", "Also one of each of the newest weeks"),
    ),
    "keep_monthly": (
        Text("每月保留", "Keep monthly"),
        Text("另外保留最近幾個月各一份", "Also one of each of the newest months"),
    ),
    "min_verified": (
        Text("至少保留已驗證", "Keep verified"),
        Text("最新的幾份已驗證備份一定保留", "So many of the newest verified ones always stay"),
    ),
    "min_free_mb": (
        Text("最少可用空間（MB）", "Least free space (MB)"),
        Text("磁碟可用空間低於此值就不開始", "Does not begin with less space on the disk"),
    ),
    "verify_backup_id": (
        Text("驗證既有備份", "Verify a backup"),
        Text(
            "不做新備份，只還原演練這份既有備份",
            "Makes no new backup: restores this one for a trial",
        ),
    ),
}
