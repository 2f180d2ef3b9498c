"""Templates of tasks: a shipped gallery, each with parameters, from which one call makes a task."""
