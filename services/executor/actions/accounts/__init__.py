"""`account_start` and `account_stop`: bring accounts into a state, and see that they are in it.

Not fire and forget: the platform is asked for the desired state (`accounts.desire`, under a new
generation), the runtimes hear of it, and the account is looked at until its runtime says that it
is so under that generation, or that it cannot be.

    choose ─► waves ─► desire ─► look, look, look ─► done | failed | needs_operator | superseded
                         └─► noop, held, superseded, skipped: nothing to be done

What is decided here:

- Starts and stops of one account are kept apart by the account itself, not by a lock of the task:
  of two runs that want the opposite the one that was due later wins, at the same instant the stop.
- Without a live runtime nothing is asked for, so that nothing starts hours later. If a runtime is
  lost before it has acted, a wish to run is taken back; what it has acted upon stays wanted.
- A run that is cancelled leaves what it has asked for: those accounts are on their way.
- An attempt after a crash chooses the same accounts in the same order; what is up already is seen
  at the first look.
"""

from services.executor.actions.accounts.start import AccountStart
from services.executor.actions.accounts.stop import AccountStop

__all__ = ["AccountStart", "AccountStop"]
