"""Later months in tables, charts and documents: what is printed follows from the result, and older documents still open."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from functools import cache

from planner.estimates.outlook_view import outlook
from planner.pricing.money import cents
from planner.reports import charts, facts_outlook
from planner.reports.content_outlook import MOST_CHANGES, printed_outlook
from planner.reports.document import EstimateDocument, from_json, to_json
from planner.reports.print_charts import growth
from planner.sizing.model.answers import Answers
from planner.sizing.recommend import estimate
from tests.planner.reports.factories import make_document
from tests.planner.sizing.factories import make_curve, make_items, make_measurement


@cache
def grown() -> EstimateDocument:
    """Five per cent a month for two years, on prices that are partly derived."""
    answers = Answers(
        traffic_share=0.01, growth_per_month=0.05, horizon_months=24, region="eu-west-1",
        designs=("memorydb-valkey", "elasticache-redis+aurora-standard", "dynamodb-on-demand"),
    )  # fmt: skip
    result = estimate(
        measurement=make_measurement(), items=make_items(), hit_curve=make_curve(), answers=answers,
        as_of=date(2026, 8, 1),
    )  # fmt: skip
    return make_document(result=result)


def test_ranges_changes_limits_and_reserving_survive_json_to_the_cent() -> None:
    document = grown()
    assert document.result.outlooks
    assert document.result.reserves
    assert document.result.range
    assert from_json(json.loads(json.dumps(to_json(document)))) == document


def test_a_document_made_before_there_were_any_still_opens() -> None:
    data = json.loads(json.dumps(to_json(grown())))
    for name in ("outlooks", "reserves", "range"):
        del data[name]
    for design in data["designs"]:
        for name in ("yearly_usd", "horizon_usd"):
            del design[name]
            del design["exact"][name]
    for name in ("growth_data_per_month", "growth_traffic_per_month", "season_peak", "season_mean"):
        del data["answers"][name]
    old = from_json(data)
    assert (old.result.outlooks, old.result.reserves, old.result.range) == ((), (), None)
    assert outlook(old).ranges is None
    assert printed_outlook(old)["designs"] == []


def test_the_growth_chart_marks_every_plan_change_and_every_limit_within_the_horizon() -> None:
    document = grown()
    figure = charts.growth_chart(document).figure
    diamonds = [trace for trace in figure["data"] if trace.get("marker", {}).get("symbol") == "diamond"]
    marked = facts_outlook.changes_by_design(document)
    assert [trace["x"] for trace in diamonds] == [[one.month for one in found] for found in marked.values() if found]
    months = [mark.month for mark in facts_outlook.limit_marks(document)]
    assert months
    assert [shape["x0"] for shape in figure["layout"]["shapes"]] == months
    assert "Diamonds mark months in which the plan changes." in charts.growth_chart(document).summary
    assert growth(document).startswith(b"<?xml")


def test_growth_of_data_and_traffic_apart_is_told_apart() -> None:
    document = grown()
    answers = replace(document.result.answers, growth_data_per_month=0.1, season_peak=(1.0,) * 12)
    apart = replace(document, result=replace(document.result, answers=answers))
    assert "10 % growth of data and 5 % of traffic a month, with the season" in charts.growth_chart(apart).summary
    assert "at 5 % growth a month." in charts.growth_chart(document).summary


def test_the_table_of_ranges_prints_month_year_and_horizon_of_each_design() -> None:
    document = grown()
    found = facts_outlook.range_facts(document)
    best = document.recommended
    assert best is not None
    assert best.horizon_usd is not None
    assert document.result.range is not None
    assert found.summary == document.result.range.sentence
    printed = {row[1]: row for row in found.rows if row[0] == best.title}
    assert set(printed) == {"a month, now", "first year", "24 months"}
    assert printed["24 months"][3] == f"${cents(best.horizon_usd.likely):,}"


def test_reserving_prints_a_row_for_each_term_and_the_advice() -> None:
    document = grown()
    advice = document.result.reserves[0]
    found = facts_outlook.reserve_facts(document, advice)
    assert len(found.rows) == len(advice.reservations)
    assert found.summary == advice.why
    assert sum("(advised)" in row[0] for row in found.rows) == (1 if advice.best else 0)
    assert all(len(row) == len(found.columns) for row in found.rows)


def test_the_page_shows_the_recommended_design_first_and_all_of_them() -> None:
    document = grown()
    view = outlook(document)
    assert view.designs[0].title == facts_outlook.title_of(document, document.result.recommended.id or "")
    assert len(view.designs) == len(document.result.outlooks)
    assert len(view.reserves) == len(document.result.reserves)


def test_the_printed_document_shortens_a_long_list_of_changes_and_says_so() -> None:
    printed = printed_outlook(grown())["designs"][0]["changes"]
    assert len(printed["rows"]) <= MOST_CHANGES
    plain = facts_outlook.change_facts(grown(), grown().result.outlooks[0])
    assert ("stand in the JSON" in printed["summary"]) == (len(plain.rows) > MOST_CHANGES)
