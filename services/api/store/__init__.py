"""The only SQL of the API; one file per family of tables."""
