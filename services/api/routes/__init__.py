"""The endpoints, thin: read the request, ask the store, show the row."""
