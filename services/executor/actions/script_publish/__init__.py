"""Publishes a version of a script to accounts, step by step, and reads back what they run.

    prepare ─► [assign ─► read back ─► hold, look at the gate] for each step ─► move the pointer
                                └─ the gate fires ─► all go back to what they had

    action.py     the order of things
    rollout.py    what is asked of the platform, and waited for
    params.py     what a task may say
    steps.py      who is in which step; pure
    results.py    what became of each account; pure

What a run does stands in its publication and in the accounts, not here: a later attempt prepares
again, sees how far it got and goes on there.
"""

from services.executor.actions.script_publish.action import ScriptPublish
from services.executor.actions.script_publish.params import ScriptPublishParams

__all__ = ["ScriptPublish", "ScriptPublishParams"]
