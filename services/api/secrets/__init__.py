"""Secrets: what tasks name and only executors may read. They go in and never come out here."""
