"""Charts as data: every figure is valid plotly, carries its units and a table, and says when there is nothing to draw."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.template.loader import render_to_string

from engine.measurement import Measurement
from planner.reports import charts
from planner.reports.charts import Chart
from planner.reports.document import EstimateDocument
from planner.sizing.model.result import Recommendation
from tests.planner.reports.factories import (
    CACHED,
    database_bills,
    make_document,
    make_measurement,
    make_needs,
    make_result,
)

PROFILE: Mapping[str, Any] = {
    "operations": 300,
    "duration_s": 3.0,
    "commands": {"GET": 200, "SET": 100},
    "mean_ops_per_s": 100.0,
    "peak_ops_per_s": 120.0,
    "curve": [80, 120, 100],
}
MEASURED: tuple[Callable[[Measurement], Chart], ...] = (
    charts.latency_chart,
    charts.latency_over_time,
    charts.throughput_over_time,
    charts.memory_chart,
    charts.memory_by_family,
    charts.data_written_chart,
    charts.data_written_rate_chart,
)
PRICED: tuple[Callable[[EstimateDocument], Chart], ...] = (
    charts.cost_chart,
    charts.growth_chart,
    charts.hit_curve_chart,
    charts.sensitivity_chart,
)
RECORDED: tuple[Callable[[Mapping[str, Any]], Chart], ...] = (charts.command_mix_chart, charts.rate_curve_chart)


def all_charts() -> list[Chart]:
    document = make_document()
    return [
        *(draw(document.measurement) for draw in MEASURED),
        *(draw(document) for draw in PRICED),
        *(draw(PROFILE) for draw in RECORDED),
    ]


@pytest.mark.parametrize("chart", all_charts(), ids=lambda chart: chart.title)
def test_every_chart_has_a_figure_a_sentence_and_a_table_of_even_rows(chart: Chart) -> None:
    assert chart.figure["data"]
    assert chart.summary.endswith(".")
    assert chart.rows
    assert {len(row) for row in chart.rows} == {len(chart.columns)}


@pytest.mark.parametrize("chart", all_charts(), ids=lambda chart: chart.title)
def test_every_figure_is_small_and_leaves_the_ground_to_the_page(chart: Chart) -> None:
    assert len(chart.figure_json) < 20_000
    assert chart.figure["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"


@pytest.mark.parametrize("chart", all_charts(), ids=lambda chart: chart.title)
def test_every_value_axis_names_what_it_counts(chart: Chart) -> None:
    layout = chart.figure["layout"]
    axes = [axis for name, axis in layout.items() if name[1:5] == "axis" and axis.get("type") != "category"]
    assert axes
    assert all(axis["title"]["text"] for axis in axes)


def test_latency_stands_on_a_logarithmic_axis_and_has_response_beside_service() -> None:
    chart = charts.latency_chart(make_measurement())
    assert chart.figure["layout"]["yaxis"]["type"] == "log"
    names = [trace["name"] for trace in chart.figure["data"]]
    assert names[:2] == ["all, response", "all, service"]
    assert chart.figure["data"][0]["y"][0] == 182.0
    assert chart.rows[0][:2] == ("all, response", "182 µs")


def test_a_second_without_operations_breaks_the_latency_line() -> None:
    p99 = charts.latency_over_time(make_measurement()).figure["data"][1]
    assert p99["y"][31] is None
    assert p99["connectgaps"] is False


def test_the_bars_of_a_design_add_up_to_its_total() -> None:
    document = make_document()
    figure = charts.cost_chart(document).figure
    design = document.result.designs[1]
    pieces = [trace["x"][0] for trace in figure["data"] if trace["type"] == "bar" and trace["y"] == [design.title]]
    assert design.monthly_usd is not None
    assert sum(pieces) == pytest.approx(float(design.monthly_usd.likely))


def test_a_design_keeps_its_colour_from_chart_to_chart() -> None:
    document = make_document()
    growth = {trace["name"]: trace["line"]["color"] for trace in charts.growth_chart(document).figure["data"]}
    assert growth["MemoryDB for Valkey"] == "#0072B2"
    first = charts.cost_chart(document).figure["data"][0]
    assert first["marker"]["color"] == "rgba(0,114,178,1.00)"


def test_a_design_that_stops_fitting_ends_its_line() -> None:
    redis = charts.growth_chart(make_document()).figure["data"][1]
    assert redis["y"][-1] is None
    assert "ends where nothing fits" in charts.growth_chart(make_document()).summary


def test_the_database_bill_falls_as_the_hit_rate_rises() -> None:
    figure = charts.hit_curve_chart(make_document()).figure
    hits, bill = figure["data"]
    assert hits["y"] == sorted(hits["y"])
    assert bill["y"] == sorted(bill["y"], reverse=True)
    assert bill["yaxis"] == "y2"


def test_the_database_bill_at_one_point_is_what_a_hand_calculation_gives() -> None:
    result = make_result()
    point = dataclasses.replace(result.needs.hit_curve[0], hit_rate=0.25)
    needs = dataclasses.replace(make_needs(), hit_curve=(point,))
    priced = dataclasses.replace(result, needs=needs, database_bills={CACHED: database_bills(needs)})
    chart = charts.hit_curve_chart(make_document(result=priced))
    # 284.4 reads/s x 1 unit, half when eventual, x 2,628,000 s = 373.7016 million units; three quarters at $0.125 a
    # million = $35.034525; writes 587.310696 x $0.625 = $367.069185; storage 0.008942 GB x $0.25 = $0.0022355
    assert chart.rows[0][-1] == "$402.11"


def test_without_a_cached_design_the_hit_curve_has_no_bill() -> None:
    result = make_result()
    document = make_document(result=dataclasses.replace(result, designs=result.designs[:2], database_bills={}))
    assert len(charts.hit_curve_chart(document).figure["data"]) == 1


def test_the_write_limit_is_drawn_only_when_it_is_within_sight() -> None:
    measurement = make_measurement()
    far = charts.data_written_rate_chart(measurement).figure
    assert "shapes" not in far["layout"]
    written = dataclasses.replace(
        measurement.data_written, bytes_per_s_peak=200e6, per_second=(100_000_000, 200_000_000)
    )
    near = charts.data_written_rate_chart(dataclasses.replace(measurement, data_written=written)).figure
    # three shards at 100 MB/s each
    assert near["layout"]["shapes"][0]["y0"] * 1024**2 == pytest.approx(300e6)


def test_the_tornado_starts_at_the_recommended_total() -> None:
    figure = charts.sensitivity_chart(make_document()).figure
    assert figure["data"][1]["base"][0] == 315.798
    assert figure["data"][1]["x"][0] == pytest.approx(631.596 - 315.798)


def test_a_long_series_is_drawn_in_steps_that_keep_the_peak() -> None:
    curve = [10] * 86_400
    curve[77_777] = 999
    chart = charts.rate_curve_chart({**PROFILE, "curve": curve})
    values = chart.figure["data"][0]["y"]
    assert len(values) <= 1200
    assert max(values) == 999
    assert len(chart.rows) <= 60


def test_nothing_to_draw_is_said_and_not_drawn() -> None:
    result = dataclasses.replace(
        make_result(), designs=(), growth=(), sensitivity=(), recommended=Recommendation(None, "")
    )
    result = dataclasses.replace(result, needs=dataclasses.replace(result.needs, hit_curve=()))
    document = make_document(result=result)
    empty = [draw(document) for draw in PRICED]
    empty.append(charts.rate_curve_chart({**PROFILE, "curve": []}))
    empty.append(charts.command_mix_chart({**PROFILE, "commands": {}}))
    for chart in empty:
        assert chart.figure is None
        assert chart.rows == ()
        assert chart.summary.endswith(".")


def test_a_measurement_without_writes_or_answers_still_gives_every_chart() -> None:
    measurement = make_measurement()
    written = dataclasses.replace(
        measurement.data_written, bytes=0, by_command={}, by_family={}, per_second=(), bytes_per_s_peak=0.0
    )
    series = type(measurement.series)()
    bare = dataclasses.replace(measurement, data_written=written, series=series, latency_us={})
    titles = {chart.title for chart in (draw(bare) for draw in MEASURED) if chart.figure is None}
    assert titles == {
        "Latency by class",
        "Latency over time",
        "Throughput over time",
        "Data written by command and key family",
        "Data written per second",
    }


def test_a_name_from_a_recording_cannot_speak_html_in_a_label() -> None:
    profile = {**PROFILE, "commands": {"<b>GET</b>": 3}}
    figure = charts.command_mix_chart(profile).figure
    assert figure["data"][0]["y"] == ["&lt;b&gt;GET&lt;/b&gt;"]


def test_the_template_holds_the_figure_as_inert_json_and_the_table_beside_it() -> None:
    chart = charts.command_mix_chart({**PROFILE, "commands": {"</script><script>alert(1)</script>": 3}})
    html = render_to_string("reports/_chart.html", {"chart": chart})
    assert html.count("<script") == 1
    block = html.split('<script type="application/json">')[1].split("</script>")[0]
    assert json.loads(block) == chart.figure
    assert "<td>100 %</td>" in html
    assert 'role="img"' in html
