"""Exactness: sums, products and rounding for any quantity a spec may hold."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.pricing import money
from planner.pricing.quote import quote

GB = st.decimals(min_value=0, max_value=10**12, places=6)


def valkey(**keys: object) -> Decimal:
    return quote({"design": "memorydb-valkey", "node_type": "db.r6g.large", **keys}).monthly_usd


@pytest.mark.parametrize(
    ("exact", "printed"),
    [
        ("315.798", "315.80"),
        ("1.875", "1.88"),
        ("0.005", "0.01"),
        ("0.0049", "0.00"),
        ("70.08", "70.08"),
        ("2", "2.00"),
    ],
)
def test_cents_round_half_up(exact: str, printed: str) -> None:
    assert str(money.cents(Decimal(exact))) == printed


@pytest.mark.parametrize(
    ("number", "text"), [("315.7980", "315.798"), ("1E+3", "1000"), ("0.00", "0"), ("1E-7", "0.0000001")]
)
def test_plain_digits_have_no_exponent_and_no_trailing_zeros(number: str, text: str) -> None:
    assert money.plain(Decimal(number)) == text


def test_a_month_has_730_hours() -> None:
    assert money.HOURS_PER_MONTH == 730
    assert money.SECONDS_PER_MONTH == 2_628_000


@given(written=GB, kept=GB, shards=st.integers(1, 83), replicas=st.integers(0, 5))
def test_the_lines_add_up_to_the_total(written: Decimal, kept: Decimal, shards: int, replicas: int) -> None:
    answer = quote(
        {
            "design": "memorydb-valkey",
            "node_type": "db.r6g.large",
            "shards": shards,
            "replicas": replicas,
            "data_written_gb": written,
            "snapshot_gb": kept,
        }
    )
    assert answer.missing == ()
    assert sum(int(money.plain(one.amount * 10**12)) for one in answer.lines if one.amount is not None) == int(
        answer.monthly_usd * 10**12
    )
    assert money.total(one.quantity for one in answer.lines if one.unit == "GB") == written


@given(less=GB, more=GB)
def test_writing_more_never_costs_less(less: Decimal, more: Decimal) -> None:
    less, more = sorted((less, more))
    assert valkey(data_written_gb=less) <= valkey(data_written_gb=more)


@given(step=st.decimals(min_value="0.000001", max_value=1, places=6))
def test_the_price_does_not_jump_where_the_free_tier_ends(step: Decimal) -> None:
    assert valkey(data_written_gb=10_000 + step) - valkey(data_written_gb=10_000) == step * Decimal("0.04")
    assert valkey(data_written_gb=10_000) == valkey(data_written_gb=10_000 - step)


@given(units=st.integers(0, 10**15), times=st.integers(1, 1000))
def test_request_units_are_priced_in_proportion(units: int, times: int) -> None:
    def bill(count: int) -> Decimal:
        return quote({"design": "dynamodb-on-demand", "write_request_units": count}).monthly_usd

    assert bill(units * times) == bill(units) * times
