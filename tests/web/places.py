"""Every address of the page that needs no id, as `services/web/src/app/routes.tsx` has them."""

from __future__ import annotations

PLACES = (
    "/",
    "/tasks",
    "/tasks/new",
    "/templates",
    "/events",
    "/calendars",
    "/runs",
    "/timeline",
    "/graph",
    "/queues",
    "/executors",
    "/dead-letters",
    "/accounts",
    "/runtimes",
    "/scripts",
    "/backups",
    "/alerts",
    "/alert-rules",
    "/alert-silences",
    "/alert-settings",
    "/channels",
    "/secrets",
    "/users",
    "/tokens",
    "/audit",
    "/profile",
)
