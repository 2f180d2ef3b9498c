"""Notification channels: what callers send, and the sealing of their secrets."""
