"""Keeps accounts running: one process of the operating system for each.

owns   no schema; the folder `account-runtime` in its home: what is wanted, what was started, the
       scripts, the output of each account
hears  account.desired.* (sooner than it would ask), account.runtime.* (is there another one?)
answers rpc.account_runtime.output.<server>: the newest lines of a program
asks   rpc.api.accounts.desired: all that is wanted, at start and every 30 s, so that nothing on
       the bus is needed to be right; rpc.api.scripts.text, if the bucket SCRIPTS lacks a text
says   account.state.*, account.runtime.<id>

    wanted ──► plan.decide ──► Account ──► keeper ──► program      (a keeper for each program)
      ▲                          │  ▲                    │
      └── record (a file) ◄──────┘  └──── probes ◄───────┘

A program is no child of the runtime: its keeper (`keeper.py`) is, and lives on when the runtime
ends, in whatever way. A runtime that starts again finds the keepers by the locks that they hold,
and goes on where the other one was.

    stopped ─► starting ─► working ─► stopping ─► stopped
                  │ ▲  ▲       │
                  │ │  └───────┤ ended, unwell, a new script: started again, with pauses
                  ▼ ▼          ▼
              needs_login   quarantined, failed: only a new generation starts it again

`failed` says that starting again by itself would not help (a program that is not allowed, a config
that makes no sense) or is not wanted (`restart.max: 0`); `quarantined`, that it was tried often
enough. While it is tried again the state is `starting`, and `detail` says why.
"""
