"""Tells people what became of their tasks: by e-mail, webhook, Alertmanager, chat.

owns   schema `notify`: what was judged, incidents, deliveries, allowances, groups of alerts
hears  task.started, task.finished (sooner than it would read them)
reads  log.notifier_runs, log.notifier_silences, scheduler.notifier_occurrences,
       scheduler.notifier_waiting: all of it, in order, so that nothing on the bus is needed to be
       right; api.notifier_alerts, notifier_alert_silences, notifier_alert_settings,
       notifier_resends: as they stand
asked  rpc.notifier.test: send a test message now

    facts ───► rules.decide ──► deliveries, in the transaction that marks the fact as judged
    alerts ──► grouping.look ──► deliveries, in the transaction that notes what the group was told
                                   │
                                   └──► sender ──► channels, until it worked or was tried enough

Any number of notifiers may run. A fact that is heard twice is told once, because the database knows
what was judged; a message may reach its receiver twice if a notifier dies while it sends: each try
of one delivery carries the same id.
"""
