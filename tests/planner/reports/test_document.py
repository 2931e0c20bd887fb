"""The document's JSON: the promised keys, cents rounded half-up, exact amounts kept, nothing lost on the way back."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from planner.reports.document import from_json, summarise_profile, to_json
from planner.reports.records import decode, encode
from planner.sizing.model.bills import CostLine, Range
from planner.sizing.model.clusters import Plan
from planner.sizing.model.result import DesignEstimate, GrowthPoint, Recommendation
from tests.planner.reports.factories import make_document, make_result

AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**9), max_value=10**9)
NAMES = st.text(max_size=20)


def through_text(data: Any) -> Any:
    return json.loads(json.dumps(data))


def test_a_document_survives_the_round_trip_through_text() -> None:
    document = make_document()
    assert from_json(through_text(to_json(document))) == document


def test_a_document_in_which_nothing_fits_survives_the_round_trip() -> None:
    design = dataclasses.replace(make_result().designs[0], plan=None, monthly_usd=None, lines=())
    result = make_result(
        designs=(design,), recommended=Recommendation(None, "Nothing fits."), growth=(), sensitivity=()
    )
    document = make_document(result=result)
    assert from_json(through_text(to_json(document))) == document
    assert to_json(document)["designs"][0]["monthly_usd"] is None
    assert document.recommended is None


def test_the_json_has_the_keys_that_scripts_rely_on() -> None:
    data = to_json(make_document())
    assert set(data) >= {
        "needs",
        "designs",
        "recommended",
        "growth",
        "sensitivity",
        "assumptions",
        "price_lists",
        "trace",
        "measurement",
    }
    design = data["designs"][0]
    assert set(design) >= {
        "id",
        "title",
        "plan",
        "monthly_usd",
        "lines",
        "binding",
        "headroom",
        "durability",
        "failover_s",
        "latency_us",
        "flags",
    }
    assert set(design["plan"]) >= {"node_type", "shards", "replicas"}
    assert set(design["durability"]) >= {"loss_window", "acknowledged_after"}
    assert set(data["trace"]) >= {"sha256", "format"}
    assert set(data["recommended"]) == {"id", "why"}
    assert set(data["assumptions"][0]) >= {"name", "value", "tag"}
    assert data["growth"][0]["month"] == 0


def test_monthly_figures_are_rounded_half_up_and_lines_stay_exact() -> None:
    result = make_result()
    design = dataclasses.replace(
        result.designs[0], monthly_usd=Range(Decimal("0.005"), Decimal("315.798"), Decimal("2.675"))
    )
    data = to_json(make_document(result=dataclasses.replace(result, designs=(design,))))["designs"][0]
    assert data["monthly_usd"] == {"low": "0.01", "likely": "315.80", "high": "2.68"}
    assert data["lines"][0]["amount"] == "315.798"


def test_headroom_is_what_utilisation_leaves_of_one() -> None:
    design = to_json(make_document())["designs"][0]
    assert design["headroom"]["memory"] == pytest.approx(0.59)
    assert design["binding"] == "memory"


def test_an_estimate_of_another_schema_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="schema 99"):
        from_json({"schema": 99})


@pytest.mark.parametrize("key", ["needs", "designs", "trace", "measurement", "created", "version"])
def test_an_estimate_with_a_missing_part_is_refused(key: str) -> None:
    data = to_json(make_document())
    del data[key]
    with pytest.raises(InputError, match=r"not an estimate|measurement"):
        from_json(data)


def test_an_unknown_field_is_refused_and_named() -> None:
    data = to_json(make_document())
    data["answers"]["colour"] = "blue"
    with pytest.raises(InputError, match="colour"):
        from_json(data)


def test_a_profile_is_summarised_busiest_first() -> None:
    profile: dict[str, Any] = {
        "operations": 10,
        "duration_s": 2,
        "clients": 1,
        "keys": 3,
        "reads": 6,
        "writes": 2,
        "mean_ops_per_s": 5,
        "peak_ops_per_s": 7,
        "commands": {"GET": 6, "DEL": 1, "SET": 3},
        "families": [
            {"pattern": "a", "keys": 1, "operations": 1, "bytes": 5},
            {"pattern": "b", "keys": 2, "operations": 9, "bytes": 7},
        ],
    }
    summary = summarise_profile(profile, top=2)
    assert [command.name for command in summary.commands] == ["GET", "SET"]
    assert summary.families[0].pattern == "b"
    assert summary.read_share == 0.75


@given(st.builds(CostLine, NAMES, AMOUNTS, NAMES, st.none() | AMOUNTS, st.none() | AMOUNTS, NAMES, NAMES, NAMES, NAMES))
def test_any_cost_line_survives_the_round_trip_to_the_last_digit(line: CostLine) -> None:
    assert decode(CostLine, through_text(encode(line))) == line


@given(st.builds(GrowthPoint, st.integers(0, 120), st.dictionaries(NAMES, st.none() | AMOUNTS)))
def test_any_growth_point_survives_the_round_trip(point: GrowthPoint) -> None:
    assert decode(GrowthPoint, through_text(encode(point))) == point


def test_a_float_where_an_integer_belongs_is_refused() -> None:
    data = encode(make_document().result.designs[0].plan)
    with pytest.raises(TypeError, match="expected int"):
        decode(Plan, data | {"shards": 1.5})


def test_money_never_passes_through_a_float() -> None:
    assert encode(Decimal("0.1")) == "0.1"
    assert encode(Decimal("1E+3")) == "1000"


def test_a_design_is_found_by_its_id() -> None:
    document = make_document()
    found = document.design("memorydb-redis")
    assert isinstance(found, DesignEstimate)
    assert document.design("nothing") is None
