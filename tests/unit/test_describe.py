"""What a schedule is called, in both languages."""

from __future__ import annotations

from shared.domain.describe import describe
from shared.domain.schedule import parse_schedule
from tests.support.cases import table

# ┌───── minute, hour, day of month, month, weekday (or six, the second first)
CRON = [
    ("0 9 * * *", "每天 09:00", "Every day at 09:00"),
    ("0 9 * * 1-5", "每週一至週五 09:00", "Every Monday to Friday at 09:00"),
    ("0 9 * * MON-FRI", "每週一至週五 09:00", "Every Monday to Friday at 09:00"),
    ("0 3,15 * * 0", "每週日 03:00、15:00", "Every Sunday at 03:00 and 15:00"),
    ("0 9 * * 5-7", "每週五至週日 09:00", "Every Friday to Sunday at 09:00"),
    ("0 9 * * 6,0", "每週六、週日 09:00", "Every Saturday and Sunday at 09:00"),
    ("30 23 L * *", "每月最後一天 23:30", "On the last day of every month at 23:30"),
    (
        "0 9 15,L * *",
        "每月 15 日及最後一天 09:00",
        "On the 15th and the last day of every month at 09:00",
    ),
    ("0 9 * * 5L", "每月最後一個週五 09:00", "On the last Friday of every month at 09:00"),
    ("0 9 * * 1#2", "每月第二個週一 09:00", "On the second Monday of every month at 09:00"),
    ("0 0 1,15 * *", "每月 1、15 日 00:00", "On the 1st and 15th of every month at 00:00"),
    ("0 0 1-7 * *", "每月 1 至 7 日 00:00", "On the 1st to 7th of every month at 00:00"),
    ("0 0 1 1 *", "每年 1 月 1 日 00:00", "On the 1st of January at 00:00"),
    ("0 9 * 1,7 *", "每年 1、7 月的每一天 09:00", "Every day in January and July at 09:00"),
    (
        "0 9 * 3-5 1-5",
        "每年 3 至 5 月的每週一至週五 09:00",
        "Every Monday to Friday in March to May at 09:00",
    ),
    (
        "0 0 13 * 5",
        "每月 13 日，或每週五，00:00",
        "On the 13th of every month, or every Friday, at 00:00",
    ),
    (
        "0 9 */2 * 1",
        "每月 1、3、5、…、31 日且須為週一，09:00",
        "On the 1st, 3rd, 5th, … and 31st of every month, provided it is Monday, at 09:00",
    ),
    ("0 9 1-31 * MON", "每天 09:00", "Every day at 09:00"),
    ("* * * * *", "每分鐘", "Every minute"),
    ("*/5 * * * *", "每 5 分鐘", "Every 5 minutes"),
    ("0,30 * * * *", "每 30 分鐘", "Every 30 minutes"),
    ("*/5 * * * 1-5", "每週一至週五，每 5 分鐘", "Every Monday to Friday, every 5 minutes"),
    ("0 * * * *", "每小時整點", "Every hour on the hour"),
    ("@hourly", "每小時整點", "Every hour on the hour"),
    ("30 * * * *", "每小時的第 30 分", "Every hour at minute 30"),
    (
        "*/7 * * * *",
        "每小時的第 0、7、14、…、56 分",
        "Every hour at minutes 0, 7, 14, … and 56",
    ),
    ("0 */2 * * *", "每 2 小時整點", "Every 2 hours on the hour"),
    (
        "0 9-17 * * *",
        "每天 09:00 至 17:00，每小時一次",
        "Every day, every hour from 09:00 to 17:00",
    ),
    (
        "*/5 9-17 * * *",
        "每天 09:00 至 17:59 之間，每 5 分鐘",
        "Every day, every 5 minutes from 09:00 to 17:59",
    ),
    (
        "*/15 8,12,18 * * *",
        "每天 8、12、18 時內，每 15 分鐘",
        "Every day, every 15 minutes of hours 8, 12 and 18",
    ),
    (
        "5,17,40 8,12,18 * * *",
        "每天 8、12、18 時的第 5、17、40 分",
        "Every day, at minutes 5, 17 and 40 of hours 8, 12 and 18",
    ),
    ("0 0 9 * * *", "每天 09:00", "Every day at 09:00"),
    ("30 0 9 * * *", "每天 09:00:30", "Every day at 09:00:30"),
    ("* * * * * *", "每秒", "Every second"),
    ("*/10 * * * * *", "每 10 秒", "Every 10 seconds"),
    ("15 * * * * *", "每分鐘的第 15 秒", "Every minute at second 15"),
    (
        "* 0 9 * * *",
        "每天 9 時的第 0 分內每秒",
        "Every day, every second of minute 0 of hour 9",
    ),
    (
        "15,40 1,2 8-18 * * *",
        "每天 8 至 18 時的第 1、2 分的第 15、40 秒",
        "Every day, at seconds 15 and 40 of minutes 1 and 2 of hours 8 to 18",
    ),
]


@table(("expression", "chinese", "english"), CRON)
def test_cron(expression: str, chinese: str, english: str) -> None:
    assert describe(parse_schedule({"cron": expression})) == {"zh-TW": chinese, "en": english}


@table(
    ("config", "chinese", "english"),
    [
        ({"interval_seconds": 1}, "每秒", "Every second"),
        ({"interval_seconds": 90}, "每 90 秒", "Every 90 seconds"),
        ({"interval_seconds": 300}, "每 5 分鐘", "Every 5 minutes"),
        ({"interval_minutes": 60}, "每小時", "Every hour"),
        ({"interval_hours": 24}, "每 24 小時", "Every 24 hours"),
        (
            {"at": "2026-11-24T17:00:00+08:00", "timezone": "Asia/Taipei"},
            "僅一次，2026-11-24 17:00（Asia/Taipei 時間）",
            "Once, at 2026-11-24 17:00 (Asia/Taipei time)",
        ),
        (
            {
                "cron": "0 9 * * *",
                "timezone": "Asia/Taipei",
                "start_at": "2026-11-24T00:00:00+08:00",
                "end_at": "2026-12-31T23:59:00+08:00",
            },
            "每天 09:00，自 2026-11-24 00:00 起，至 2026-12-31 23:59 止（Asia/Taipei 時間）",
            "Every day at 09:00, from 2026-11-24 00:00, until 2026-12-31 23:59 (Asia/Taipei time)",
        ),
        (
            {"cron": "0 0 13 * 5", "day_or": False},
            "每月 13 日且須為週五，00:00",
            "On the 13th of every month, provided it is Friday, at 00:00",
        ),
    ],
)
def test_everything_else(config: dict[str, object], chinese: str, english: str) -> None:
    assert describe(parse_schedule(config)) == {"zh-TW": chinese, "en": english}
