"""Typed numbers become a shape; every wrong one is named."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.traces.summaries.shape import WorkloadShape, figures
from engine.traces.summaries.typed import typed


def test_numbers_are_taken_as_people_write_them() -> None:
    found = typed(
        {"operations_per_s": "12,000", "read_share": "80 %", "keys": 1_000_000, "bytes_used": "1.5 GB", "ttl_mean_ms": "2 h",
         "clients": "", "value_bytes": None}
    )  # fmt: skip
    assert found.reads_per_s == pytest.approx(9600)
    assert found.writes_per_s == pytest.approx(2400)
    assert (found.item_bytes, found.ttl_mean_ms) == (1500, 7_200_000)
    assert (found.clients, found.value_bytes) == (None, None)
    assert found.tags["keys"] == "typed" and "clients" not in found.tags
    assert WorkloadShape.from_json(found.to_json()) == found


def test_the_total_is_the_sum_of_the_classes() -> None:
    assert typed({"reads_per_s": 3, "writes_per_s": "1"}).operations_per_s == 4


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, "operations_per_s"),
        ({"operations_per_s": 0}, "operations_per_s"),
        ({"operations_per_s": -1}, "operations_per_s"),
        ({"operations_per_s": "nan"}, "operations_per_s"),
        ({"operations_per_s": True}, "operations_per_s"),
        ({"operations_per_s": 1, "keys": 1.5}, "keys"),
        ({"operations_per_s": 1, "read_share": 2}, "read_share"),
        ({"operations_per_s": 1, "bytes_used": "much"}, "bytes_used"),
        ({"operations_per_s": 5, "operations_peak_per_s": 4}, "operations_peak_per_s"),
        ({"operations_per_s": 5, "reads_per_s": 9}, "operations_per_s"),
        ({"operations_per_s": 1, "colour": 1}, "colour"),
    ],
)
def test_a_wrong_number_is_named(fields: dict[str, object], named: str) -> None:
    with pytest.raises(InputError) as refused:
        typed(fields)
    assert refused.value.source == named


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.sampled_from(figures()), st.one_of(st.none(), st.floats(), st.integers(), st.text(max_size=8)))
)
def test_any_input_raises_nothing_else(fields: dict[str, object]) -> None:
    try:
        found = typed({"reads_per_s": 1, **fields})
        assert WorkloadShape.from_json(found.to_json()) == found
    except InputError as error:
        assert error.source


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (None, "shape"),
        ({"source": 1}, "shape"),
        ({"source": "typed", "keys": -1}, "keys"),
        ({"source": "typed", "keys": "many"}, "keys"),
        ({"source": "typed", "series": [{"metric": "m"}]}, "series"),
        ({"source": "typed", "tags": {"keys": "guessed"}}, "tags"),
        ({"source": "typed", "colour": 1}, "colour"),
    ],
)
def test_a_shape_that_was_not_written_by_us_is_refused(data: object, named: str) -> None:
    with pytest.raises(InputError) as refused:
        WorkloadShape.from_json(data)
    assert refused.value.source == named
