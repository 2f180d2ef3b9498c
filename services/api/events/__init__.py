"""Events over HTTP: taken in, read back, and tried on triggers."""
