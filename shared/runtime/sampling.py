"""The sampler of a service: numbers of the database, looked up now and then, at a bounded price.

Ledger counts and the like are the same from every replica and cost a query, so nobody asks for them
while scraping. Each service has one `Sampler` in its loops; a query of it must stay cheap however
much lies in its table (a partial index, a limit), and rests longer if it was not. What fails leaves
its numbers as they were, and `automation_sample_timestamp_seconds` tells how old they are.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from prometheus_client import Gauge

from shared.runtime.metrics import REGISTRY

Sample = Callable[[], Awaitable[None]]

REST = timedelta(seconds=10)
#: A sample may take this share of the time.
SHARE = 0.02

SAMPLED_AT = Gauge(
    "automation_sample_timestamp_seconds",
    "When numbers that are looked up in the database now and then were last looked up.",
    ["sample"],
    registry=REGISTRY,
)


class Sampler:
    """One step: every sample once."""

    def __init__(self, samples: Mapping[str, Sample]) -> None:
        self._samples = samples

    async def step(self) -> timedelta:
        """Look everything up; rest so long that it costs next to nothing.

        Raises:
            Exception: the first trouble, once all the others have been looked up.
        """
        clock = asyncio.get_running_loop().time
        begun = clock()
        trouble: Exception | None = None
        for name, sample in self._samples.items():
            try:
                await sample()
            except Exception as error:  # noqa: BLE001 - raised below
                trouble = trouble or error
            else:
                SAMPLED_AT.labels(name).set(time.time())
        if trouble is not None:
            raise trouble
        return max(REST, timedelta(seconds=(clock() - begun) / SHARE))
