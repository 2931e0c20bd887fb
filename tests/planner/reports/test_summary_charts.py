"""Metrics over time as charts: one line a class of commands, memory in its unit, and a sentence where there is nothing."""

from __future__ import annotations

import json
from typing import Any

from planner.reports.summary_charts import memory_chart, rates_chart

NOON = 1_772_366_400  # 2026-03-01 12:00 UTC


def shape(**metrics: list[float]) -> dict[str, Any]:
    """A summary with these metrics, a point a minute from noon."""
    points = {name: [[NOON + 60 * at, value] for at, value in enumerate(values)] for name, values in metrics.items()}
    return {"series": [{"metric": name, "unit": "", "period_s": 60, "points": each} for name, each in points.items()]}


def test_each_class_of_commands_is_a_line_and_a_column() -> None:
    chart = rates_chart(shape(SetTypeCmds=[5, 10], GetTypeCmds=[40, 30]))
    drawn = json.loads(chart.figure_json)["data"]
    assert [(line["name"], line["y"]) for line in drawn] == [("reads", [40, 30]), ("writes", [5, 10])]
    assert chart.summary == "Reads at most 40 ops/s and writes at most 10 ops/s."
    assert chart.columns == ("Time (UTC)", "Reads", "Writes")
    assert chart.rows == (("2026-03-01 12:00", "40 ops/s", "5 ops/s"), ("2026-03-01 12:01", "30 ops/s", "10 ops/s"))


def test_memory_is_drawn_in_a_unit_a_person_would_say() -> None:
    chart = memory_chart(shape(BytesUsedForCache=[3 * 1024**3, 1024**3]))
    figure = json.loads(chart.figure_json)
    assert figure["data"][0]["y"] == [3, 1]
    assert figure["layout"]["yaxis"]["title"]["text"] == "Memory used (GiB)"
    assert chart.summary == "Between 1 GiB and 3 GiB; 1 GiB at the end."


def test_without_points_over_time_there_is_a_sentence_and_no_figure() -> None:
    for chart in (rates_chart(shape()), rates_chart(shape(GetTypeCmds=[3])), memory_chart({})):
        assert chart.figure_json == "" and chart.summary.startswith("There are no")


def test_a_month_of_minutes_stays_small_and_keeps_its_peak() -> None:
    month = [1.0] * 43_200
    month[30_000] = 99.0
    chart = rates_chart(shape(GetTypeCmds=month))
    drawn = json.loads(chart.figure_json)["data"][0]["y"]
    assert len(chart.rows) <= 60 and len(drawn) <= 1000
    assert max(drawn) == 99
