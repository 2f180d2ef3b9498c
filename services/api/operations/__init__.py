"""What operators look at and switch: the dashboard, executors, dead letters, the whole graph."""
