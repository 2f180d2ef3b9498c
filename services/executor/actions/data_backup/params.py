"""What a task may say of its backups. `{}` is a sensible backup."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from services.executor.actions.data_backup.folder import problem_with_folder
from services.executor.actions.form import DryRun, Label
from shared.contracts.action import ActionParams, SecretName
from shared.domain.texts.backups import CHOICES, FIELDS
from shared.egress.guard import problem_with_url

# A table, perhaps with its schema, perhaps with `*`; no quotes.
_TABLE = re.compile(r"[A-Za-z_*][\w$*]{0,62}(\.[A-Za-z_*][\w$*]{0,62})?")
_RECIPIENT = re.compile(r"age1[a-z0-9]{58}")
_BUCKET = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
_PREFIX = r"^[A-Za-z0-9_=-][A-Za-z0-9_.=-]*(/[A-Za-z0-9_=-][A-Za-z0-9_.=-]*)*$"
_REGION = r"^[a-z0-9-]{1,64}$"


#: What most tasks leave as it is.
_ADVANCED = frozenset(
    {
        *("format", "jobs", "compression", "compress", "exclude_tables", "encrypt_to"),
        *("count_rows", "restore_every_days", "verify_backup_id", "key_secret"),
        *("scratch_dsn_secret", "smoke_sql", "keep_weekly", "keep_monthly", "min_verified"),
        "min_free_mb",
    }
)
_WIDGETS = {"smoke_sql": "code:sql"}


def _label(name: str) -> Label:
    return Label(
        *FIELDS[name],
        widget=_WIDGETS.get(name),
        choices=CHOICES.get(name),
        is_advanced=name in _ADVANCED,
    )


class S3Params(ActionParams):
    """An S3-compatible store."""

    bucket: Annotated[str, _label("s3.bucket")] = Field(pattern=_BUCKET)
    prefix: Annotated[str, _label("s3.prefix")] = Field(
        default="automation", pattern=_PREFIX, max_length=200
    )
    endpoint_url: Annotated[str | None, _label("s3.endpoint_url")] = Field(
        default=None, max_length=2048
    )
    region: Annotated[str, _label("s3.region")] = Field(default="us-east-1", pattern=_REGION)
    access_key_secret: Annotated[SecretName, _label("s3.access_key_secret")]
    secret_key_secret: Annotated[SecretName, _label("s3.secret_key_secret")]

    @field_validator("endpoint_url")
    @classmethod
    def _judge_url(cls, url: str | None) -> str | None:
        if url is not None and (code := problem_with_url(url)):
            raise PydanticCustomError(code, "not a URL that may be called")
        return url


class DataBackupParams(ActionParams):
    """Of what, where to, how, and how many to keep."""

    dsn_secret: Annotated[SecretName | None, _label("dsn_secret")] = None
    folder: Annotated[str, _label("folder")] = "system"
    s3: Annotated[S3Params | None, _label("s3")] = None
    format: Annotated[Literal["custom", "directory"], _label("format")] = "custom"
    jobs: Annotated[int, _label("jobs")] = Field(default=1, ge=1, le=32)
    compression: Annotated[Literal["gzip", "zstd"], _label("compression")] = "gzip"
    compress: Annotated[int, _label("compress")] = Field(default=6, ge=0, le=9)
    exclude_tables: Annotated[list[str], _label("exclude_tables")] = Field(
        default_factory=list, max_length=100
    )
    encrypt_to: Annotated[list[str], _label("encrypt_to")] = Field(
        default_factory=list, max_length=10
    )
    count_rows: Annotated[bool, _label("count_rows")] = True
    verify: Annotated[Literal["manifest", "restore"], _label("verify")] = "manifest"
    restore_every_days: Annotated[int | None, _label("restore_every_days")] = Field(
        default=None, ge=1, le=365
    )
    verify_backup_id: Annotated[UUID | None, _label("verify_backup_id")] = Field(
        default=None, strict=False
    )
    key_secret: Annotated[SecretName | None, _label("key_secret")] = Field(
        default=None, validate_default=True
    )
    scratch_dsn_secret: Annotated[SecretName | None, _label("scratch_dsn_secret")] = None
    smoke_sql: Annotated[str | None, _label("smoke_sql")] = Field(default=None, max_length=10_000)
    keep_last: Annotated[int, _label("keep_last")] = Field(default=7, ge=1, le=1000)
    keep_daily: Annotated[int, _label("keep_daily")] = Field(default=0, ge=0, le=1000)
    keep_weekly: Annotated[int, _label("keep_weekly")] = Field(default=0, ge=0, le=1000)
    keep_monthly: Annotated[int, _label("keep_monthly")] = Field(default=0, ge=0, le=1000)
    min_verified: Annotated[int, _label("min_verified")] = Field(default=1, ge=1, le=100)
    min_free_mb: Annotated[int, _label("min_free_mb")] = Field(default=64, ge=0, le=10**8)
    dry_run: DryRun = False

    @field_validator("folder")
    @classmethod
    def _judge_folder(cls, folder: str) -> str:
        if code := problem_with_folder(folder):
            raise PydanticCustomError(code, "a folder is a relative path without special names")
        return folder

    @field_validator("exclude_tables")
    @classmethod
    def _judge_tables(cls, tables: list[str]) -> list[str]:
        if not all(table.isascii() and _TABLE.fullmatch(table) for table in tables):
            raise PydanticCustomError("table.syntax", "a table is named table or schema.table")
        return tables

    @field_validator("encrypt_to")
    @classmethod
    def _judge_recipients(cls, recipients: list[str]) -> list[str]:
        if not all(_RECIPIENT.fullmatch(each) for each in recipients):
            raise PydanticCustomError("backup.recipient", "an age public key begins with age1")
        return recipients

    @field_validator("key_secret")
    @classmethod
    def _judge_key(cls, name: str | None, info: ValidationInfo) -> str | None:
        # A drill has to read what it restores.
        drills = info.data.get("verify") == "restore" or info.data.get("restore_every_days")
        if name is None and drills and info.data.get("encrypt_to"):
            raise PydanticCustomError("backup.key_needed", "a drill needs the key")
        return name

    @field_validator("smoke_sql")
    @classmethod
    def _judge_smoke_sql(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is None:
            return None
        # A backslash is a command of psql, which may start programs.
        if not text.strip() or "\\" in text or "\x00" in text:
            raise PydanticCustomError("backup.smoke_sql", "SQL without backslashes")
        # Whoever may write a task would otherwise speak SQL with the rights of this system.
        if info.data.get("scratch_dsn_secret") is None:
            raise PydanticCustomError("backup.scratch_needed", "needs scratch_dsn_secret")
        return text

    @property
    def expects(self) -> Literal["manifest", "restore"]:
        """What each single backup has to pass to count as verified."""
        return self.verify if self.restore_every_days is None else "manifest"

    @property
    def drills(self) -> bool:
        """Whether backups are restored for a trial, always or now and then."""
        return (
            self.verify == "restore"
            or self.restore_every_days is not None
            or self.verify_backup_id is not None
        )
