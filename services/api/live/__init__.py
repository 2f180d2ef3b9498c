"""What is told while it happens: the log of a run that is being watched."""
