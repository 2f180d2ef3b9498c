"""An S3 server in a process of its own, and a bucket in it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from aiobotocore.session import get_session

from deploy.local import ports

SECONDS = 60.0
LOGIN = {
    "aws_access_key_id": "somebody",
    "aws_secret_access_key": "knows",
    "region_name": "us-east-1",
}


@dataclass
class S3Server:
    """Where it listens, and a client of the test's own."""

    port: int
    client: Any

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    async def new_bucket(self) -> str:
        """Create an empty bucket."""
        name = f"backups-{uuid4().hex[:8]}"
        await self.client.create_bucket(Bucket=name)
        return name

    async def keys(self, bucket: str) -> list[str]:
        """Return the names of all objects."""
        listed = await self.client.list_objects_v2(Bucket=bucket)
        return [each["Key"] for each in listed.get("Contents", [])]

    async def uploads(self, bucket: str) -> list[str]:
        """Return the keys of uploads that are neither complete nor aborted."""
        listed = await self.client.list_multipart_uploads(Bucket=bucket)
        return [each["Key"] for each in listed.get("Uploads", [])]


@asynccontextmanager
async def running_s3() -> AsyncIterator[S3Server]:
    """Start it, and end it."""
    port = ports.free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)),
        env={**os.environ, "S3_UPLOAD_PART_MIN_SIZE": "4096"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(SECONDS):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    break
        url = f"http://127.0.0.1:{port}"
        async with get_session().create_client("s3", endpoint_url=url, **LOGIN) as client:
            yield S3Server(port, client)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
