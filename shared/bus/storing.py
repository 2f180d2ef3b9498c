"""Whether JetStream stores what we publish, by what became of our own messages.

A server can be connected, have every stream and store nothing: once the disk under it was full, it
leaves messages for a stream unanswered until it is started again, room or not. It does so stream
by stream, and no question that we may ask tells; whoever publishes learns it. One batch that failed
is no news (a server that restarts, a leader that is chosen): only what has failed again and again,
with no success in between, counts; and what nobody tried lately is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from shared.bus.topology import STREAMS
from shared.domain.texts import readiness as texts
from shared.domain.texts.catalog import Text
from shared.runtime.trouble import Unready

#: Longer than the choice of a leader and the start of a server take.
BELIEVED_AFTER = timedelta(seconds=10)
#: Longer than anybody rests between two tries of what is not stored yet.
FORGOTTEN_AFTER = timedelta(seconds=30)

_BEGINNINGS = tuple(
    (subject.partition("*")[0].partition(">")[0], stream.name)
    for stream in STREAMS
    for subject in stream.subjects
)


def stream_of(subject: str) -> str | None:
    """Return the name of the stream that takes *subject*; None: none of ours."""
    for beginning, stream in _BEGINNINGS:
        if subject.startswith(beginning):
            return stream
    return None


def _streams(subjects: Iterable[str]) -> set[str]:
    return {stream for subject in subjects if (stream := stream_of(subject))}


@dataclass(slots=True)
class _Refusal:
    """A series of failures without a success."""

    since: float
    latest: float


class Storing:
    """What each stream did with what we published."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._refusals: dict[str, _Refusal] = {}

    def note(self, *, stored: Iterable[str], refused: Iterable[str]) -> None:
        """Learn from the subjects of a batch. A stream that took one message of it is well."""
        failed = _streams(refused)
        if not failed and not self._refusals:
            return  # as nearly always
        well = _streams(stored)
        for stream in well & self._refusals.keys():
            del self._refusals[stream]
        for stream in failed - well:
            self._refused(stream)

    def _refused(self, stream: str) -> None:
        now = self._now()
        known = self._refusals.get(stream)
        if known is None or now - known.latest > FORGOTTEN_AFTER.total_seconds():
            self._refusals[stream] = _Refusal(now, now)
        else:
            known.latest = now

    def troubled(self) -> list[str]:
        """Return the streams that have taken nothing for a while, though we went on trying."""
        now = self._now()
        return sorted(
            stream
            for stream, each in self._refusals.items()
            if each.latest - each.since >= BELIEVED_AFTER.total_seconds()
            and now - each.latest <= FORGOTTEN_AFTER.total_seconds()
        )

    async def check(self) -> None:
        """Be sure that what we publish is stored, as far as we know.

        Raises:
            Unready: streams take nothing; the words name them.
        """
        if streams := ", ".join(self.troubled()):
            words = texts.STORES_NOTHING
            raise Unready(
                Text(words.zh_tw.format(streams=streams), words.en.format(streams=streams)),
                "StoresNothing",
            )
