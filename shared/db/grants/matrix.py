"""The statement: which roles there are, and what each may do.

A line names a table and the rights of the service that owns its schema:

    S select   I insert   U update   D delete   U(a,b) update of these columns only

A view that is called `<schema>.<role>_...` is for that role, and only to be read. Whatever has no
line is nobody's but the owner's: a table that a migration adds needs one here (a test says so).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: The owner's name where we may choose it. Only `automation db ...` comes as this one.
OWNER: Final = "automation_owner"
PREFIX: Final = "automation_"
#: Schema -> the service whose it is.
SCHEMAS: Final[Mapping[str, str]] = {
    "api": "api",
    "scheduler": "scheduler",
    "executor": "executor",
    "log": "log_writer",
    "notify": "notifier",
}
SERVICES: Final = tuple(SCHEMAS.values())
#: Reads everything of ours and changes nothing: what pg_dump needs.
BACKUP: Final = "backup"
ROLES: Final = (*SERVICES, BACKUP)

TABLES: Final = """
api.account_runtimes            SIUD
api.account_transitions         SID
api.accounts                    SIUD
api.accounts_gone               SID
api.alert_checks                SIUD
api.alert_rules                 SIUD
api.alert_settings              SU
api.alert_silences              SIUD
api.alert_transitions           SI
api.alerts                      SIUD
api.audit                       SI
api.audit_chain                 S U(head_seal,head_hash)
api.audit_seals                 SI
api.audit_unsealed              SD
api.backfills                   S I U(cancelled_at,cancelled_by)
api.backups                     SIUD
api.calendars                   SIUD
api.channels                    SIUD
api.dead_letter_decisions       SID
api.dead_run_decisions          SIUD
api.drains                      SID
api.edges                       SID
api.events                      SIUD
api.idempotency                 SIUD
api.identities                  SI U(used_at) D
api.login_attempts              SIUD
api.notification_resends        SID
api.oidc_logins                 SID
api.outbox                      SI U(sent,sent_at) D
api.password_links              SI U(used_at) D
api.queues                      SIUD
api.saved_views                 SIUD
api.script_pointers             SIU
api.script_publication_targets  SI U(given)
api.script_publications         SIUD
api.script_versions             SI U(approved_at,approved_by) D
api.scripts                     SIUD
api.secret_uses                 SID
api.secrets                     SIUD
api.sessions                    SI U(seen_at,ended_at) D
api.switches                    SU
api.task_bulk_items             SIUD
api.task_bulks                  SIUD
api.tasks                       SIUD
api.tokens                      SI U(last_used_at,last_used_ip,revoked_at)
api.trigger_changes             SIUD
api.users                       SIUD

scheduler.admission             SU
scheduler.edges                 SIUD
scheduler.events_seen           SI U(seen_at) D
scheduler.jobs                  SIUD
scheduler.occurrences           SIUD
scheduler.orders                SIUD
scheduler.run_ends              SIUD
scheduler.runless_ends          SIUD
scheduler.trigger_states        SIUD
scheduler.upstream_ends         SIUD

executor.attempt_ends           SID
executor.confirmed              S U(until)
executor.executors              SIUD
executor.leases                 SIUD
executor.superseded             SID

log.attempts                    SIU
log.dead_letters                SI
log.dead_runs                   SI
log.lines                       I
log.run_tallies                 SIUD
log.runs                        SIU
log.silences                    SIU
log.task_health                 SIU
log.task_statistics             SIU
log.watchdog                    SU

notify.alert_groups             SIUD
notify.alert_members            SIUD
notify.allowances               SIU
notify.deliveries               SIUD
notify.incidents                SIUD
notify.judged                   SID
notify.series                   SIU
notify.watermarks               SU
"""

#: What goes beyond a service's own tables and the views that bear its name.
FURTHER: Final = """
api        api.scheduler_queues        S
api        api.scheduler_switches      S
scheduler  executor.scheduler_leases   U(locked)
"""

#: Whoever is not named here may call none: PUBLIC is told so. Those of triggers need no line; what
#: only functions of the owner's call is nobody's.
FUNCTIONS: Final = """
api         api.forget_audit
api         scheduler.enter_requests
executor    executor.claim
executor    executor.settle_former
executor    executor.store_ends
log_writer  log.drop_line_day
log_writer  log.forget_others
log_writer  log.forget_runs
log_writer  log.make_line_days
log_writer  log.summarize_runs
nobody      log.record_ends
nobody      scheduler.take_orders
"""


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One thing that one role may do."""

    role: str
    """Without the prefix; `PUBLIC` is everybody."""
    privilege: str
    """In SQL's words: SELECT, UPDATE, EXECUTE, USAGE, ..."""
    kind: str
    """TABLE, FUNCTION or SCHEMA, as GRANT wants it. Views are tables to it."""
    name: str
    """With its schema; a function with the types of its arguments."""
    column: str = ""

    def __str__(self) -> str:
        what = f"{self.privilege} ({self.column})" if self.column else self.privilege
        return f"{self.role}\t{what}\t{self.kind.lower()} {self.name}"


PUBLIC: Final = "PUBLIC"
_WORDS: Final = {"S": "SELECT", "I": "INSERT", "U": "UPDATE", "D": "DELETE"}


def rolname(role: str) -> str:
    """Return a role as PostgreSQL knows it."""
    return PUBLIC if role == PUBLIC else f"{PREFIX}{role}"


def stated_tables() -> Mapping[str, frozenset[Right]]:
    """Return what is said of each table by its name; of views what goes beyond their names."""
    stated: dict[str, set[Right]] = {}
    for line in filter(None, TABLES.splitlines()):
        table, rights = line.split(maxsplit=1)
        role = SCHEMAS[table.partition(".")[0]]
        stated.setdefault(table, set()).update(_rights(role, table, rights))
    for line in filter(None, FURTHER.splitlines()):
        role, table, rights = line.split(maxsplit=2)
        stated.setdefault(table, set()).update(_rights(role, table, rights))
    return {table: frozenset(rights) for table, rights in stated.items()}


def stated_functions() -> Mapping[str, str]:
    """Return who may call a function, by its name without arguments."""
    lines = [line.split() for line in filter(None, FUNCTIONS.splitlines())]
    return {function: role for role, function in lines}


def reader_of(view: str) -> str | None:
    """Return for whom a view is, by its name; None: for nobody."""
    own = view.partition(".")[2]
    return next((role for role in SERVICES if own.startswith(f"{role}_")), None)


def _rights(role: str, table: str, said: str) -> set[Right]:
    found = set()
    rest = said.replace(" ", "")
    while rest:
        privilege, rest = _WORDS[rest[0]], rest[1:]
        columns = [""]
        if rest.startswith("("):
            inside, _, rest = rest[1:].partition(")")
            columns = inside.split(",")
        found |= {Right(role, privilege, "TABLE", table, column) for column in columns}
    return found
