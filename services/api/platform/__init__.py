"""What actions ask of the platform over the bus, answered within one transaction each."""
