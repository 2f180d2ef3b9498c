"""What a firing trigger becomes in the ledger. Pure."""

from __future__ import annotations

import json
from datetime import datetime

from services.scheduler.job import Entry, Job
from shared.contracts.runs import Origin
from shared.domain.occurrence import Outcome, run_id_for
from shared.domain.trigger import Trigger
from shared.domain.trigger_template import mapped_params
from shared.domain.triggering.records import Firing
from shared.runtime import tracing

EVENT = "event"
THROTTLE = "throttle"


def event_entry(job: Job, trigger: Trigger, firing: Firing, now: datetime) -> Entry:
    """Return the ledger row of *firing*; it holds for *job* as it is at this moment.

    The clock of the bus may be ahead of the database's, by which executors go.
    """
    at = min(firing.at, now)
    run_id = run_id_for(str(job.task_id), EVENT, firing.moment)
    fired = firing.outcome is Outcome.FIRED
    later = firing.not_before if fired and firing.not_before and firing.not_before > now else None
    return Entry(
        run_id=run_id,
        task_id=job.task_id,
        trigger=EVENT,
        scheduled_for=at,
        moment=str(run_id),
        due_at=later or at,
        outcome=firing.outcome,
        reason=firing.reason,
        missed_count=0,
        missed_since=None,
        version=job.version,
        requested_by=None,
        queue=job.queue,
        priority=job.priority,
        held=later is not None,
        waits_for=THROTTLE if later else None,
        not_before=later,
        params=_params(job, trigger, firing) if fired else None,
        origin=Origin(event=dict(firing.event), causes=firing.causes).model_dump_json(
            exclude_defaults=True
        ),
        traceparent=_trace(firing),
    )


def _trace(firing: Firing) -> str | None:
    """Return the trace that the event says it belongs to (CloudEvents' distributed tracing)."""
    return tracing.spelled(firing.event.get("traceparent"))


def _params(job: Job, trigger: Trigger, firing: Firing) -> str | None:
    params = mapped_params(trigger.map, firing.event, json.loads(job.action_config))
    return None if params is None else json.dumps(params, ensure_ascii=False)
