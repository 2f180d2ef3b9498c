"""The operators' page in a real browser, on a real system."""
