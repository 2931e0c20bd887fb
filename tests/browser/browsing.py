"""A browser's page that is watched: every request it makes and everything it complains of."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, ViewportSize
from playwright.sync_api import Error as BrowserError

from tests.live.up import PROJECT, Up

PHONE = ViewportSize(width=390, height=844)
DESKTOP = ViewportSize(width=1280, height=900)
PATIENCE_MS = 90_000


@dataclass
class Seen:
    """What the browser met: every request, everything it complained of, and how the run showed itself."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    gauges: list[str] = field(default_factory=list)
    bars: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    run_url: str = ""
    answer_url: str = ""

    def watch(self, page: Page) -> None:
        """Listen to a page from now on."""
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", self._failure)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _failure(self, request: Request) -> None:
        # A request that became a download, or whose page was left, is aborted by the browser itself.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.url}: {response.status}")

    def look(self, page: Page) -> None:
        """Note what the run shows now, where that is news. In the middle of a change of page there is nothing to see."""
        with contextlib.suppress(BrowserError):
            for kept, words in (
                (self.alerts, page.get_by_role("alert").all_inner_texts()),
                (self.headings, page.locator("#run-live h2").all_inner_texts()),
                (self.gauges, [" ".join(page.locator("#run-live .gauges dd").all_inner_texts())]),
                (self.bars, [str(bar.get_attribute("value", timeout=200)) for bar in page.locator("progress").all()]),
            ):
                kept += [word for word in words if word and word not in kept[-1:]]


@contextmanager
def opened(chromium: Browser, link: str, seen: Seen) -> Iterator[Page]:
    """The page of somebody who has opened a sign-in link."""
    with chromium.new_context(viewport=DESKTOP, accept_downloads=True) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        seen.watch(page)
        page.goto(link)
        yield page


def link_for(up: Up, username: str) -> str:
    """A sign-in link for somebody else, from the command line."""
    return subprocess.run(
        [sys.executable, "manage.py", "sign_in_link", "--user", username],
        env={**os.environ, "HEADROOM_DATA": str(up.data)},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
