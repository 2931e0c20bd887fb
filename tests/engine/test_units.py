"""Bytes, durations and rates are read by the standards and printed for people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.units import format_bytes, format_duration_us, format_rate, parse_bytes, parse_duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("64", 64),
        ("64 B", 64),
        ("1kB", 1000),
        ("1 KiB", 1024),
        ("1.5 GB", 1_500_000_000),
        ("1.5 GiB", 1_610_612_736),
        (" 2Mi ", 2_097_152),
        ("13,317", 13_317),
        ("0.1 kB", 100),
    ],
)
def test_bytes_are_read_with_decimal_and_binary_units(text: str, expected: int) -> None:
    assert parse_bytes(text) == expected


@pytest.mark.parametrize("text", ["", "GB", "-1 GB", "1 GX", "1 GB 2", "1e9", "1.2.3"])
def test_what_is_no_number_of_bytes_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match=r"512 MiB"):
        parse_bytes(text)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (1_047_552, "1023 KiB"),
        (13_317 * 1024**2, "13 GiB"),
        (-2_097_152, "-2 MiB"),
        (5 * 1024**6, "5120 PiB"),
    ],
)
def test_bytes_are_printed_in_binary_units(count: int, expected: str) -> None:
    assert format_bytes(count) == expected


@given(st.integers(0, 1 << 60))
def test_printed_bytes_read_back_within_the_digits_shown(count: int) -> None:
    assert abs(parse_bytes(format_bytes(count)) - count) <= count * 0.005 + 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("250ms", 250_000),
        ("1.5", 1_500_000),
        ("90 s", 90_000_000),
        ("1h 30m", 5_400_000_000),
        ("1h30min", 5_400_000_000),
        ("2 days", 172_800_000_000),
        ("7 µs", 7),
    ],
)
def test_durations_are_read_as_microseconds(text: str, expected: int) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "s", "5 parsecs", "-3 s", "1h and 2m"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match=r"250 ms"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("duration_us", "expected"),
    [
        (0, "0 µs"),
        (850, "850 µs"),
        (1500, "1.5 ms"),
        (2_000_000, "2 s"),
        (150_000_000, "2.5 min"),
        (7_200_000_000, "2 h"),
        (864_000_000_000, "10 d"),
        (0.25, "0.25 µs"),
    ],
)
def test_durations_are_printed_in_the_largest_unit_that_fits(duration_us: float, expected: str) -> None:
    assert format_duration_us(duration_us) == expected


@pytest.mark.parametrize(("rate", "expected"), [(12345.6, "12,346 ops/s"), (0.4014, "0.401 ops/s"), (0, "0 ops/s")])
def test_rates_are_printed_with_their_unit(rate: float, expected: str) -> None:
    assert format_rate(rate, "ops") == expected
