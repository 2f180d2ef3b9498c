"""Accounts of the platform: what is wanted of each, and what its runtime says of it."""
