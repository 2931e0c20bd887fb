"""The live figures of a running job as a page shows them, each with its unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.units import format_bytes, format_duration_us, format_rate


@dataclass(frozen=True, slots=True)
class Gauge:
    """A live figure as it is shown: its name and its value with a unit."""

    name: str
    label: str
    value: str


def gauges(values: Mapping[str, float]) -> tuple[Gauge, ...]:
    """The figures that are known, in the order they are read."""
    shown = (
        ("ops_per_s", "Rate", lambda value: format_rate(value, "ops")),
        ("response_p50_us", "Response, median", format_duration_us),
        ("response_p99_us", "Response, p99", format_duration_us),
        ("late", "Late", lambda value: f"{value:,.0f}"),
        ("dropped", "Dropped", lambda value: f"{value:,.0f}"),
        ("errors", "Errors", lambda value: f"{value:,.0f}"),
        ("used_bytes", "Memory", lambda value: format_bytes(int(value))),
        ("time_left_s", "Time left", lambda value: format_duration_us(value * 1_000_000)),
    )
    return tuple(Gauge(name, label, show(values[name])) for name, label, show in shown if name in values)
