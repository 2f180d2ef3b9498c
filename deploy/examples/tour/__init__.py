"""A tour of every way a task runs; see README.md."""
