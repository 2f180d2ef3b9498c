"""Alerts as Prometheus has them: samples, rules, and the machine from pending to resolved. Pure."""
