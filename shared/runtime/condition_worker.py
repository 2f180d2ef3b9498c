"""The process that evaluates conditions, for it may be killed: `shared.runtime.conditions` does.

    stdin    one line per batch: {"texts": [...], "events": [...], "asked": [[text, event], ...]}
    stdout   one line per question, each written before the next one is begun: true, false, or
             [code, detail]; so whoever reads knows which question is the one that takes so long

A question that takes too much of the processor ends the process by itself. It is that time that
counts, so that a condition is not blamed for a busy machine.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from functools import lru_cache

from shared.runtime.cel import Condition, Failed, Unreadable

INT64 = 1 << 63
#: How the process ends that ran out of memory.
EXIT_MEMORY = 3
#: Sets of names that remembered conditions look at; each weighs some 100 KB.
MOST_KINDS = 500

_kinds: set[tuple[str, ...]] = set()


@lru_cache(maxsize=20_000)
def _compiled(text: str) -> Condition | Failed:
    try:
        return Condition(text)
    except Unreadable as error:
        return Failed(error.code, str(error.params.get("detail", "")))


def _condition(text: str) -> Condition | Failed:
    condition = _compiled(text)
    if isinstance(condition, Condition):
        _kinds.add(tuple(condition.names))
        if len(_kinds) > MOST_KINDS:  # all of them again is quicker than a new process
            _kinds.clear()
            _compiled.cache_clear()
    return condition


def _integer(digits: str) -> int | float:
    """Read a number as the language can hold it: it knows integers of 64 bits."""
    if len(digits) > 20:  # noqa: PLR2004 - digits of 2**64; longer ones take long to read
        return float(digits)
    number = int(digits)
    return number if -INT64 <= number < INT64 else float(number)


def _answer(text: str, event: dict[str, object]) -> bool | list[str]:
    condition = _condition(text)
    result = condition if isinstance(condition, Failed) else condition.evaluate(event)
    return [result.code, result.detail] if isinstance(result, Failed) else result


def _serve(seconds: float) -> None:
    for line in sys.stdin.buffer:
        batch = json.loads(line, parse_int=_integer)
        for text, event in batch["asked"]:
            signal.setitimer(signal.ITIMER_PROF, seconds)
            try:
                answer = _answer(batch["texts"][text], batch["events"][event])
            except MemoryError:
                os._exit(EXIT_MEMORY)  # what is left of this process is not to be trusted
            except Exception as error:  # noqa: BLE001 - whatever a condition does, the next one gets its turn
                answer = ["condition.error", type(error).__name__]
            os.write(1, json.dumps(answer).encode() + b"\n")
        signal.setitimer(signal.ITIMER_PROF, 0)


def main() -> None:
    """Serve until the input ends. Arguments: bytes of memory, processor seconds for a question."""
    memory, seconds = int(sys.argv[1]), float(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is the owner's business
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # ends the process, whatever it is doing
    _serve(seconds)


if __name__ == "__main__":
    main()
