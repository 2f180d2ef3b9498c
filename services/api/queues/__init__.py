"""Queues, calendars and the pause: what callers send and are shown."""
