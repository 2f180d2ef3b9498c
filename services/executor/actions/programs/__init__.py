"""A program and all that it starts, ended with the run that started it."""
