"""The way of an event through a trigger, in the fixed order.

    count (threshold, proactive) ─► rate_limit ─► batch ─► debounce ─► throttle ─► fires

Pure: it reads and writes `States`, which somebody has loaded and will store.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.domain.event import Event
from shared.domain.instant import format_instant
from shared.domain.occurrence import Outcome
from shared.domain.trigger import Posture, Trigger
from shared.domain.trigger_template import Path, key_of
from shared.domain.triggering import machines
from shared.domain.triggering.machines import State
from shared.domain.triggering.records import (
    BATCH,
    COUNT,
    DEBOUNCE,
    RATE,
    THROTTLE,
    WHOLE,
    Firing,
    StateKey,
    States,
    Watched,
)
from shared.domain.triggering.silence import silence

#: An event that more tasks than these have led to, one after the other, starts none any more.
LONGEST_CHAIN = 8

LOOP = "trigger.loop"
RATE_LIMITED = "trigger.rate_limited"


def is_loop(event: Event, task_id: UUID) -> bool:
    """Return whether *event* was caused by the task itself, or by too many tasks in a row."""
    return task_id in event.causes or len(event.causes) > LONGEST_CHAIN


def keys_of(watched: Watched, event: Mapping[str, object]) -> list[StateKey]:
    """Return the states that *event* can touch."""
    trigger = watched.trigger
    keys: list[StateKey] = []
    if trigger.within is not None and (trigger.threshold > 1 or _is_proactive(trigger)):
        keys.append(_count_key(watched, event))
    if trigger.rate_limit:
        keys.append(_key(watched, RATE, event, trigger.rate_limit.key))
    if trigger.batch:
        keys.append(_key(watched, BATCH, event, trigger.batch.key))
    if trigger.debounce:
        keys.append(StateKey(watched.task_id, DEBOUNCE, key_of(event, trigger.for_each)))
    if trigger.throttle:
        keys.append(_key(watched, THROTTLE, event, trigger.throttle.key))
    return keys


def feed(watched: Watched, event: Event, at: datetime, states: States) -> list[Firing]:
    """Let *event*, whose condition holds, run through the trigger."""
    said = event.as_json()
    if is_loop(event, watched.task_id):
        return [Firing(event.key, at, said, event.causes, None, Outcome.SKIPPED_CONDITION, LOOP)]
    firing = Firing(event.key, at, said, event.causes)
    if _is_proactive(watched.trigger):
        return _heard(watched, firing, states)
    if not _counts(watched, firing, states):
        return []
    return _onwards(watched, firing, states)


def ripen(watched: Watched, key: StateKey, states: States) -> list[Firing]:
    """Let go of what is due; the caller has made sure that it is."""
    state = states.get(key)
    if state is None or state.due_at is None:
        return []
    if key.kind == COUNT:
        missing = silence(watched, key.key, state.due_at)
        # What was heard of once and fell silent is new when it is heard of again; a trigger without
        # keys remembers that its silence was said.
        states.put(key, None if key.key != WHOLE else State(watched.version, {"count": 0}))
        return _limited(watched, missing, states)
    return [throttled(watched, _let_go(key, states, state.due_at), states)]


def armed(watched: Watched, now: datetime) -> tuple[StateKey, State]:
    """Return the state of a proactive trigger that begins to wait."""
    within = watched.trigger.within
    due_at = now + within if within else None
    return StateKey(watched.task_id, COUNT, WHOLE), State(watched.version, {"count": 0}, due_at)


def pending_event(watched: Watched, key: StateKey, state: State) -> Mapping[str, Any]:
    """Return the event with which *key* will fire: its own keys are known from it."""
    if key.kind == COUNT and state.due_at is not None:
        return silence(watched, key.key, state.due_at).event
    event: Mapping[str, Any] = state.body["items"][-1]["event"]
    return event


def is_proactive_as_a_whole(trigger: Trigger) -> bool:
    """Return whether the trigger waits for an event from the moment it is there."""
    return _is_proactive(trigger) and not trigger.for_each


def _is_proactive(trigger: Trigger) -> bool:
    return trigger.posture is Posture.PROACTIVE


def _key(watched: Watched, kind: str, event: Mapping[str, object], path: Path | None) -> StateKey:
    return StateKey(watched.task_id, kind, key_of(event, [path] if path else []))


def _count_key(watched: Watched, event: Mapping[str, object]) -> StateKey:
    return StateKey(watched.task_id, COUNT, key_of(event, watched.trigger.for_each))


def _heard(watched: Watched, firing: Firing, states: States) -> list[Firing]:
    trigger = watched.trigger
    if trigger.within is None:
        return []
    key = _count_key(watched, firing.event)
    silent_since, state = machines.expected(
        states.get(key), firing.at, trigger.threshold, trigger.within, watched.version
    )
    states.put(key, state)
    if silent_since is None:
        return []
    return _limited(watched, silence(watched, key.key, silent_since), states)


def _counts(watched: Watched, firing: Firing, states: States) -> bool:
    trigger = watched.trigger
    if trigger.threshold == 1 or trigger.within is None:
        return True
    key = _count_key(watched, firing.event)
    enough, state = machines.counted(
        states.get(key), firing.at, trigger.threshold, trigger.within, watched.version
    )
    states.put(key, state)
    return enough


def _limited(watched: Watched, firing: Firing, states: States) -> list[Firing]:
    """Let what cannot be collected pass rate_limit and throttle."""
    if not _passes(watched, firing, states):
        return [firing._replace(outcome=Outcome.THROTTLED, reason=RATE_LIMITED)]
    return [throttled(watched, firing, states)]


def _onwards(watched: Watched, firing: Firing, states: States) -> list[Firing]:
    trigger = watched.trigger
    if not _passes(watched, firing, states):
        return [firing._replace(outcome=Outcome.THROTTLED, reason=RATE_LIMITED)]
    if trigger.batch:
        ready = _batched(watched, firing, states)
    elif trigger.debounce:
        ready = _debounced(watched, firing, states)
    else:
        ready = [firing]
    return [throttled(watched, each, states) for each in ready]


def _passes(watched: Watched, firing: Firing, states: States) -> bool:
    limit = watched.trigger.rate_limit
    if limit is None:
        return True
    key = _key(watched, RATE, firing.event, limit.key)
    passes, state = machines.admitted(states.get(key), firing.at, limit, watched.version)
    if passes:
        states.put(key, state)
    return passes


def _batched(watched: Watched, firing: Firing, states: States) -> list[Firing]:
    batch = watched.trigger.batch
    if batch is None:
        return [firing]
    key = _key(watched, BATCH, firing.event, batch.key)
    ready = _overdue(key, firing.at, states)
    item = _item(firing)
    state = machines.collected(states.get(key), item, firing.at, batch.timeout, watched.version)
    states.put(key, state)
    if machines.is_full(state, batch.max_size):
        ready.append(_let_go(key, states, firing.at))
    return ready


def _debounced(watched: Watched, firing: Firing, states: States) -> list[Firing]:
    quiet = watched.trigger.debounce
    if quiet is None:
        return [firing]
    key = StateKey(watched.task_id, DEBOUNCE, key_of(firing.event, watched.trigger.for_each))
    ready = _overdue(key, firing.at, states)
    state = machines.settling(
        states.get(key),
        _item(firing),
        firing.at,
        quiet=quiet,
        timeout=watched.trigger.debounce_timeout,
        version=watched.version,
    )
    states.put(key, state)
    return ready


def throttled(watched: Watched, firing: Firing, states: States) -> Firing:
    """Return *firing* as it may start: at once, or not before its limit allows."""
    limit = watched.trigger.throttle
    if limit is None:
        return firing
    key = _key(watched, THROTTLE, firing.event, limit.key)
    start, state = machines.delayed(states.get(key), firing.at, limit, watched.version)
    states.put(key, state)
    return firing._replace(not_before=start) if start > firing.at else firing


def _item(firing: Firing) -> dict[str, Any]:
    """Return what is kept of an event that waits."""
    return {
        "event": firing.event,
        "moment": firing.moment,
        "at": format_instant(firing.at),
        "causes": [str(each) for each in firing.causes],
    }


def _overdue(key: StateKey, at: datetime, states: States) -> list[Firing]:
    """Let go of what was due before an event of *at*, if nobody has looked since."""
    state = states.get(key)
    if state is None or state.due_at is None or at < state.due_at:
        return []
    return [_let_go(key, states, state.due_at)]


def _let_go(key: StateKey, states: States, at: datetime) -> Firing:
    """Return what was collected under *key* as one firing, and forget it."""
    state = states.found[key]
    states.put(key, None)
    items = state.body["items"]
    last = items[-1]
    event = last["event"]
    if key.kind == BATCH:
        event = {**event, "events": [each["event"] for each in items]}
    return Firing(last["moment"], at, event, _all_causes(items))


def _all_causes(items: Iterable[Mapping[str, Any]]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(UUID(each) for item in items for each in item["causes"]))
