"""The sample from the first click to the PDF in a real browser, and what else a person meets on the way."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page, expect

from planner.pricing import designs
from planner.sizing.model.answers import DEFAULT_DESIGNS
from planner.sizing.model.figures import TAGS
from tests.browser.browsing import DESKTOP, PATIENCE_MS, PHONE, Seen, link_for, opened
from tests.live.up import PROJECT, Up

pytestmark = pytest.mark.browser

RECORDING = PROJECT / "tests" / "data" / "monitor" / "mixed_7.0.15.txt.gz"
WHOLE_RUN_MS = 240_000
LOOK_EVERY_MS = 150


@pytest.fixture(scope="module")
def seen() -> Seen:
    """What the browser has met so far."""
    return Seen()


@pytest.fixture(scope="module")
def page(chromium: Browser, up: Up, seen: Seen) -> Iterator[Page]:
    """The page of somebody who has opened the printed link."""
    with opened(chromium, up.link, seen) as page:
        yield page


@pytest.fixture(scope="module")
def sample(page: Page, seen: Seen) -> Seen:
    """The sample, tried once for all of these tests: from the button to the answer, looked at all the while."""
    page.get_by_role("button", name="Try the sample").click()
    page.wait_for_url("**/runs/**")
    seen.run_url = page.url
    for _ in range(WHOLE_RUN_MS // LOOK_EVERY_MS):
        if "/estimates/" in page.url or seen.alerts:
            break
        seen.look(page)
        page.wait_for_timeout(LOOK_EVERY_MS)
    page.wait_for_load_state()
    seen.answer_url = page.url
    assert "/estimates/" in page.url, (seen.headings, seen.alerts)
    return seen


@pytest.fixture
def answer(page: Page, sample: Seen) -> Page:
    """The answer's page, loaded."""
    page.set_viewport_size(DESKTOP)
    if page.url != sample.answer_url:
        page.goto(sample.answer_url)
    return page


@pytest.fixture
def document(page: Page, sample: Seen) -> dict[str, Any]:
    """The same answer as data."""
    reply = page.context.request.get(f"{sample.answer_url}json/")
    document: dict[str, Any] = reply.json()
    return document


def test_the_run_shows_how_far_it_is_and_live_figures_until_the_answer_is_there(sample: Seen) -> None:
    replay = sample.headings.index("Replaying the recording")
    assert sample.headings[:replay] and sample.headings[replay + 1 :]
    assert len(set(sample.gauges)) > 5
    assert any(re.search(r"\d ops/s .*\d [µm]s", words) for words in sample.gauges)
    assert len(set(sample.bars)) > 5


def test_the_recommendation_is_a_sentence_with_its_cost(answer: Page, document: dict[str, Any]) -> None:
    best = next(each for each in document["designs"] if each["id"] == document["recommended"]["id"])
    expect(answer.locator("#verdict")).to_have_text(best["title"])
    expect(answer.locator(".verdict-why")).to_have_text(document["recommended"]["why"])
    assert answer.locator(".verdict-why").inner_text().rstrip().endswith(".")
    assert "$" in answer.locator(".verdict-money").inner_text()


def test_the_designs_stand_side_by_side_and_one_is_recommended(answer: Page) -> None:
    bills = answer.get_by_role("region", name="Bills of the designs")
    assert sorted(bills.locator("tbody th > a").all_inner_texts()) == sorted(map(designs.title, DEFAULT_DESIGNS))
    assert all("$" in words for words in bills.locator("td.strong").all_inner_texts())
    assert bills.locator(".row-recommended").count() == 1


def test_a_column_sorts_the_designs_and_the_usual_order_comes_back(answer: Page) -> None:
    bills = answer.get_by_role("region", name="Bills of the designs")
    bills.get_by_role("link", name="Likely").click()
    expect(bills.locator("th[aria-sort]")).to_have_text("Likely ↑")
    shown = [float(words.strip("$").replace(",", "")) for words in bills.locator("td.strong").all_inner_texts()]
    assert shown == sorted(shown)
    bills.get_by_role("link", name="Recommended first").click()
    expect(bills.locator("th[aria-sort]")).to_have_count(0)


def test_another_region_is_computed_in_place_and_the_page_stays(answer: Page) -> None:
    answer.evaluate("window.stayed = true")
    answer.locator("#what-if > summary").click()
    answer.get_by_label("Region").select_option("eu-west-1")
    expect(answer.locator("#answered")).to_contain_text("for eu-west-1", timeout=PATIENCE_MS)
    expect(answer.locator(".chart[data-drawn='true']").first).to_be_visible()
    answer.get_by_label("Search designs").fill("aurora serverless")
    expect(answer.get_by_role("checkbox", name="aurora-serverless-v2").first).to_be_visible()
    expect(answer.get_by_role("checkbox", name="MemoryDB for Redis OSS")).to_be_hidden()
    answer.get_by_label("Region").select_option("us-east-1")
    expect(answer.locator("#answered")).to_contain_text("for us-east-1", timeout=PATIENCE_MS)
    assert answer.evaluate("window.stayed")


def test_every_chart_is_drawn(answer: Page) -> None:
    charts = answer.locator(".chart").all()
    assert len(charts) >= 5
    for chart in charts:
        expect(chart).to_have_attribute("data-drawn", "true")
        assert chart.locator("svg.main-svg").count() > 0
        assert chart.locator("svg.main-svg path").count() > 0


def test_every_assumption_carries_its_tag(answer: Page, document: dict[str, Any]) -> None:
    rows = answer.locator("table.assumptions tbody tr").all()
    tags = answer.locator("table.assumptions tbody .badge").all_inner_texts()
    assert len(rows) == len(tags) == len(document["assumptions"]) > 0
    assert {tag.lower() for tag in tags} <= set(TAGS)
    assert "assumed" in {tag.lower() for tag in tags}


def test_the_pdf_names_the_recommended_design(answer: Page, tmp_path: Path) -> None:
    title = answer.locator("#verdict").inner_text()
    with answer.expect_download() as download:
        answer.get_by_role("link", name="PDF", exact=True).click()
    download.value.save_as(tmp_path / "estimate.pdf")
    assert (tmp_path / "estimate.pdf").read_bytes().startswith(b"%PDF-")
    assert title in text_of(tmp_path / "estimate.pdf")


def test_what_is_no_recording_is_refused_in_words_and_the_next_upload_is_read(
    page: Page, sample: Seen, tmp_path: Path
) -> None:
    (tmp_path / "holiday.txt").write_text("Dear all,\nthe weather is fine.\n")
    page.goto("/".join(sample.answer_url.split("/")[:3]))
    page.get_by_role("button", name="Bring a workload").click()
    upload(page, tmp_path / "holiday.txt")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("This recording could not be read.")
    expect(alert).to_contain_text("holiday.txt")
    page.reload()
    upload(page, RECORDING)
    expect(page.get_by_role("link", name="Next: measure")).to_be_visible()
    expect(page.get_by_role("heading", name="Key families")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_somebody_else_who_is_signed_in_finds_nothing(chromium: Browser, up: Up, sample: Seen) -> None:
    with chromium.new_context() as context:
        assert context.request.get(link_for(up, "teammate")).ok
        assert "teammate" in context.request.get(f"{up.url}/").text()
        theirs = (sample.answer_url, f"{sample.answer_url}pdf/", f"{sample.answer_url}json/", sample.run_url)
        assert [context.request.get(url).status for url in theirs] == [404, 404, 404, 404]


def test_nothing_is_wider_than_a_phone(page: Page, sample: Seen, up: Up) -> None:
    page.set_viewport_size(PHONE)
    wizard = sample.answer_url.replace("/estimates/", "/wizard/")
    steps = [f"{wizard}{step}/" for step in ("workload", "measure", "scale", "compare", "answer")]
    for url in (f"{up.url}/", f"{up.url}/traces/", sample.answer_url, sample.run_url, *steps):
        reply = page.goto(url)
        assert reply is not None and reply.ok, url
        if page.locator(".chart").count():
            expect(page.locator(".chart").last).to_have_attribute("data-drawn", "true")
        assert page.locator("html").evaluate("html => html.scrollWidth") == PHONE["width"], url


def test_the_browser_never_complained_and_never_asked_another_host(page: Page, sample: Seen, up: Up) -> None:
    """Stands last: it judges all that the tests above did."""
    assert sample.complaints == []
    elsewhere = {url for url in sample.requests if urlsplit(url).scheme in ("http", "https", "ws", "wss")}
    assert {urlsplit(url).netloc for url in elsewhere} == {urlsplit(up.url).netloc}
    assert {urlsplit(url).scheme for url in sample.requests} <= {"http", "data", "blob"}


def upload(page: Page, path: Path) -> None:
    """Choose a file and send it."""
    page.get_by_label("Files of one recording").set_input_files(path)
    page.get_by_role("button", name="Upload and read").click()


def text_of(path: Path) -> str:
    """The words of a PDF, parted by single blanks."""
    with contextlib.closing(pypdfium2.PdfDocument(path)) as document:
        words = []
        for sheet in document:
            with contextlib.closing(sheet), contextlib.closing(sheet.get_textpage()) as text:
                words += text.get_text_bounded().split()
        return " ".join(words)
