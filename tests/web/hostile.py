"""Texts that a page must show as they are: nothing of them may run, hide, or break the layout.

Names and descriptions come from anybody with a token, labels of alerts and lines of logs from
anywhere. Each text is what the API takes for a name, unless it says otherwise.

    for text in hostile.NAMES: …make a task of that name, open its page…
    async with hostile.watched(page) as seen: …
    assert seen.nothing_ran, seen
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import ConsoleMessage, Dialog, Error, Page

#: What a text would call if it came to run; `watched` hears of it.
TRAP = "__hostile"

MARKUP = (
    f"<img src=x onerror=window.{TRAP}('img')>",
    f"<script>window.{TRAP}('script')</script>",
    f"\"><svg onload=window.{TRAP}('svg')>",
    f"'-window.{TRAP}('quote')-'",
    f"</title><script>window.{TRAP}('title')</script>",
    f"<a href=\"javascript:window.{TRAP}('link')\">click</a>",
    f"<iframe srcdoc=\"<script>parent.{TRAP}('frame')</script>\">",
    "<b>bold</b> <!-- gone --> <style>*{display:none}</style>",
)
#: An engine that fills blanks would show a number, or nothing.
TEMPLATES = (
    "{{ 7*7 }} ${7*7} #{7*7} <%= 7*7 %> {% raw %}",
    "{{ params.secret }} $t(common.save) {{count}}",
    "%s %d %(name)s {0} {name!r} \\u003cb\\u003e",
)
#: Shown as written: nothing of it is decoded.
ENTITIES = ("&lt;b&gt; &amp;amp; &#x27; &nbsp;", "a &copy b &notit;")
ADDRESSES = (f"javascript:window.{TRAP}('url')", "data:text/html,<script>1</script>", "//evil.test")
#: One word that fits nowhere; a sentence without a blank; a wide one.
LONG = ("W" * 200, "長" * 200, "averyveryverylongword-" * 9)
#: Joined and modified emoji, flags, combining marks, tone marks, rare characters, full width.
SCRIPTS = (
    "👩‍👩‍👧‍👦👍🏽🏳️‍🌈🇹🇼 e\u0301 Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘",
    "ㄅㄆㄇㄈ ˊˇˋ˙ 臺灣「注音」𠮷𡃁 ﾊﾝｶｸ ＦＵＬＬ",
    "שלום عربي mixed 12 (a) ABC",
)
#: The API may refuse these in names: they hide how a text goes on.
OVERRIDES = ("abc\u202egnp.exe", "a\u2066b\u2069c", "zero\u200bwidth\ufeff")
#: Look like what a program would read.
WORDS = (
    "null",
    "undefined",
    "__proto__",
    "constructor",
    "0",
    "-1",
    "NaN",
    "true",
    "…",
    "' OR 1=1 --",
)
SPREADSHEET = ("=1+1", "+SUM(A1)", "@cmd", '=HYPERLINK("http://evil.test")')

#: All that any installation takes as a name.
NAMES: tuple[str, ...] = (
    *MARKUP,
    *TEMPLATES,
    *ENTITIES,
    *ADDRESSES,
    *LONG,
    *SCRIPTS,
    *WORDS,
    *SPREADSHEET,
)


@dataclass
class Seen:
    """What happened on a page while it was watched."""

    trapped: list[str] = field(default_factory=list)
    """Texts that ran."""
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """Of the page's code, and of its policy."""

    @property
    def nothing_ran(self) -> bool:
        """Whether all texts stayed texts."""
        return not self.trapped and not self.dialogs


@asynccontextmanager
async def watched(page: Page) -> AsyncIterator[Seen]:
    """Hear of every text that comes to run on *page*, and of errors; also after it navigates."""
    seen = Seen()

    async def close(dialog: Dialog) -> None:
        seen.dialogs.append(dialog.message)
        await dialog.dismiss()

    def console(message: ConsoleMessage) -> None:
        if message.type == "error":
            seen.errors.append(message.text)

    def error(problem: Error) -> None:
        seen.errors.append(str(problem))

    def trapped(text: str) -> None:
        seen.trapped.append(text)

    await page.expose_function(TRAP, trapped)
    page.on("dialog", close)
    page.on("console", console)
    page.on("pageerror", error)
    try:
        yield seen
    finally:
        page.remove_listener("dialog", close)
        page.remove_listener("console", console)
        page.remove_listener("pageerror", error)
