"""Figures without commands as the page shows them: grouped rows, each with its tag. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from planner.reports.charts import Chart
from planner.reports.summary_charts import memory_chart, rates_chart
from planner.reports.wording import count, duration, rate, share, size

Wording = Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure: its name, its value with unit, and how it is known (`recorded`, `typed`, `assumed`)."""

    name: str
    value: str
    tag: str


@dataclass(frozen=True, slots=True)
class FigureGroup:
    """Figures that belong together."""

    title: str
    rows: tuple[FigureRow, ...]


@dataclass(frozen=True, slots=True)
class SummaryView:
    """Everything the summary partial prints."""

    source: str
    span: str
    groups: tuple[FigureGroup, ...]
    commands: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    charts: tuple[Chart, ...]


def _bytes_rate(value: float) -> str:
    return f"{size(value)}/s"


def _lifetime(ms: float) -> str:
    return duration(ms / 1000)


def _exponent(value: float) -> str:
    return f"{value:g} (Zipf)"


_GROUPS: Sequence[tuple[str, Sequence[tuple[str, str, Wording]]]] = (
    ("Rates", (
        ("operations_per_s", "Operations, mean", rate), ("operations_peak_per_s", "Operations, peak", rate),
        ("reads_per_s", "Reads, mean", rate), ("reads_peak_per_s", "Reads, peak", rate),
        ("writes_per_s", "Writes, mean", rate), ("writes_peak_per_s", "Writes, peak", rate),
        ("scripts_per_s", "Scripts, mean", rate), ("scripts_peak_per_s", "Scripts, peak", rate),
    )),
    ("Data", (
        ("keys", "Keys", count), ("bytes_used", "Memory used", size), ("bytes_used_peak", "Memory used, peak", size),
        ("item_bytes", "Memory for each key", size), ("key_bytes", "Key length, mean", size),
        ("value_bytes", "Value size, mean", size), ("ttl_share", "Keys with a time to live", share),
        ("ttl_mean_ms", "Time to live, mean", _lifetime),
    )),
    ("Access", (
        ("hit_rate", "Reads that find their key", share), ("skew", "Skew", _exponent),
        ("evictions_per_s", "Evictions", lambda value: rate(value, "keys/s")),
        ("expirations_per_s", "Expirations", lambda value: rate(value, "keys/s")), ("clients", "Clients", count),
    )),
    ("Network and engine", (
        ("network_in_bytes_per_s", "Network in, mean", _bytes_rate),
        ("network_in_peak_bytes_per_s", "Network in, peak", _bytes_rate),
        ("network_out_bytes_per_s", "Network out, mean", _bytes_rate),
        ("network_out_peak_bytes_per_s", "Network out, peak", _bytes_rate),
        ("replication_bytes_per_s", "Replication, mean", _bytes_rate),
        ("replication_peak_bytes_per_s", "Replication, peak", _bytes_rate),
        ("engine_cpu_share", "Engine CPU, mean", share), ("engine_cpu_peak_share", "Engine CPU, peak", share),
        ("processing_units_per_s", "Processing units", lambda value: rate(value, "ECPU/s")),
    )),
)  # fmt: skip
_COMMANDS = 12
_SOURCES = {"cloudwatch": "CloudWatch metrics", "info": "Output of INFO", "typed": "Typed by hand"}


def summary_view(shape: Mapping[str, Any] | None) -> SummaryView | None:
    """The figures of a summary (the JSON of its shape); None for what is no summary. Unknown figures have no row."""
    if shape is None:
        return None
    tags = shape.get("tags", {})
    groups = (FigureGroup(title, tuple(_rows(shape, tags, known))) for title, known in _GROUPS)
    engine = " ".join(filter(None, (shape.get("engine"), shape.get("engine_version"))))
    span = shape.get("span_s")
    return SummaryView(
        source=", ".join(filter(None, (_SOURCES.get(shape["source"], shape["source"]), engine))),
        span=duration(span) if span else "",
        groups=tuple(group for group in groups if group.rows),
        commands=_commands(shape.get("commands") or {}),
        notes=tuple(shape.get("notes", ())),
        charts=tuple(chart for chart in (rates_chart(shape), memory_chart(shape)) if chart.figure_json),
    )


def _rows(
    shape: Mapping[str, Any], tags: Mapping[str, str], known: Sequence[tuple[str, str, Wording]]
) -> list[FigureRow]:
    return [
        FigureRow(name, words(shape[field]), tags.get(field, "assumed"))
        for field, name, words in known
        if shape.get(field) is not None
    ]


def _commands(rates: Mapping[str, float]) -> tuple[tuple[str, str], ...]:
    busiest = sorted(rates.items(), key=lambda item: -item[1])[:_COMMANDS]
    return tuple((name, rate(per_s)) for name, per_s in busiest)
