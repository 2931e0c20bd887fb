"""The PDF and the JSON of a whole estimate of many designs: rows instead of columns, questions, limits."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pypdfium2

from planner.pricing import designs
from planner.reports.document import EstimateDocument, from_json, to_json
from planner.reports.pdf import estimate_pdf
from planner.sizing.model.answers import Answers
from planner.sizing.recommend import estimate
from tests.planner.reports.factories import make_document
from tests.planner.sizing.factories import make_curve, make_items, make_measurement


def document(answers: Answers) -> EstimateDocument:
    result = estimate(
        measurement=make_measurement(),
        items=make_items(),
        hit_curve=make_curve(),
        answers=answers,
        as_of=date(2026, 8, 1),
    )
    return make_document(result=result)


def words_of(content: bytes) -> str:
    pages = pypdfium2.PdfDocument(content)
    return " ".join(" ".join(pages[number].get_textpage().get_text_range().split()) for number in range(len(pages)))


def test_all_twenty_designs_and_all_questions_are_printed() -> None:
    twenty = document(Answers(designs=tuple(designs.BY_ID), term="1yr-no-upfront"))
    words = words_of(estimate_pdf(twenty))
    for design in twenty.result.designs:
        assert design.title.split(" (")[0].split(",")[0] in words
    for question in twenty.result.questions:
        assert question.question in words
    assert "1 year, no upfront" in words and "Limits it breaks" in words


def test_questions_and_limits_are_in_the_json_and_come_back() -> None:
    found = document(Answers())
    plain = to_json(found)
    assert [each["id"] for each in plain["questions"]][:2] == ["cost", "serverless"]
    assert all(design["limits_broken"] == [] for design in plain["designs"])
    assert from_json(plain) == found
    before = {name: value for name, value in plain.items() if name != "questions"}
    assert from_json(before).result.questions == ()


def test_the_readme_names_every_key_of_every_design() -> None:
    text = (Path(__file__).parents[3] / "README.md").read_text()
    for part in designs.BY_ID.values():
        assert f"`{part.id}`" in text
        for name in part.quantities.__dataclass_fields__:
            assert f"`{name}`" in text, f"{part.id}: {name}"
