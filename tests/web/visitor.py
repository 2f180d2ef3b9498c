"""Somebody who looks at the page in Chromium, and everything the browser complained about.

What the browser says on its console, scripts that threw, and refusals of the content security
policy are kept; a test that does not expect them fails at its end (`Visitor.judge`).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, ConsoleMessage, Page

Language = Literal["zh-TW", "en"]
LANGUAGES: tuple[Language, ...] = ("zh-TW", "en")
_TAGS = {"zh-TW": "zh-Hant-TW", "en": "en"}

#: Where pictures are kept; `make clean` and git do not know the folder otherwise.
PICTURES = Path(
    os.environ.get("AUTOMATION_PICTURES", Path(__file__).parents[2] / ".local" / "pictures")
)
WIDE = (1366, 900)
NARROW = (390, 844)
#: A step of the page, on a machine that is busy with other things, too.
PATIENCE = 20_000  # ms

#: The browser says of every refused request (4xx) that it was; the page shows those itself.
_USUAL = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")

CHROMIUM = os.environ.get("AUTOMATION_CHROMIUM", "/usr/bin/chromium")
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass  # without slots: Playwright hangs something of its own on who listens
class Visitor:
    """One browser context with one page, logged in as one user."""

    page: Page
    url: str
    language: Language
    complaints: list[str] = field(default_factory=list)

    async def go(self, path: str) -> None:
        """Open an address of the page and wait until its heading is there."""
        await self.page.goto(self.url + path)
        await self.page.locator("h1").first.wait_for()

    def say(self, zh: str, en: str) -> str:
        """Return the text that this visitor reads."""
        return zh if self.language == "zh-TW" else en

    async def picture(self, name: str, *, whole: bool = False) -> Path:
        """Keep a picture of what is seen."""
        path = PICTURES / f"{name}-{self.language}.png"
        await self.page.screenshot(path=path, full_page=whole, animations="disabled")
        return path

    def judge(self) -> None:
        """Fail if the browser complained."""
        assert self.complaints == []

    def hear(self, message: ConsoleMessage) -> None:
        """Note what is said on the console."""
        if message.type == "error" and not _USUAL.search(message.text):
            self.complaints.append(f"console: {message.text}")


async def open_visit(
    browser: Browser,
    url: str,
    *,
    language: Language,
    session: str | None,
    dark: bool = False,
    size: tuple[int, int] = WIDE,
    moving: bool = False,
) -> Visitor:
    """Return a visitor of their own context; *session* is a log-in's cookie, None: a stranger.

    They ask for less motion unless *moving*: what stands still is what is clicked.
    """
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale=language,
        timezone_id="Asia/Taipei",
        color_scheme="dark" if dark else "light",
        reduced_motion="no-preference" if moving else "reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(PATIENCE)
    tag = _TAGS[language]
    await context.add_init_script(
        f"if (!localStorage.getItem('automation.language'))"
        f" localStorage.setItem('automation.language', '{tag}');"
        " addEventListener('securitypolicyviolation', (event) =>"
        " console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI"
        " + ' ' + event.sourceFile + ':' + event.lineNumber + ' ' + event.sample));"
    )
    if session:
        await context.add_cookies([{"name": "automation", "value": session, "url": url}])
    page = await context.new_page()
    visitor = Visitor(page, url, language)
    page.on("console", visitor.hear)
    page.on("pageerror", lambda error: visitor.complaints.append(f"script: {error}"))
    return visitor
