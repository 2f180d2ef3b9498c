"""Ask a database: the action, and the program of its own that speaks to the server."""
