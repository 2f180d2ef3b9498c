"""What can be seen with the database: clock, schema, rights, secrets, executors, backups."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from deploy.database import desk
from deploy.doctor import texts
from deploy.doctor.finding import Finding, problem, skipped, warning, well
from deploy.doctor.host import secret_key_file
from deploy.doctor.place import Place, without_password
from services.api.secrets import rotation
from shared.db import examination, migrate
from shared.db.examination import SealedValue, Server
from shared.db.pool import Connection, connected
from shared.runtime.key_file import FILE, VARIABLE, find_box
from shared.runtime.secret_box import NotOurs, SecretBox
from shared.settings import DatabaseAddress

OLDEST_SERVER = 140_000
#: Seconds that two clocks may differ, and from which on sessions and signatures suffer.
CLOCKS_MAY_DIFFER, CLOCKS_DIFFER = 1.0, 30.0
#: Shown of many.
SHOWN = 5
BACKUP_HOURS = 26


async def database(place: Place) -> list[Finding]:
    """Look at everything that takes the database."""
    address = place.database
    if address is None:
        return [skipped("database", texts.NO_DATABASE)]
    url = without_password(address.url)
    try:
        async with connected(address) as connection:
            return await _look(place, address, connection)
    except Exception as error:  # noqa: BLE001 - whatever it is, that is what was found
        kind = type(error).__name__
        return [problem("database", texts.DATABASE_AWAY, texts.CHECK_DATABASE, url=url, kind=kind)]


async def _look(place: Place, address: DatabaseAddress, connection: Connection) -> list[Finding]:
    before = datetime.now(UTC)
    found = await examination.server(connection)
    between = before + (datetime.now(UTC) - before) / 2
    findings = [_version(address, found), _clock((found.now - between).total_seconds())]
    schema = _schema(await migrate.current(address))
    findings += schema
    if not found.may_see_all:
        return [*findings, skipped("rights", texts.NOT_OWNER, user=found.user)]
    if any(each.level == "problem" for each in schema):
        return findings  # the tables may not be there
    findings += _rights(await desk.check(address))
    findings += _secrets(place, await examination.sealed(connection, rotation.places()))
    findings += _queues(await examination.queues(connection))
    findings += _backups(await examination.newest_backup(connection), found.now)
    return findings


def _version(address: DatabaseAddress, found: Server) -> Finding:
    if found.number < OLDEST_SERVER:
        return problem("database", texts.OLD_SERVER, texts.NEWER_SERVER, version=found.version)
    url = without_password(address.url)
    return well("database", texts.DATABASE, url=url, version=found.version)


def _clock(differs: float) -> Finding:
    says = f"{abs(differs):.1f}"
    if abs(differs) > CLOCKS_DIFFER:
        return problem("clock", texts.CLOCK, texts.SET_CLOCK, seconds=says)
    if abs(differs) > CLOCKS_MAY_DIFFER:
        return warning("clock", texts.CLOCK, texts.SET_CLOCK, seconds=says)
    return well("clock", texts.CLOCK, seconds=says)


def _schema(applied: list[str]) -> list[Finding]:
    ours = [path.stem for path in sorted(migrate.FOLDER.glob("*.sql"))]
    missing = [name for name in ours if name not in applied]
    newer = [name for name in applied if name not in ours]
    findings: list[Finding] = []
    if missing:
        findings.append(
            problem(
                "schema",
                texts.NOT_MIGRATED,
                texts.MIGRATE,
                count=len(missing),
                names=_some(missing),
            )
        )
    if newer:
        names = _some(newer)
        findings.append(warning("schema", texts.NEWER_SCHEMA, texts.UPGRADE, names=names))
    return findings or [well("schema", texts.MIGRATED, newest=ours[-1])]


def _rights(differs: list[str]) -> list[Finding]:
    if not differs:
        return [well("rights", texts.GRANTS)]
    return [
        problem("rights", texts.GRANT_DIFFERS, texts.MEND_GRANTS, what=each.replace("\t", " "))
        for each in differs[:SHOWN]
    ]


def _secrets(place: Place, sealed: list[SealedValue]) -> list[Finding]:
    file = secret_key_file(place)
    try:
        box = find_box(place.environment.get(VARIABLE, ""), place.home)
    except Exception as error:  # noqa: BLE001 - as above; its text may quote the key
        kind = type(error).__name__
        return [problem("secrets", texts.BAD_KEY, texts.GIVE_KEY, kind=kind, file=file)]
    if not sealed:
        return [well("secrets", texts.NOTHING_SEALED)]
    if box is None:
        return [
            problem("secrets", texts.NO_SECRET_KEY, texts.GIVE_KEY, count=len(sealed), file=file)
        ]
    shut = [each.owner for each in sealed if not _opens(box, each)]
    if shut:
        names = _some(shut)
        return [problem("secrets", texts.DOES_NOT_OPEN, texts.OLD_KEY, names=names, file=FILE)]
    ids = ", ".join(box.key_ids)
    return [well("secrets", texts.SEALED_OPENS, keys=ids, count=len(sealed))]


def _opens(box: SecretBox, sealed: SealedValue) -> bool:
    try:
        box.open(sealed.value, owner=sealed.owner)
    except NotOurs:
        return False
    return True


def _queues(queues: Sequence[examination.Queue]) -> list[Finding]:
    if not queues:
        return [well("executors", texts.NO_TASKS)]
    alone = [each for each in queues if not each.has_executor]
    if not alone:
        return [well("executors", texts.QUEUES, queues=_some([each.name for each in queues]))]
    return [
        problem(
            "executors",
            texts.QUEUE_WITHOUT,
            texts.START_EXECUTOR,
            queue=each.name,
            tasks=each.tasks,
        )
        for each in alone
    ]


def _backups(newest: datetime | None, now: datetime) -> list[Finding]:
    if newest is None:
        return [warning("backups", texts.NO_BACKUP, texts.MAKE_BACKUP)]
    hours = (now - newest).total_seconds() / 3600
    if hours > BACKUP_HOURS:
        return [warning("backups", texts.BACKUP_OLD, texts.MAKE_BACKUP, hours=f"{hours:.0f}")]
    return [well("backups", texts.BACKUP_FRESH, hours=f"{hours:.0f}")]


def _some(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
