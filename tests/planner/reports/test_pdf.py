"""The printed estimate: the same facts as the document, text that can never become markup, and the same bytes each time."""

from __future__ import annotations

import dataclasses
import re

import pypdfium2
import pytest

from engine.measurement import FamilyMemory, Validity
from planner.reports.document import EstimateDocument
from planner.reports.pdf import estimate_pdf
from planner.sizing.model.result import Recommendation
from tests.planner.reports.factories import SHA, make_document, make_measurement, make_result


def text_of(pdf: bytes) -> str:
    """The text of all pages, white space folded, break opportunities removed."""
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    return re.sub(r"\s+", " ", " ".join(pages).replace("\u200b", "").replace("\ufffe", ""))


def pages_of(pdf: bytes) -> int:
    with pypdfium2.PdfDocument(pdf) as document:
        return len(document)


def printed(document: EstimateDocument) -> str:
    return text_of(estimate_pdf(document))


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return estimate_pdf(make_document())


@pytest.fixture(scope="module")
def text(pdf: bytes) -> str:
    return text_of(pdf)


def test_the_estimate_is_three_to_six_pages_of_pdf(pdf: bytes) -> None:
    assert pdf.startswith(b"%PDF-")
    assert 3 <= pages_of(pdf) <= 6


def test_the_same_document_gives_the_same_bytes(pdf: bytes) -> None:
    assert estimate_pdf(make_document()) == pdf


@pytest.mark.parametrize(
    "fact",
    [
        "Shop, Black Friday rehearsal",
        "14 March 2026",
        "Headroom 0.1.0",
        "MemoryDB for Valkey costs the least of the designs that lose no acknowledged write.",
        "$315.80",
        "at least $626.13",
        "$296.85 to $353.69",
        "1,460 node-hour",
        "2026-02-18, read",
        "valkey 9.1.2, allocator libc",
        "3 shards, 1 replica each, mode cache",
        "5,400,000 workload + 1,110 protocol = 5,401,110 bytes of replication offset growth",
        "60,412 recorded, 60,412 sent, 60,398 ok",
        "WRONGTYPE 14",
        "cart:{id}",
        "the peak of the traffic",
        "730 hours",
        "published",
        "memorydb_prices.csv",
        "3f9a2c1b77e0",
        SHA,
        "Page 1 of",
    ],
)
def test_every_fact_of_the_answer_is_printed(text: str, fact: str) -> None:
    assert fact in text


def test_markup_in_a_name_is_printed_and_not_obeyed() -> None:
    name = '#panic("no") *bold* _low_ $x^2$ <label> @ref [body] \\ `raw` // end'
    assert name in printed(make_document(name=name))


@pytest.mark.parametrize(
    "name", ["見積もり", "🛒 cart", "تقدير التكلفة", "הערכת עלות", "\u202eevil", "a\x00b\x07c", "", " "]
)
def test_a_name_in_any_script_is_set_without_a_warning(name: str) -> None:
    assert pages_of(estimate_pdf(make_document(name=name))) >= 3


def test_a_family_in_any_script_and_of_any_length_is_set() -> None:
    measurement = make_measurement()
    pattern = "長い:{id}:" + "segment/" * 40 + "$a_b^2$"
    families = (*measurement.memory.families, FamilyMemory(pattern, 3, 9_000_000, 3))
    memory = dataclasses.replace(measurement.memory, families=families)
    assert "$a_b^2$" in printed(make_document(measurement=dataclasses.replace(measurement, memory=memory)))


def test_a_long_word_never_leaves_the_page() -> None:
    pdf = estimate_pdf(make_document(name="x" * 300))
    with pypdfium2.PdfDocument(pdf) as document:
        page = document[0]
        textpage = page.get_textpage()
        boxes = [textpage.get_charbox(index) for index in range(textpage.count_chars())]
        assert max(right for _, _, right, _ in boxes) <= page.get_width()
    assert "x" * 300 in text_of(pdf).replace(" ", "")


def test_an_answer_in_which_nothing_fits_is_printed_as_such() -> None:
    design = dataclasses.replace(
        make_result().designs[0], plan=None, monthly_usd=None, lines=(), flags=("One key is hotter than a shard.",)
    )
    recommended = Recommendation(None, "No design fits: one key is hotter than a shard.")
    result = make_result(designs=(design,), recommended=recommended, growth=(), sensitivity=())
    text = printed(make_document(result=result))
    assert "No design fits" in text
    assert "there is nothing to price" in text


def test_a_run_that_is_not_valid_for_latency_says_so_beside_the_figures() -> None:
    measurement = make_measurement(valid_for_latency=Validity(False, "12 % of the operations started late."))
    text = printed(make_document(measurement=measurement))
    assert text.count("12 % of the operations started late.") == 2
    assert "response; not valid, see Limits" in text


def test_bytes_that_do_not_add_up_are_not_printed_as_equal() -> None:
    measurement = make_measurement()
    written = dataclasses.replace(measurement.data_written, offset_growth_bytes=5_401_111)
    text = printed(make_document(measurement=dataclasses.replace(measurement, data_written=written)))
    assert "1,110 protocol ≠ 5,401,111 bytes" in text
