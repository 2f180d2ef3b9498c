"""The platform's own things over HTTP, and the actions that ask for them over the bus."""
