"""Printed charts: valid SVG, the same bytes each time, and names that cannot break the drawing."""

from __future__ import annotations

import dataclasses
from xml.etree import ElementTree

import pytest

from planner.reports import print_charts
from planner.sizing.model.result import Recommendation
from tests.planner.reports.factories import make_document, make_measurement, make_result

NAMES = {"cost", "growth", "sensitivity", "hit_curve", "latency", "memory", "written", "written_rate"}


@pytest.fixture(scope="module")
def drawn() -> dict[str, bytes]:
    return print_charts.all_charts(make_document())


def test_every_chart_is_drawn_and_drawn_the_same_again(drawn: dict[str, bytes]) -> None:
    assert set(drawn) == NAMES
    assert print_charts.all_charts(make_document()) == drawn


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_chart_is_svg_without_text_that_needs_a_font(name: str, drawn: dict[str, bytes]) -> None:
    root = ElementTree.fromstring(drawn[name])
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not list(root.iter("{http://www.w3.org/2000/svg}text"))


def test_what_has_nothing_to_show_is_left_out() -> None:
    result = make_result(designs=(), recommended=Recommendation(None, ""), growth=(), sensitivity=())
    result = dataclasses.replace(result, needs=dataclasses.replace(result.needs, hit_curve=()))
    measurement = make_measurement(latency_us={})
    memory = dataclasses.replace(measurement.memory, families=())
    written = dataclasses.replace(measurement.data_written, bytes=0, by_family={}, by_command={}, per_second=())
    measurement = dataclasses.replace(measurement, memory=memory, data_written=written)
    assert print_charts.all_charts(make_document(result=result, measurement=measurement)) == {}


@pytest.mark.parametrize("name", ["$x_{2}$", "見出し", "a\x01b", "long " * 40, "<&>"])
def test_a_name_from_a_recording_is_drawn_as_it_stands(name: str) -> None:
    measurement = make_measurement()
    written = dataclasses.replace(measurement.data_written, by_family={name: 5})
    svg = print_charts.written_by_family(dataclasses.replace(measurement, data_written=written))
    assert ElementTree.fromstring(svg) is not None
