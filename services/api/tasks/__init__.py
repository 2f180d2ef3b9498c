"""Tasks: what callers send of them, how it is judged, what a change does, how they are shown."""
