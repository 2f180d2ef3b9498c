"""Dashboards for Grafana: `boards.py` says what they show, the JSON files are made of it."""
