"""How a run over accounts ends, by what became of each. Pure.

all well, or left alone on purpose        success
some well, and that is accepted           success
somebody must log in, nothing else        needs_operator: another attempt cannot help
anything else                             failure: another attempt does what is unfinished
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.executor.actions.targets import UNFINISHED, Target, counts, judge, result
from shared.contracts.accounts_commands import Wanted
from shared.contracts.action import ActionFailed, NeedsOperator, Outcome

#: So many failures are told in the one line that people read first.
_MOST_TOLD: Final = 3
_WORDS: Final = {"running": "started", "stopped": "stopped"}


def end(targets: Sequence[Target], wanted: Wanted, *, accept_partial: bool) -> Outcome:
    """Return the outcome of a run.

    Raises:
        NeedsOperator: some accounts need a person, and no other has failed.
        ActionFailed: some accounts are not where they are wanted.
    """
    word = _WORDS[wanted]
    done = sum(target.outcome == "done" for target in targets)
    message = f"{done} of {len(targets)} accounts {word}" if targets else f"no account to be {word}"
    if targets and done < len(targets):
        message += f" ({counts(targets)})"
    unfinished = [target for target in targets if target.outcome in UNFINISHED]
    told = [f"{each.id}: {each.error}" for each in unfinished if each.outcome != "not_tried"]
    if told:
        more = "; …" if len(told) > _MOST_TOLD else ""
        message += f": {'; '.join(told[:_MOST_TOLD])}{more}"
    data = result(
        targets,
        message=message,
        total_accounts=len(targets),
        **{f"accounts_{word}": done},
    )
    status = judge(targets)
    if not unfinished or (accept_partial and status == "partial"):
        return Outcome(message, data)
    if all(target.outcome == "needs_operator" for target in unfinished):
        raise NeedsOperator(message, data=data)
    raise ActionFailed(message, data=data)
