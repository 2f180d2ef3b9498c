"""What belongs to one person is not there for another, whatever their role, and stays as it was.

Everything else belongs to the installation: who has the scope may have it. A new kind of thing in
a path has to say here which of the two it is.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio

from tests.contract.test_roles import rows
from tests.integration.api.client import BASE
from tests.integration.api.people import People, Person, serving_people

#: In a path, what belongs to the installation.
EVERYBODYS: Final = {
    *("account_id", "alert_id", "backfill_id", "backup_id", "bulk_id", "executor_id"),
    *("letter_id", "name", "notification_id", "rule_id", "run_id", "script_id", "sequence"),
    *("silence_id", "task_id", "template_id", "version", "user_id"),
}
#: What belongs to somebody, and the operations with which it is reached.
ONES_OWN: Final = {
    "session_id": {"revoke_session"},
    "token_id": {"revoke_my_token"},
    "view_id": {"update_saved_view", "delete_saved_view"},
}
#: Reaches tokens of all, for whoever has tokens:admin.
OF_ADMINS: Final = {"revoke_token"}


@pytest_asyncio.fixture(loop_scope="session")
async def people(database: str) -> AsyncIterator[People]:
    async with serving_people(database) as people:
        await people.person("keeper", "admin")
        yield people


def test_every_thing_in_a_path_says_whose_it_is() -> None:
    found: dict[str, set[str]] = {}
    for row in rows():
        for name in re.findall(r"{(\w+)}", row.path):
            found.setdefault(name, set()).add(row.name)

    assert found.keys() == EVERYBODYS | ONES_OWN.keys()
    assert {name: found[name] - OF_ADMINS for name in ONES_OWN} == ONES_OWN


async def made_by(owner: Person) -> dict[str, str]:
    """Have somebody make one of each; return the paths."""
    token = await owner.browser.post(
        f"{BASE}/me/tokens", json={"name": "mine", "scopes": ["tasks:read"]}
    )
    view = await owner.browser.post(
        f"{BASE}/saved-views", json={"name": "mine", "page": "tasks", "query": "q=x"}
    )
    sessions = await owner.browser.get(f"{BASE}/sessions")
    return {
        "token_id": f"{BASE}/me/tokens/{token.json()['id']}",
        "view_id": f"{BASE}/saved-views/{view.json()['id']}",
        "session_id": f"{BASE}/sessions/{sessions.json()['items'][0]['id']}",
    }


@pytest.mark.parametrize("role", ["viewer", "operator", "editor"])
async def test_what_is_ones_own_is_not_there_for_others(people: People, role: str) -> None:
    ann, other = await people.person("ann", "editor"), await people.person("other", role)
    paths = await made_by(ann)

    for name, path in paths.items():
        answer = await other.browser.delete(path)
        assert answer.status_code == 404, (name, answer.text)
        unknown = await other.browser.delete(f"{path[:-8]}00000000")
        assert (unknown.status_code, unknown.json()["detail"]) == (404, answer.json()["detail"])
    changed = await other.browser.put(paths["view_id"], json={"name": "theirs", "shared": True})
    assert changed.status_code == 404
    for listed in ("me/tokens", "saved-views"):
        assert "mine" not in (await other.browser.get(f"{BASE}/{listed}")).text
    listed = (await other.browser.get(f"{BASE}/sessions")).json()["items"]
    assert {each["user_name"] for each in listed} == {"other"}
    theirs = await other.browser.get(f"{BASE}/sessions", params={"user_id": ann.id})
    assert theirs.status_code == 403

    # All of it is as it was.
    for name, path in paths.items():
        assert (await ann.browser.delete(path)).status_code == 204, name


async def test_an_administrator_has_no_way_to_ones_own_tokens_but_the_one_for_all(
    people: People,
) -> None:
    ann, admin = await people.person("ann", "editor"), await people.person("admin", "admin")
    path = (await made_by(ann))["token_id"]

    assert (await admin.browser.delete(path)).status_code == 404
    for_all = path.replace("/me/tokens/", "/tokens/")
    assert (await ann.browser.delete(for_all)).status_code == 403
    assert (await admin.browser.delete(for_all)).status_code == 204
