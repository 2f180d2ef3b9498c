"""Somebody who looks at the page in Chromium, and everything the browser complained about.

What the browser says on its console, scripts that threw, and refusals of the content security
policy are kept; a test that does not expect them fails at its end (`Visitor.judge`).

    windows = Windows(browser)
    visitor = await windows.open(url, language="en", session=cookie)
    await visitor.go("/tasks")      # loads the document
    await visitor.turn("/runs")     # as a link does: nothing is loaded anew
    await windows.close(visitor)
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.web import axe

Language = Literal["zh-TW", "en"]
LANGUAGES: tuple[Language, ...] = ("zh-TW", "en")
_TAGS = {"zh-TW": "zh-Hant-TW", "en": "en"}

#: A folder where pictures are kept; without it none are taken.
PICTURES = os.environ.get("AUTOMATION_PICTURES")
WIDE = (1366, 900)
NARROW = (390, 844)
#: What is around every page.
FRAME = (".ant-layout-header", ".ant-layout-sider")
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
    # A page of a site that is open already needs no process of its own.
    "--process-per-site",
)

#: What a new tab begins with: nothing that an earlier visitor has left, and a language.
_BEGIN = """
if (!sessionStorage.getItem('tests.begun')) {
    sessionStorage.setItem('tests.begun', '1');
    localStorage.clear();
    localStorage.setItem('automation.language', '%s');
}
addEventListener('securitypolicyviolation', (event) => console.error(
    'policy: ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sourceFile
    + ':' + event.lineNumber + ' ' + event.sample));
"""
#: As a link does it. The heading of the page that is left stays until the new one is there.
_TURN = """
path => {
    window.left = document.querySelector('h1');
    history.pushState({}, '', path);
    dispatchEvent(new PopStateEvent('popstate'));
}
"""
_TURNED = "() => { const h1 = document.querySelector('h1'); return h1 && h1 !== window.left; }"
#: Nothing is on its way any more.
_SETTLED = """
() => document.querySelector('h1')
    && !document.querySelector('.ant-skeleton, .ant-spin-spinning, [aria-busy=true]')
"""


@dataclass  # without slots: Playwright hangs something of its own on who listens
class Visitor:
    """One page, logged in as one user."""

    page: Page
    url: str
    language: Language
    complaints: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    """What the browser may complain about: refusals that are part of the test."""

    async def go(self, path: str) -> None:
        """Load an address of the page and wait until its heading is there."""
        await self.page.goto(self.url + path)
        await self.page.locator("h1").first.wait_for()

    async def turn(self, path: str) -> None:
        """Go to another page as a link does, and wait until all of it is there.

        The page that is left must be there: pages load late, after their address has changed.
        """
        await self.page.evaluate(_TURN, path)
        await self.page.wait_for_function(_TURNED)
        await self.settle()

    async def settle(self) -> None:
        """Wait until the page waits for nothing."""
        await self.page.wait_for_function(_SETTLED)

    async def enter(self, session: str) -> None:
        """Be logged in from the next page that is loaded on; *session* is a log-in's cookie."""
        await self.page.context.add_cookies(
            [{"name": "automation", "value": session, "url": self.url}]
        )

    async def look(self, *, dark: bool = False, size: tuple[int, int] = WIDE) -> None:
        """Look in another light, or on another screen; the page follows by itself."""
        await self.page.set_viewport_size({"width": size[0], "height": size[1]})
        await self.page.emulate_media(color_scheme="dark" if dark else "light")
        theme = "dark" if dark else "light"
        await self.page.locator(f"html[data-theme={theme}]").wait_for()

    async def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window: nobody scrolls so."""
        wide: int = await self.page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wide

    async def is_accessible(self, *, within: str | None = None, frame: bool = False) -> None:
        """Fail if what is seen breaks a rule; the frame around every page rarely is new."""
        without = () if frame or within else FRAME
        found = await axe.violations(self.page, within=within, without=without)
        assert found == [], f"{self.page.url}\n{axe.told(found)}"

    def say(self, zh: str, en: str) -> str:
        """Return the text that this visitor reads."""
        return zh if self.language == "zh-TW" else en

    async def picture(self, name: str, *, whole: bool = False) -> None:
        """Keep a picture of what is seen, if pictures are wanted."""
        if PICTURES:
            path = Path(PICTURES) / f"{name}-{self.language}.png"
            await self.page.screenshot(path=path, full_page=whole, animations="disabled")

    def judge(self) -> None:
        """Fail if the browser complained."""
        unexpected = [
            each for each in self.complaints if not any(part in each for part in self.expected)
        ]
        assert unexpected == [], unexpected

    def hear(self, message: ConsoleMessage) -> None:
        """Note what is written on the console."""
        if message.type == "error" and not _USUAL.search(message.text):
            self.complaints.append(f"console: {message.text}")


@dataclass
class Windows:
    """Contexts of a browser, used by one visitor after another, each with a page of their own.

    What was loaded and compiled once stays: a page then costs a third. Cookies and what pages have
    kept goes. Visitors who are there at the same time share nothing.
    """

    browser: Browser
    _free: dict[Language, list[BrowserContext]] = field(default_factory=dict)

    async def open(
        self,
        url: str,
        *,
        language: Language,
        session: str | None,
        dark: bool = False,
        size: tuple[int, int] = WIDE,
        moving: bool = False,
    ) -> Visitor:
        """Return a visitor with *session*, a log-in's cookie; None: a stranger.

        They ask for less motion unless *moving*: what stands still is what is clicked.
        """
        free = self._free.setdefault(language, [])
        context = free.pop() if free else await self._context(language, url)
        await context.clear_cookies()
        page = await context.new_page()
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        await page.emulate_media(
            color_scheme="dark" if dark else "light",
            reduced_motion="no-preference" if moving else "reduce",
        )
        await page.add_init_script(_BEGIN % _TAGS[language])
        visitor = Visitor(page, url, language)
        if session:
            await visitor.enter(session)
        page.on("console", visitor.hear)
        page.on("pageerror", lambda error: visitor.complaints.append(f"script: {error}"))
        return visitor

    async def close(self, visitor: Visitor) -> None:
        """Close the visitor's pages; keep what they were loaded with."""
        context = visitor.page.context
        for page in context.pages[1:]:
            await page.close()
        self._free[visitor.language].append(context)

    async def _context(self, language: Language, url: str) -> BrowserContext:
        context = await self.browser.new_context(
            locale=language,
            timezone_id="Asia/Taipei",
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(PATIENCE)
        # Stays open, and so does the process that has the page's scripts in its memory.
        await (await context.new_page()).goto(f"{url}/favicon.svg")
        return context
