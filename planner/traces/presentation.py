"""What the pages say about a recording: its profile as ranked lists and its rate over time. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from planner.reports.charts import Chart, rate_curve_chart
from planner.reports.wording import count, duration, share
from planner.traces.models import Trace

COMMANDS = 12
FAMILIES = 12


@dataclass(frozen=True, slots=True)
class Ranked:
    """A name with its count and its share of the largest (for the bar) and of all (for the figure)."""

    name: str
    count: int
    of_largest: float
    of_all: float

    @property
    def of_all_text(self) -> str:
        """The share of all, short enough for a narrow column."""
        return share(self.of_all).replace("less than ", "<")


@dataclass(frozen=True, slots=True)
class ProfileView:
    """Everything the profile partial prints; `raw` is the profile's own JSON (DESIGN §8)."""

    raw: Mapping[str, Any]
    header: Mapping[str, Any]
    commands: tuple[Ranked, ...]
    more_commands: int
    families: tuple[Mapping[str, Any], ...]
    more_families: int
    ttl: tuple[tuple[str, str], ...]
    skipped: tuple[tuple[str, int], ...]
    findings: tuple[Mapping[str, Any], ...]
    rate: Chart


def page_context(trace: Trace) -> dict[str, Any]:
    """What the partials of a recording need, on whichever page they stand."""
    return {"trace": trace, "job": trace.job, "profile": profile_view(trace)}


def profile_view(trace: Trace) -> ProfileView | None:
    """The profile of a recording that has been read; None before."""
    if trace.profile is None or trace.header is None:
        return None
    raw: Mapping[str, Any] = trace.profile
    families = sorted(raw.get("families", []), key=lambda family: -family["operations"])
    return ProfileView(
        raw=raw,
        header=trace.header,
        commands=ranked(raw["commands"])[:COMMANDS],
        more_commands=max(0, len(raw["commands"]) - COMMANDS),
        families=tuple(families[:FAMILIES]),
        more_families=max(0, len(families) - FAMILIES),
        ttl=_ttl(raw["ttl"]),
        skipped=tuple(sorted(raw.get("skipped", {}).items(), key=lambda item: -item[1])),
        findings=tuple(raw.get("compatibility", [])),
        rate=rate_curve_chart(raw),
    )


def ranked(counts: Mapping[str, int]) -> tuple[Ranked, ...]:
    """Names by falling count."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    largest = ordered[0][1] if ordered else 1
    total = sum(counts.values()) or 1
    return tuple(Ranked(name, number, number / (largest or 1), number / total) for name, number in ordered)


def _ttl(ttl: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if not ttl["count"]:
        return (("Times to live", "none set"),)
    spread = (("Shortest", "min_ms"), ("Median", "median_ms"), ("Longest", "max_ms"))
    times = tuple((name, duration(ttl[key] / 1000)) for name, key in spread if ttl[key] is not None)
    return (("Times to live", f"{count(ttl['count'])} set"), *times)
