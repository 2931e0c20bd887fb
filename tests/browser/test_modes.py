"""Durable against cache in a browser: both runs side by side, every figure tagged, from one page to the other by keyboard."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.browsing import PHONE, Seen, link_for, opened
from tests.live.up import PROJECT, Up

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def seen() -> Seen:
    return Seen()


@pytest.fixture(scope="module")
def page(chromium: Browser, up: Up, seen: Seen) -> Iterator[Page]:
    """The page of the run in cache mode."""
    link = link_for(up, "comparer")
    environment = {**os.environ, "HEADROOM_DATA": str(up.data)}
    made = subprocess.run(
        [sys.executable, "-m", "tests.browser.prepared_runs", "comparer"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    with opened(chromium, link, seen) as page:
        page.goto(f"{up.url}/runs/{made.stdout.strip()}/")
        yield page


def test_both_modes_stand_side_by_side_with_a_tag_on_every_figure(page: Page) -> None:
    table = page.get_by_role("table", name="The same recording in cache and in durable mode")
    expect(table.get_by_role("columnheader")).to_have_text(["Figure", "Cache (this run)", "Durable", "Tag"])
    rows = table.locator("tbody tr").all()
    assert all(row.locator("td").last.inner_text() for row in rows)
    knee = table.get_by_role("row", name=re.compile("highest rate within the objective"))
    expect(knee).to_contain_text(re.compile(r"10,000 .*5,000 .*measured", re.S))
    zones = table.get_by_role("row", name=re.compile("with 1.5 ms between zones"))
    expect(zones).to_contain_text("assumed")


def test_what_others_published_stands_apart_with_its_source(page: Page) -> None:
    table = page.get_by_role("table", name="Redis and MemoryDB as published, not measured here")
    tags = table.locator("tbody tr td:last-child").all_inner_texts()
    assert tags and set(tags) == {"published"}
    expect(page.locator("#modes")).to_contain_text("doi 10.1145/3626246.3653380")
    expect(page.locator("#modes")).to_contain_text("Throughput at full load is not among these figures")


def test_the_keyboard_leads_to_the_other_run_with_the_focus_seen(page: Page) -> None:
    page.locator("#modes .table-scroll").first.focus()
    page.keyboard.press("Tab")
    link = page.locator("#modes").get_by_role("link", name="Durable")
    expect(link).to_be_focused()
    assert link.evaluate("link => getComputedStyle(link).outlineStyle") != "none"
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Durable (this run)")).to_be_visible()


def test_nothing_is_wider_than_a_phone_and_the_browser_never_complained(page: Page, up: Up, seen: Seen) -> None:
    page.set_viewport_size(PHONE)
    assert page.locator("html").evaluate("html => html.scrollWidth") == PHONE["width"]
    assert seen.complaints == []
    hosts = {urlsplit(url).netloc for url in seen.requests if url.startswith("http")}
    assert hosts == {urlsplit(up.url).netloc}
