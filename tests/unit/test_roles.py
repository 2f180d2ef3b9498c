"""What each role may do: a ladder, and nobody climbs it by themselves."""

from __future__ import annotations

import itertools

from services.api.access.auth import NEEDS
from services.api.access.roles import ROLES, SCOPES_OF, capped, expanded, may_grant
from services.api.access.scopes import ALL_SCOPES, allows
from tests.support.cases import table

#: Routes, one for each kind of thing, and the lowest role that may use them.
LOWEST = {
    "list_tasks": "viewer",
    "list_runs": "viewer",
    "list_channels": "viewer",
    "create_my_token": "viewer",
    "run_task": "operator",
    "cancel_run": "operator",
    "pause_queue": "operator",
    "requeue_dead_run": "operator",
    "discard_dead_run": "operator",
    "acknowledge_alert": "operator",
    "start_account": "operator",
    "post_events": "operator",
    "create_task": "editor",
    "delete_task": "editor",
    "update_script": "editor",
    "approve_script": "editor",
    "put_channel": "editor",
    "create_alert_silence": "editor",
    "create_account": "editor",
    "delete_backup": "editor",
    "list_secrets": "editor",
    "put_secret": "editor",
    "list_audit": "admin",
    "export_audit": "admin",
    "create_token": "admin",
    "list_users": "admin",
    "create_user": "admin",
}


@table(("route", "lowest"), LOWEST.items())
def test_a_route_opens_from_its_role_upwards(route: str, lowest: str) -> None:
    opened = [role for role in ROLES if allows(SCOPES_OF[role], NEEDS[route])]

    assert opened == list(ROLES[ROLES.index(lowest) :])


def test_each_role_can_what_the_one_below_can_and_more() -> None:
    for low, high in itertools.pairwise(ROLES):
        assert SCOPES_OF[low] < SCOPES_OF[high]
    assert SCOPES_OF["admin"] == set(ALL_SCOPES)


def test_a_viewer_writes_nothing_but_tokens_of_their_own() -> None:
    assert {each for each in SCOPES_OF["viewer"] if not each.endswith(":read")} == {"tokens:own"}


def test_below_an_admin_nobody_can_make_themselves_one() -> None:
    for role in ("viewer", "operator", "editor"):
        assert not SCOPES_OF[role] & {"admin", "users:admin", "tokens:admin"}
        assert not may_grant(SCOPES_OF[role], "admin")


def test_a_token_is_capped_by_the_role_of_its_owner() -> None:
    assert capped(["admin"], "viewer") == SCOPES_OF["viewer"]
    assert capped(["tasks:write", "tasks:read"], "operator") == {"tasks:read"}
    assert capped(["alerts:write"], "operator") == {"alerts:acknowledge"}
    assert capped(["alerts:write"], "editor") == {"alerts:write", "alerts:acknowledge"}
    assert capped(["admin"], "admin") == set(ALL_SCOPES)


def test_what_is_told_of_rights_names_the_included_ones() -> None:
    assert expanded(["alerts:write"]) == ["alerts:acknowledge", "alerts:write"]
    assert expanded(["admin"]) == sorted(ALL_SCOPES)
