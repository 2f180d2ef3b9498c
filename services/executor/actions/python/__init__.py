"""Call a function: the action, and the program of its own that calls it."""
