"""The form for a cluster of one's own in a browser: the words that are agreed to follow what is typed, and a test of the
connection answers in place, with the password still in its field and nowhere else.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.browsing import PHONE, Seen, link_for, opened
from tests.live.up import Up
from tests.planner.traces.making import recording

pytestmark = pytest.mark.browser
SECRET = "a-word-of-mine"


def test_the_words_follow_what_is_typed_and_a_forbidden_address_is_refused_in_place(
    chromium: Browser, up: Up, tmp_path: Path
) -> None:
    (tmp_path / "shop.txt").write_bytes(recording())
    seen = Seen()
    with opened(chromium, link_for(up, "cluster-owner"), seen) as page:
        page.get_by_role("button", name="Bring a workload").first.click()
        page.set_input_files("input[type=file]", tmp_path / "shop.txt")
        page.locator("form:has(input[type=file]) button[type=submit]").first.click()
        page.get_by_role("link", name="Next: measure").click()
        page.get_by_role("link", name="Measure latency on a cluster of your own").click()
        page.get_by_label("This cluster is mine").check()
        page.get_by_label("Prefix", exact=True).fill("mine:")
        page.get_by_label("Rate, at most").fill("1500")
        words = page.locator("[data-words]")
        expect(words).to_contain_text("whose names begin with “mine:”")
        expect(words).to_contain_text("at most 1,500 commands a second")
        expect(page.get_by_label("This cluster is mine")).not_to_be_checked()
        page.get_by_label("Address").fill("redis://169.254.169.254:80")
        page.get_by_label("Password").fill(SECRET)
        page.get_by_role("button", name="Test the connection").click()
        expect(page.locator("#found [role=alert]")).to_contain_text("leads to a link-local or metadata address")
        expect(page.get_by_label("Password")).to_have_value(SECRET)
        page.set_viewport_size(PHONE)
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        assert SECRET not in page.content()
    assert seen.complaints == []
    kept = (path.read_bytes() for path in up.data.rglob("*") if path.is_file())
    assert not any(SECRET.encode() in content for content in kept)
