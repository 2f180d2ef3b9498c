"""What whoever runs the system relies on: old rows go, copies come back, upgrades stop nobody."""
