"""Remembers: each run, its attempts and lines, statistics of tasks, and what nobody could handle.

owns   schema `log`: runs, attempts, lines, task_statistics, dead_runs, dead_letters, watchdog,
       silences
hears  task.started, task.log; dead.> and the advisories of JetStream. How runs end the executors
       write, by a function of this schema's (`log.record_ends`)
says   task.logged (core NATS: for pages that are open just now); what the watchdog finds:
       event.automation.schedule.silent, .resumed, .late, .missed

Any number of log writers may run: every message may come twice, late or in any order, and ends in
the same rows, because the rows are ranked and the database settles who was first.
"""
