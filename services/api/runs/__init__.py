"""Runs: asked for, stopped, tried anew, and shown with all that happened to them."""
