"""A task in the editor: as YAML, with what there is to know as comments.

What the API refuses is shown in the file, at its top, and the editor opens again; a text that
cannot be saved is kept. The change is made only to the version that was opened.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.cli import kinds
from services.cli.client import Answer, path
from services.cli.contexts import TOKEN, book_file, read_book
from services.cli.desk import Desk
from services.cli.failures import Conflicting, Failed, Misused
from services.cli.finding import TASKS
from services.cli.language import both
from services.cli.manifests.documents import load, plain
from services.cli.manifests.resources import RESOURCES, spec_of
from services.cli.manifests.writing import text_of

_RESOURCE = RESOURCES["task"]
_ERROR = "#! "


def edit_task(desk: Desk, found: Answer) -> None:
    """Open a task in the editor; save what comes of it.

    Raises:
        Failed: nothing was saved; the text, if it was changed, is kept, and where is told.
    """
    before = {"name": found.body["name"], **spec_of(_RESOURCE, found.body)}
    with tempfile.TemporaryDirectory(prefix="automation-edit-") as folder:
        file = Path(folder) / f"{found.body['id']}.yaml"
        file.write_text(_head(found.body) + text_of([before]), encoding="utf-8")
        _until_saved(desk, found, before, file)


def _until_saved(desk: Desk, found: Answer, before: dict[str, Any], file: Path) -> None:
    refused: str | None = None
    while True:
        _open(file)
        text = file.read_text(encoding="utf-8")
        if text == refused:
            raise Failed(
                both(
                    f"Not saved. Your text: {_kept(text)}", f"未儲存。您的內容保存在：{_kept(text)}"
                )
            )
        try:
            changes = changed(before, _read(file.name, text))
            if not changes:
                desk.say(both("Nothing was changed.", "沒有變更。"))
                return
            answer = desk.change("PUT", TASKS + path(found.body["id"]), changes, etag=found.etag)
        except Conflicting as failed:
            raise Conflicting(
                failed.text
                + "\n"
                + both(f"Your text: {_kept(text)}", f"您的內容保存在：{_kept(text)}")
            ) from None
        except Misused as failed:
            refused = _with_errors(text, failed.text)
            file.write_text(refused, encoding="utf-8")
            if not sys.stdin.isatty():
                raise Misused(
                    failed.text
                    + "\n"
                    + both(f"Your text: {_kept(text)}", f"您的內容保存在：{_kept(text)}")
                ) from None
            continue
        if answer is not None:
            desk.out.one(kinds.TASK, answer.body)
        return


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that differ; one that was taken out is as if it had never been set."""
    fields = {key: value for key, value in after.items() if before.get(key) != value}
    for key in before:
        if key not in after:
            fields[key] = _RESOURCE.defaults.get(key, _EMPTY.get(key))
    return fields


#: What a field is that was never set, if not null.
_EMPTY: Mapping[str, Any] = {
    "action_config": {},
    "dependent_tasks": [],
    "notify_recipients": [],
}


def _read(name: str, text: str) -> dict[str, Any]:
    documents = load(name, text)
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise Misused(both("The file has no fields.", "檔案沒有任何欄位。"))
    fields: dict[str, Any] = plain(documents[0])
    unknown = ", ".join(key for key in fields if key not in {"name", *_RESOURCE.fields})
    if unknown:
        raise Misused(both(f"unknown: {unknown}", f"不認得：{unknown}"))
    return fields


def _open(file: Path) -> None:
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor and sys.stdin.isatty():
        editor = "vi"
    if not editor:
        raise Misused(
            both("Set EDITOR, or use --set or --file.", "請設定 EDITOR，或使用 --set、--file。")
        )
    try:
        command = [*shlex.split(editor), str(file)]
        done = subprocess.run(command, check=False, env=_without_tokens())  # noqa: S603 - the person's own editor
    except (OSError, ValueError) as error:
        raise Failed(f"{editor}: {getattr(error, 'strerror', None) or error}") from None
    if done.returncode:
        raise Failed(
            both(
                f"{editor} ended with {done.returncode}; nothing was saved.",
                f"{editor} 以 {done.returncode} 結束，未儲存。",
            )
        )


def _without_tokens() -> dict[str, str]:
    """Return the environment of a program that asks no API: its plugins need no token of ours."""
    named = {each.token_env for each in read_book(book_file(os.environ)).contexts.values()}
    return {name: value for name, value in os.environ.items() if name not in {TOKEN, *named}}


def _head(task: Mapping[str, Any]) -> str:
    others = ", ".join(name for name in _RESOURCE.fields if task.get(name) in (None, [], {}))
    lines = [
        both(
            f"Task {task['id']}, version {task['version']}.",
            f"任務 {task['id']}，第 {task['version']} 版。",
        ),
        both(
            "Save and close to change it; close without a change to leave it.",
            "儲存並關閉即套用；不修改直接關閉則維持原狀。",
        ),
        both(
            "A field that you take out is as if it had never been set.",
            "刪除的欄位會恢復為未設定。",
        ),
        both(f"Further fields: {others}", f"其他欄位：{others}"),
    ]
    return "".join(f"# {line}\n" for line in lines)


def _with_errors(text: str, errors: str) -> str:
    rest = "".join(line for line in text.splitlines(keepends=True) if not line.startswith(_ERROR))
    return "".join(f"{_ERROR}{line}\n" for line in errors.splitlines()) + rest


def _kept(text: str) -> str:
    handle, name = tempfile.mkstemp(prefix="automation-edit-", suffix=".yaml")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return name
