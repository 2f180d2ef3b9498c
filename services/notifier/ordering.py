"""Orders messages, as many as their channels take; of the others one message tells the number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from services.notifier.allowance import PERIOD, Fold, Ordered, fold
from services.notifier.letter import MORE, more_letter
from services.notifier.store.judgements import Judgement


async def order(judgement: Judgement, messages: Sequence[Ordered]) -> None:
    """Order *messages* in the transaction that decides them."""
    new = Counter(each.channel for each in messages)
    into, folds = fold(messages, await judgement.allow(new, PERIOD))
    await judgement.order(messages, into)
    later = [_standing(each) for each in folds]
    await judgement.order_later(later, [each.since + PERIOD for each in folds])


def _standing(each: Fold) -> Ordered:
    """Return the message that stands for those that were folded."""
    letter = more_letter(each.channel, run_id=each.id, since=each.since)
    return Ordered(
        id=each.id,
        run_id=each.id,
        task_id=each.first.task_id,
        event=MORE,
        channel=each.channel,
        facts=letter.model_dump_json(),  # of no group: what comes later must not wait for it
    )
