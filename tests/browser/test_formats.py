"""Files of every kind dropped on the page of a real browser: progress while they are sent and read, then what is in them."""

from __future__ import annotations

import base64
import gzip
import json
import struct
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard
from playwright.sync_api import Browser, Page, expect

from planner.jobs.wording import phase_title
from tests.browser.browsing import DESKTOP, PHONE, Seen, link_for, opened
from tests.live.up import PROJECT, Up

pytestmark = pytest.mark.browser

DATA = PROJECT / "tests" / "data"
START = 1_700_000_000
PHASES = [phase_title(phase) for phase in ("read", "profile", "privileges", "items", "hit rate", "predict")]
TRAFFIC = ("monitor", "aof", "pcap", "twitter", "cachelib", "oracle", "valkey csv", "commands", "archive")
# Puts every state of the upload and of the reading where the test finds it after the page is gone.
NOTE = """
new MutationObserver(() => {
  const said = JSON.parse(sessionStorage.getItem("said") || "[]");
  for (const part of document.querySelectorAll("[data-upload-words], #trace-live h2")) {
    const words = part.textContent.trim();
    if (words && said.at(-1) !== words) said.push(words);
  }
  sessionStorage.setItem("said", JSON.stringify(said));
}).observe(document, { subtree: true, childList: true, characterData: true });
"""
DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name));
  return transfer;
}"""


@pytest.fixture(scope="module")
def seen() -> Seen:
    """What the browser has met so far."""
    return Seen()


@pytest.fixture(scope="module")
def page(chromium: Browser, up: Up, seen: Seen) -> Iterator[Page]:
    """The page of somebody who has never brought anything."""
    with opened(chromium, link_for(up, "collector"), seen) as page:
        page.context.add_init_script(NOTE)
        yield page


@pytest.fixture
def draft(page: Page, up: Up) -> Page:
    """A new draft, at the step Workload."""
    page.set_viewport_size(DESKTOP)
    page.goto(f"{up.url}/")
    page.get_by_role("button", name="Bring a workload").click()
    page.wait_for_url("**/workload/")
    return page


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One file of each kind: recorded ones where there are, small written ones elsewhere."""
    folder = tmp_path_factory.mktemp("brought")
    return {
        "monitor": DATA / "monitor" / "mixed_7.0.15.txt.gz",
        "aof": DATA / "aof" / "appendonly-with-ts.aof",
        "rdb": DATA / "rdb" / "redis_encodings.rdb",
        "pcap": DATA / "pcap" / "django-cloud.pcap",
        "twitter": _twitter(folder / "cluster52.zst"),
        "cachelib": _cachelib(folder / "kvcache.csv"),
        "oracle": _oracle(folder / "objects.oracleGeneral"),
        "valkey csv": _valkey_csv(folder / "monitor.csv"),
        "commands": _commands(folder / "commands.txt"),
        "archive": _zipped(folder / "nodes.zip"),
        "cloudwatch": _cloudwatch(folder / "metrics.json"),
    }


@pytest.mark.parametrize("kind", TRAFFIC)
def test_a_dropped_file_is_sent_and_read_and_its_profile_and_compatibility_shown(
    draft: Page, files: dict[str, Path], kind: str
) -> None:
    drop(draft, files[kind])
    draft.get_by_role("button", name="Upload and read").click()
    expect(draft.get_by_role("heading", name="Compatibility", exact=True)).to_be_visible()
    expect(draft.get_by_role("heading", name=files[kind].name)).to_be_visible()
    expect(draft.get_by_role("link", name="Next: measure")).to_be_visible()
    expect(draft.get_by_role("alert")).to_have_count(0)
    assert any(words.startswith("Sent") for words in said(draft)), said(draft)


def test_a_dropped_snapshot_shows_what_stands_in_memory(draft: Page, files: dict[str, Path]) -> None:
    drop(draft, files["rdb"])
    draft.get_by_role("button", name="Upload and read").click()
    expect(draft.get_by_role("heading", name="Snapshot", exact=True)).to_be_visible()
    expect(draft.get_by_role("figure", name="Memory of the snapshot by type")).to_be_visible()
    expect(draft.get_by_text("It holds a keyspace and no traffic")).to_be_visible()
    expect(draft.get_by_role("heading", name="Compatibility", exact=True)).to_have_count(0)


def test_a_long_recording_says_what_goes_on_while_it_is_read(draft: Page, tmp_path: Path) -> None:
    lines = (
        f'{START + n // 5000}.{n % 5000 * 200:06d} [0 10.0.0.9:5000] "GET" "user:{n % 999}"' for n in range(150_000)
    )
    (tmp_path / "long.txt.gz").write_bytes(gzip.compress("\n".join(lines).encode(), 1))
    draft.evaluate("sessionStorage.clear()")
    drop(draft, tmp_path / "long.txt.gz")
    draft.get_by_role("button", name="Upload and read").click()
    expect(draft.locator("#trace-live progress")).to_be_visible()
    expect(draft.get_by_role("heading", name="Compatibility", exact=True)).to_be_visible()
    assert [words for words in said(draft) if words in PHASES], said(draft)


def test_metrics_become_figures_and_on_request_a_workload_that_matches_them(
    draft: Page, files: dict[str, Path]
) -> None:
    drop(draft, files["cloudwatch"])
    draft.get_by_role("button", name="Upload and read").click()
    expect(draft.get_by_role("heading", name="Figures", exact=True)).to_be_visible()
    assert draft.locator(".badge-recorded").count() > 0
    assert draft.locator(".chart").count() == 2
    for chart in draft.locator(".chart").all():
        expect(chart).to_have_attribute("data-drawn", "true")
    expect(draft.get_by_role("link", name="Next: measure")).to_have_count(0)
    draft.get_by_label("Duration").fill("5")
    draft.get_by_role("button", name="Generate a matching workload").click()
    expect(draft.get_by_role("heading", name="Compatibility", exact=True)).to_be_visible()
    expect(draft.get_by_role("link", name="Next: measure")).to_be_visible()


def test_dropped_files_are_listed_and_can_be_taken_back_with_the_keyboard(draft: Page, files: dict[str, Path]) -> None:
    drop(draft, files["commands"])
    drop(draft, files["monitor"])
    names = draft.locator("[data-chosen] .chosen-name")
    assert names.all_inner_texts() == [files["commands"].name, files["monitor"].name]
    draft.get_by_role("button", name=f"Remove {files['commands'].name}").press("Enter")
    assert names.all_inner_texts() == [files["monitor"].name]
    assert draft.evaluate("document.activeElement.getAttribute('aria-label')") == f"Remove {files['monitor'].name}"
    chosen = draft.get_by_label("Files of one recording").evaluate(
        "input => Array.from(input.files, file => file.name)"
    )
    assert chosen == [files["monitor"].name]


def test_an_upload_can_be_cancelled_while_it_is_sent(draft: Page, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_bytes(b'1700000000.000000 [0 127.0.0.1:5000] "GET" "a"\n' * 600_000)
    draft.get_by_label("Files of one recording").set_input_files(tmp_path / "long.txt")
    session = draft.context.new_cdp_session(draft)
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 200_000},
    )
    draft.get_by_role("button", name="Upload and read").click()
    draft.get_by_role("button", name="Cancel the upload").click()
    expect(draft.locator("[data-upload-said]")).to_have_text("The upload was cancelled. Nothing of it was kept.")
    session.detach()
    expect(draft.get_by_role("button", name="Upload and read")).to_be_enabled()


def test_a_slider_and_its_number_follow_each_other_and_the_workload_is_generated(draft: Page) -> None:
    draft.get_by_role("link", name="Choose a ready workload").click()
    card = draft.locator(".ready-card").first
    title = card.locator("h2").inner_text()
    card.locator(".adjust > summary").click()
    number, slider = card.locator("[data-slider]").first, card.locator('input[type="range"]').first
    slider.press("Home")
    assert number.input_value() == number.get_attribute("min")
    number.fill(str(number.get_attribute("max")))
    assert slider.input_value() == slider.get_attribute("max")
    for field in card.locator("[data-slider]").all():
        if str(field.get_attribute("name")) in ("keys", "rate", "duration_s"):
            field.fill(str(field.get_attribute("min")))
    card.get_by_role("button", name="Generate").click()
    expect(draft.get_by_role("heading", name=title)).to_be_visible()
    expect(draft.get_by_role("heading", name="Compatibility", exact=True)).to_be_visible()


def test_figures_typed_by_hand_are_shown_with_their_tags(draft: Page) -> None:
    draft.get_by_role("link", name="Type figures").click()
    for label, figure in (("Reads, mean", "40"), ("Writes, mean", "10"), ("Keys", "500")):
        draft.get_by_label(label, exact=True).fill(figure)
    draft.get_by_role("button", name="Take these figures").click()
    expect(draft.get_by_role("heading", name="Figures", exact=True)).to_be_visible()
    expect(draft.get_by_role("row", name="Reads, mean 40 ops/s typed")).to_be_visible()


def test_none_of_it_is_wider_than_a_phone(draft: Page, up: Up) -> None:
    draft.set_viewport_size(PHONE)
    here = draft.url
    for url in (here, f"{here}ready/", f"{here}numbers/", f"{up.url}/traces/formats/"):
        reply = draft.goto(url)
        assert reply is not None and reply.ok, url
        for summary in draft.locator("main details > summary").all():
            summary.click()
        assert draft.locator("html").evaluate("html => html.scrollWidth") == PHONE["width"], url


def test_the_browser_never_complained(page: Page, seen: Seen) -> None:
    """Stands last: it judges all that the tests above did."""
    assert seen.complaints == []


def drop(page: Page, path: Path) -> None:
    """Drag the file over the page's place for files and let it go."""
    transfer = page.evaluate_handle(DROP, [path.name, base64.b64encode(path.read_bytes()).decode()])
    for event in ("dragover", "drop"):
        page.dispatch_event("[data-drop]", event, {"dataTransfer": transfer})
    expect(page.locator("[data-chosen]")).to_contain_text(path.name)


def said(page: Page) -> list[str]:
    """What the upload and the reading have said so far."""
    found: list[str] = json.loads(page.evaluate("sessionStorage.getItem('said') || '[]'"))
    return found


def _twitter(path: Path) -> Path:
    rows = [
        f"{number // 50},q:q:1:8WT{number % 40:04d},14,{200 + number % 7},{number % 5},get,0" for number in range(400)
    ]
    rows += [f"{8 + number // 50},q:q:1:8WT{number % 40:04d},14,213,4,set,3600" for number in range(100)]
    path.write_bytes(zstandard.compress(("\n".join(rows) + "\n").encode()))
    return path


def _cachelib(path: Path) -> Path:
    rows = [
        f"{START + number // 10},key{number % 40},6,{'SET' if number % 5 == 0 else 'GET'},2,300,0,0"
        for number in range(300)
    ]
    path.write_text("\n".join(["op_time,key,key_size,op,op_count,size,cache_hits,ttl", *rows]) + "\n")
    return path


def _oracle(path: Path) -> Path:
    """Forty objects asked for in turns."""
    rows = [(number // 10, number % 40, 500, number + 40 if number < 360 else -1) for number in range(400)]
    path.write_bytes(b"".join(struct.pack("<IQIq", *row) for row in rows))
    return path


def _valkey_csv(path: Path) -> Path:
    rows = [f'{START}{number:06d},{number},0,get,"user:{number % 40}",READ,1,string,6,100' for number in range(300)]
    path.write_text("\n".join(rows) + "\n")
    return path


def _commands(path: Path) -> Path:
    lines = [f'SET cart:{number % 20} "{number} two words" EX 600\nGET cart:{number % 30}' for number in range(200)]
    path.write_text("\n".join(lines) + "\n")
    return path


def _zipped(path: Path) -> Path:
    """Two nodes' recordings in one archive."""
    with zipfile.ZipFile(path, "w") as archive:
        for node in (0, 1):
            lines = [f'{START + n}.{node}00000 [0 10.0.0.{node}:5000] "GET" "user:{n}"' for n in range(30)]
            archive.writestr(f"node{node}.txt", "\n".join(lines) + "\n")
    return path


def _cloudwatch(path: Path) -> Path:
    """An hour of `get-metric-data` of a small cluster, a minute a point."""
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    times = [(start + timedelta(minutes=minute)).isoformat() for minute in range(60)]
    metrics = {"GetTypeCmds": 2400.0, "SetTypeCmds": 600.0, "CurrItems": 500.0, "BytesUsedForMemoryDB": 150_000.0}
    results = [
        {"Id": name.lower(), "Label": name, "Timestamps": times, "Values": [value] * 60, "StatusCode": "Complete"}
        for name, value in metrics.items()
    ]
    path.write_text(json.dumps({"MetricDataResults": results, "Messages": []}))
    return path
