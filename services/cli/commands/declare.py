"""`automation apply`, `diff`, `validate`, `export`: things as files say."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from services.cli.bodies import read_text
from services.cli.desk import Desk
from services.cli.failures import Failed, Misused
from services.cli.kinds import dig
from services.cli.language import both
from services.cli.tree import Leaf, argument, option

if TYPE_CHECKING:
    from services.cli.manifests.documents import Document
    from services.cli.manifests.planning import Step


def _where() -> click.Option:
    return option(
        "-f",
        "--file",
        "files",
        multiple=True,
        required=True,
        metavar="FILE|DIR|-",
        help=both(
            "YAML files, folders with those below, or - for stdin.",
            "YAML 檔案、資料夾（含子資料夾），或 - 表示標準輸入。",
        ),
    )


def _owner() -> click.Option:
    return option(
        "--owner",
        metavar="NAME",
        help=both(
            "Whose these things are, unless a document says.",
            "這些項目的擁有者；文件已註明者除外。",
        ),
    )


def _prune(text: str) -> click.Option:
    return option("--prune", is_flag=True, help=text)


apply = Leaf(
    "apply",
    both(
        "Make things as YAML files say: tasks, calendars, queues, channels, alert rules.\n\n"
        "Shows the plan first; asks if there is somebody to ask. Applying twice changes nothing."
        " What a document does not say stays as it is.",
        "依 YAML 檔案建立或修改任務、行事曆、佇列、通知管道與警示規則。\n\n"
        "會先顯示計畫，並在可互動時詢問。重複套用不會再有變更；文件沒寫到的欄位維持原狀。",
    ),
    [
        _where(),
        _owner(),
        _prune(
            both(
                "Delete what bears the mark of --owner and is in no file; asks.",
                "刪除屬於 --owner 但不在檔案中的項目，會先詢問。",
            )
        ),
    ],
    frozenset({"dry_run"}),
)
diff = Leaf(
    "diff",
    both(
        "Show what apply would change. Exit code 0: nothing, 1: something, 2 and more: an error.",
        "顯示 apply 會變更什麼。結束代碼 0：沒有差異，1：有差異，2 以上：錯誤。",
    ),
    [
        _where(),
        _owner(),
        _prune(
            both("Also what apply --prune would delete.", "也顯示 apply --prune 會刪除的項目。")
        ),
    ],
    frozenset(),
)
validate = Leaf(
    "validate",
    both(
        "Check YAML files, against the API as well; each fault with its line.",
        "檢查 YAML 檔案（含 API 的檢查），並標出行號。",
    ),
    [_where()],
    frozenset(),
)
export = Leaf(
    "export",
    both(
        "Write YAML that apply takes. Kinds: task, calendar, queue, channel, alert-rule;"
        " default: all. Secrets are never written.",
        "匯出為 apply 可用的 YAML。種類：task、calendar、queue、channel、alert-rule，"
        "預設全部。不會匯出機密。",
    ),
    [
        argument("kinds", many=True, required=False, metavar="KIND"),
        option(
            "--into",
            metavar="FILE",
            help=both(
                "Bring this file up to date instead; its comments stay.",
                "改為更新此檔案，並保留註解。",
            ),
        ),
    ],
    frozenset({"query"}),
)


def _planned(
    desk: Desk, files: tuple[str, ...], owner: str | None, *, prune: bool
) -> tuple[list[Step], list[Document]]:
    from services.cli.manifests import documents, ownership, planning  # noqa: PLC0415 - heavy

    if prune and not owner:
        raise Misused(both("--prune needs --owner NAME.", "--prune 需要 --owner 名稱。"))
    read = documents.read_all(files)
    if owner:
        read = documents.owned(read, ownership.checked(owner))
    planner = planning.Planner(desk, read)
    steps = planner.steps()
    if prune and owner:
        steps += planner.surplus(owner)
    return steps, read


def _apply(desk: Desk, *, files: tuple[str, ...], owner: str | None, prune: bool) -> None:
    from services.cli.manifests import applying, showing  # noqa: PLC0415 - heavy

    steps, read = _planned(desk, files, owner, prune=prune)
    to_do = [each for each in steps if each.deed != "same"]
    if desk.wishes.dry_run or desk.out.is_for_people:
        showing.show(desk, steps)
    if desk.wishes.dry_run or not to_do:
        if not desk.wishes.dry_run and not desk.out.is_for_people:
            desk.out.rows(showing.PLAN, [])
        return
    doomed = [each.title for each in to_do if each.deed == "delete"]
    if doomed:
        names = ", ".join(doomed)
        desk.confirm(both(f"Delete {names}?", f"要刪除 {names} 嗎？"))
    elif sys.stdin.isatty() and sys.stderr.isatty():
        desk.confirm(both("Make these changes?", "要套用這些變更嗎？"))
    done: list[dict[str, Any]] = []
    try:
        done.extend(applying.carry_out(desk, to_do, read))
    finally:  # a program is told what was done before something went wrong, too
        if not desk.out.is_for_people:
            desk.out.rows(showing.PLAN, done)
    if desk.out.is_for_people:
        desk.say(both(f"Done: {len(done)} changes.", f"完成 {len(done)} 項變更。"))


def _diff(desk: Desk, *, files: tuple[str, ...], owner: str | None, prune: bool) -> int:
    from services.cli.manifests import showing  # noqa: PLC0415 - heavy

    try:
        steps, _ = _planned(desk, files, owner, prune=prune)
    except Failed as failed:
        # 1 means that there is a difference, and nothing else.
        raise (Misused(failed.text) if failed.exit_code == Failed.exit_code else failed) from None
    showing.show(desk, steps)
    return int(any(each.deed != "same" for each in steps))


def _validate(desk: Desk, *, files: tuple[str, ...]) -> None:
    steps, _ = _planned(desk, files, None, prune=False)
    desk.say(both(f"{len(steps)} documents are right.", f"{len(steps)} 份文件正確。"))


def _export(desk: Desk, *, kinds: tuple[str, ...], into: str | None) -> None:
    from services.cli.manifests import exporting, writing  # noqa: PLC0415 - heavy
    from services.cli.manifests.resources import RESOURCES, resource_of  # noqa: PLC0415

    wanted = [resource_of(each) for each in kinds] or list(RESOURCES.values())
    found = [document for each in wanted for document in exporting.documents(desk, each)]
    if into is None:
        if desk.wishes.output in {"json", "jsonl", "name"}:
            _print(desk, found)
        else:
            sys.stdout.write(writing.text_of(found))
        return
    text = read_text(into) if Path(into).exists() else ""
    # What is not in the file yet is added only if somebody asks for it.
    more = found if kinds or desk.wishes.query is not None or not text else []
    fresh, gone = exporting.renewed(desk, into, text, more)
    for title in gone:
        desk.say(
            both(
                f"{title} is not there any more; its document stays.",
                f"{title} 已不存在，文件予以保留。",
            )
        )
    if fresh != text:
        Path(into).write_text(fresh, encoding="utf-8")
    desk.say(both(f"{into} is up to date.", f"{into} 已是最新。"))


def _print(desk: Desk, found: list[dict[str, Any]]) -> None:
    if desk.wishes.output == "name":
        for each in found:
            desk.out.line(f"{each['kind']}/{dig(each, 'id') or each['name']}")
    else:
        desk.out.document(found)


apply.body = _apply
diff.body = _diff
validate.body = _validate
export.body = _export
