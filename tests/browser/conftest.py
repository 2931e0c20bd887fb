"""One browser and one Headroom for all browser tests that a worker runs one after the other.

They end with these tests: the browser's event loop counts as running, and Django's database may not be used beside one.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.browsing import PATIENCE_MS
from tests.live.up import Up, free_port

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The system's browser."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        pytest.skip(f"needs one of {', '.join(CHROMIUMS)} on PATH")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def up(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A Headroom of its own; not started where there is no browser."""
    folder = tmp_path_factory.mktemp("browser")
    with Up(folder / "var", folder / "static", free_port()) as running:
        yield running.ready()
