"""Backups in S3-compatible storage.

    <prefix>/<source>/<backup>/database.dump…   uploaded in parts, complete or not there
    <prefix>/<source>/<backup>/manifest.json    last: with it the backup exists

Each source has a place of its own, so whoever holds the lock of the database is the only writer
below it: unfinished uploads and files without a manifest belong to the dead.

Connections go only to addresses that the guard allows: each socket is judged by the very address
that it is for.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pydantic

from services.executor.actions.data_backup.params import S3Params
from services.executor.actions.data_backup.places import (
    MANIFEST,
    NAME,
    VERIFIED,
    Backup,
    Manifest,
    Verification,
)
from shared.contracts.action import ActionFailed
from shared.egress.guard import AllowList

#: A part is 5 MB to 5 GB, and there are at most 10,000 of them.
LEAST_PART = 8 << 20
MOST_PARTS = 10_000
READ = 1 << 20
CONNECT_TIMEOUT = 10  # seconds
READ_TIMEOUT = 60  # seconds
TRIES = 3


def part_size(size: int) -> int:
    """Return how large the parts of a file have to be."""
    return max(LEAST_PART, -(-size // MOST_PARTS))


@asynccontextmanager
async def opened(
    params: S3Params, *, access_key: str, secret_key: str, egress_allow: str
) -> AsyncIterator[S3Place]:
    """Connect; give the place above all sources.

    Raises:
        ActionFailed: the store cannot be used, whenever in the block that is found.
    """
    # Here and in a thread: 20 MB and half a second that most executors never need.
    await asyncio.to_thread(importlib.import_module, "aiobotocore.session")
    from aiobotocore.config import AioConfig  # noqa: PLC0415
    from aiobotocore.session import get_session  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    host = urlsplit(params.endpoint_url or "").hostname or "amazonaws.com"
    guard = _Guard(AllowList.parse(egress_allow), host)
    config = AioConfig(
        connector_args={"socket_factory": guard},
        warm_up_loader_caches=True,
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"total_max_attempts": TRIES, "mode": "standard"},
        s3={"addressing_style": "path" if params.endpoint_url else "auto"},
        # What other stores do not know; we compare SHA-256 ourselves.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        proxies={},
    )
    try:
        async with get_session().create_client(
            "s3",
            region_name=params.region,
            endpoint_url=params.endpoint_url,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=config,
        ) as client:
            yield S3Place(client, params.bucket, params.prefix)
    except ClientError as error:
        told = error.response.get("Error", {})
        code = str(told.get("Code"))
        message = f"the store refused ({error.operation_name}): {code}: {told.get('Message')}"
        raise ActionFailed(message, permanent=code in _PERMANENT) from error
    except (BotoCoreError, OSError) as error:
        if guard.objection is not None:
            raise ActionFailed(
                f"the store may not be called: {guard.objection}", permanent=True
            ) from error
        raise ActionFailed(f"the store was not reached: {error}") from error


_PERMANENT = frozenset(
    {"NoSuchBucket", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied"}
)


class _Guard:
    """Makes the sockets of the client, for addresses that are allowed."""

    def __init__(self, allow: AllowList, host: str) -> None:
        self._allow = allow
        self._host = host
        self.objection: str | None = None
        """Why the last one was not made."""

    def __call__(self, info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = info
        judged = ip_address(str(address[0]).partition("%")[0])
        self.objection = self._allow.objection(self._host, int(address[1]), judged)
        if self.objection is not None:
            raise PermissionError(self.objection)
        made = socket.socket(family, kind, protocol)
        made.settimeout(0)  # as asyncio wants it
        return made


class S3Place:
    """The backups of one source in one bucket."""

    kind: Literal["s3"] = "s3"

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:  # noqa: ANN401 - made of the service's description at run time
        self._s3 = client
        self._bucket = bucket
        self._prefix = prefix
        self.location = f"s3://{bucket}/{prefix}"

    async def sweep(self) -> list[str]:
        """Remove what dead runs have left."""
        gone = []
        pages = self._s3.get_paginator("list_multipart_uploads")
        async for page in pages.paginate(Bucket=self._bucket, Prefix=f"{self._prefix}/"):
            for upload in page.get("Uploads", []):
                await self._abort(upload["Key"], upload["UploadId"])
                gone.append(self._below(upload["Key"]))
        keys = await self._keys()
        whole = {key.partition("/")[0] for key in keys if key.endswith(f"/{MANIFEST}")}
        for key in keys:
            name = key.partition("/")[0]
            if NAME.fullmatch(name) and name not in whole:
                await self._delete(key)
                gone.append(key)
        return gone

    async def backups(self) -> list[Backup]:
        """Return all whole backups, oldest first."""
        keys = await self._keys()
        found = []
        for key in sorted(keys):
            name, _, file = key.partition("/")
            if file != MANIFEST or not NAME.fullmatch(name):
                continue
            with suppress(pydantic.ValidationError):
                manifest = Manifest.model_validate_json(await self._read(key))
                if keys.get(f"{name}/{manifest.file}") != manifest.size:
                    continue
                drilled = None
                if f"{name}/{VERIFIED}" in keys:
                    drilled = await self._verification(f"{name}/{VERIFIED}")
                found.append(Backup(name, manifest, drilled))
        return found

    async def _verification(self, key: str) -> Verification | None:
        """Return what a drill found; what cannot be read must not hide the backup."""
        text = await self._read(key)
        with suppress(pydantic.ValidationError):
            return Verification.model_validate_json(text)
        return None

    async def store(self, written: Path, manifest: Manifest) -> Backup:
        """Upload the file, read it back, then let the backup appear."""
        key = f"{manifest.id}/{manifest.file}"
        await self._upload(written / manifest.file, key)
        try:
            await self._appear(key, manifest)
        except BaseException:
            with suppress(Exception):  # it is swept by the next run, then
                await asyncio.shield(self.remove(manifest.id))
            raise
        return Backup(manifest.id, manifest)

    async def _appear(self, key: str, manifest: Manifest) -> None:
        if await self._checksum(key) != manifest.sha256:
            raise ActionFailed("the stored file is not what was sent: its SHA-256 differs")
        await self._put(f"{manifest.id}/{MANIFEST}", manifest.model_dump_json(indent=2))

    async def fetch(self, backup: Backup, into: Path) -> Path:
        """Return a local copy of the file."""
        target = into / f"fetched-{backup.manifest.file}"
        with target.open("xb") as file:
            target.chmod(0o600)
            async for chunk in self._chunks(f"{backup.name}/{backup.manifest.file}"):
                await asyncio.to_thread(file.write, chunk)
        return target

    async def mark(self, backup: Backup, verification: Verification) -> Backup:
        """Keep what a drill found."""
        await self._put(f"{backup.name}/{VERIFIED}", verification.model_dump_json(indent=2))
        return replace(backup, drilled=verification)

    async def remove(self, name: str) -> bool:
        """Remove a backup, its manifest first: without it, it is none any more."""
        keys = [key for key in await self._keys() if key.startswith(f"{name}/")]
        for key in sorted(keys, key=lambda each: not each.endswith(f"/{MANIFEST}")):
            await self._delete(key)
        return bool(keys)

    async def sources(self) -> list[str]:
        """Return what there are backups of, if this is the place above all sources."""
        return sorted({key.partition("/")[0] for key in await self._keys() if "/" in key})

    def of(self, source: str) -> S3Place:
        """Return the place of one source, if this is the place above all of them."""
        return S3Place(self._s3, self._bucket, f"{self._prefix}/{source}")

    async def _upload(self, file: Path, key: str) -> None:
        size = part_size(os.stat(file).st_size)  # noqa: PTH116 - pathlib's is linted as blocking
        where = {"Bucket": self._bucket, "Key": f"{self._prefix}/{key}"}
        upload = (await self._s3.create_multipart_upload(**where))["UploadId"]
        parts: list[dict[str, Any]] = []
        try:
            with file.open("rb") as source:
                while chunk := await asyncio.to_thread(source.read, size):
                    number = len(parts) + 1
                    sent = await self._s3.upload_part(
                        **where, UploadId=upload, PartNumber=number, Body=chunk
                    )
                    parts.append({"PartNumber": number, "ETag": sent["ETag"]})
            await self._s3.complete_multipart_upload(
                **where, UploadId=upload, MultipartUpload={"Parts": parts}
            )
        except BaseException:
            with suppress(Exception):  # it is swept by the next run, then
                await asyncio.shield(self._abort(where["Key"], upload))
            raise

    async def _abort(self, key: str, upload: str) -> None:
        await self._s3.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload)

    async def _keys(self) -> dict[str, int]:
        """Return what lies below the place: names and sizes."""
        found = {}
        pages = self._s3.get_paginator("list_objects_v2")
        async for page in pages.paginate(Bucket=self._bucket, Prefix=f"{self._prefix}/"):
            for each in page.get("Contents", []):
                found[self._below(each["Key"])] = each["Size"]
        return found

    def _below(self, key: str) -> str:
        return key.removeprefix(f"{self._prefix}/")

    async def _put(self, key: str, text: str) -> None:
        await self._s3.put_object(
            Bucket=self._bucket, Key=f"{self._prefix}/{key}", Body=text.encode()
        )

    async def _delete(self, key: str) -> None:
        await self._s3.delete_object(Bucket=self._bucket, Key=f"{self._prefix}/{key}")

    async def _read(self, key: str) -> bytes:
        return b"".join([chunk async for chunk in self._chunks(key)])

    async def _checksum(self, key: str) -> str:
        digest = hashlib.sha256()
        async for chunk in self._chunks(key):
            digest.update(chunk)
        return digest.hexdigest()

    async def _chunks(self, key: str) -> AsyncIterator[bytes]:
        answer = await self._s3.get_object(Bucket=self._bucket, Key=f"{self._prefix}/{key}")
        async with answer["Body"] as body:
            while chunk := await body.read(READ):
                yield chunk
