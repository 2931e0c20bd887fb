"""Figures as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.reports import wording


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, "–"),
        (0, "0 B"),
        (999, "999 B"),
        (1024, "1 KiB"),
        (1536, "1.50 KiB"),
        (5 * 1024**3, "5 GiB"),
        (1e12, "931 GiB"),
    ],
)
def test_sizes_are_binary_with_three_digits(number: float | None, text: str) -> None:
    assert wording.size(number) == text


@pytest.mark.parametrize(("number", "text"), [(117e9, "117 GB"), (999, "999 B"), (1500, "1.50 kB"), (0, "0 B")])
def test_billed_sizes_are_decimal(number: float, text: str) -> None:
    assert wording.billed_size(number) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [("315.798", "$315.80"), ("0.005", "$0.01"), ("1234567.1", "$1,234,567.10"), ("-3.5", "-$3.50"), ("0", "$0.00")],
)
def test_money_is_printed_to_the_cent_half_up(amount: str, text: str) -> None:
    assert wording.usd(Decimal(amount)) == text


@pytest.mark.parametrize(("price", "text"), [("0.000000625", "$0.000000625"), ("0.20", "$0.2"), ("1E+2", "$100")])
def test_unit_prices_keep_every_digit(price: str, text: str) -> None:
    assert wording.unit_price(Decimal(price)) == text


def test_an_unknown_figure_is_a_dash_and_never_a_zero() -> None:
    unknown = [wording.size(None), wording.usd(None), wording.unit_price(None), wording.latency(None)]
    unknown += [wording.rate(None), wording.count(None), wording.share(None), wording.duration(None)]
    assert set(unknown) == {"–"}


@pytest.mark.parametrize(("us", "text"), [(85.4, "85.4 µs"), (999, "999 µs"), (4300, "4.30 ms"), (1.2e6, "1.20 s")])
def test_latency_is_in_the_unit_a_person_would_say(us: float, text: str) -> None:
    assert wording.latency(us) == text


@pytest.mark.parametrize(
    ("figures", "text"),
    [
        ({"p50": "<1000", "p99": "<=6000", "tag": "published", "source": "paper"}, "p50 <1 ms, p99 ≤6 ms (published)"),
        ({"p50": "single-digit ms", "tag": "assumed"}, "p50 single-digit ms (assumed)"),
        ({}, "–"),
    ],
)
def test_a_promised_latency_names_its_tag(figures: dict[str, str], text: str) -> None:
    assert wording.latency_promise(figures) == text


@pytest.mark.parametrize(
    ("fraction", "text"), [(0.374, "37 %"), (0.0342, "3.4 %"), (0.05, "5 %"), (0.00001, "less than 0.1 %"), (0, "0 %")]
)
def test_shares_keep_a_digit_when_small(fraction: float, text: str) -> None:
    assert wording.share(fraction) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.25, "0.25 s"), (60, "1 min"), (200, "3 min 20 s"), (7500, "2 h 5 min")]
)
def test_durations_use_two_units_at_most(seconds: float, text: str) -> None:
    assert wording.duration(seconds) == text


def test_a_long_title_breaks_at_the_space_nearest_to_its_middle() -> None:
    assert wording.two_lines("ElastiCache for Valkey + DynamoDB on demand") == (
        "ElastiCache for Valkey",
        "+ DynamoDB on demand",
    )
    assert wording.two_lines("MemoryDB for Valkey") == ("MemoryDB for Valkey",)
    assert wording.two_lines("x" * 40) == ("x" * 40,)


def test_things_are_counted_in_the_right_number() -> None:
    assert [wording.counted(number, "replica") for number in (0, 1, 2)] == ["no replicas", "1 replica", "2 replicas"]


@given(st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, places=6))
def test_printed_money_is_within_half_a_cent(amount: Decimal) -> None:
    text = wording.usd(amount).replace("$", "").replace(",", "")
    assert abs(Decimal(text) - amount) <= Decimal("0.005")


@given(st.floats(min_value=0, max_value=1e15))
def test_a_printed_size_is_within_one_per_cent(number: float) -> None:
    value, unit = wording.size(number).split()
    factor = 1024 ** ("B", "KiB", "MiB", "GiB", "TiB").index(unit)
    assert float(value.replace(",", "")) * factor == pytest.approx(number, rel=0.01, abs=0.51)
