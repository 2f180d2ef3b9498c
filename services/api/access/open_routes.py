"""The routes for which no scope is needed, by name: those for anybody, and those about oneself."""

from __future__ import annotations

#: The only routes that ask nobody who they are: the two probes, and what it takes to get in.
PUBLIC = frozenset(
    {
        "alive",
        "ready",
        "get_setup",
        "set_up",
        "log_in",
        "peek_password_link",
        "use_password_link",
        "list_log_in_ways",
        "start_oidc",
        "finish_oidc",
        "leave_oidc",
    }
)

#: Routes about whoever asks, open to everybody who is somebody.
ABOUT_ONESELF = frozenset(
    {
        "get_session",
        "log_out",
        "list_sessions",
        "revoke_session",
        "update_me",
        "change_password",
    }
)
