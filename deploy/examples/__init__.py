"""Programs to read and to run: how others use this system."""
