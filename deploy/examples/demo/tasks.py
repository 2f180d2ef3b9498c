"""The tasks of the demo: all types, most actions, and every way in which a run can end.

`upstream` and `dependents` name other tasks by their key.
"""

from __future__ import annotations

from deploy.examples.demo.daily_work import ACCOUNTS, REPORTS
from deploy.examples.demo.operations import EVENTS, OPERATIONS
from deploy.examples.demo.task import DemoTask
from deploy.examples.demo.trouble import TROUBLE

TASKS: tuple[DemoTask, ...] = (*ACCOUNTS, *REPORTS, *OPERATIONS, *EVENTS, *TROUBLE)
