"""What the pages say about a recording: its profile as lists and charts, what clusters refuse, the rights used. Pure.

Profiles stored by older versions lack some parts; what is not there is said, not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from planner.reports import profile_charts
from planner.reports.charts import Chart, rate_curve_chart
from planner.reports.facts import Facts
from planner.reports.facts_predicted import predicted_facts
from planner.reports.wording import count, duration, share
from planner.traces.forms import MatchingForm
from planner.traces.models import Trace
from planner.traces.summary_view import summary_view

COMMANDS = 12
FAMILIES = 12
_FAMILY_PARTS: dict[str, Any] = dict.fromkeys(("reads", "writes", "ttl_median_ms", "ttl_share"))
SEVERITIES = ("blocks", "refused", "works differently", "warning", "check", "note")


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
class FindingRow:
    """One rule that the recording breaks, with the services it holds for and how much it means there."""

    rule: str
    severity: str
    targets: tuple[tuple[str, str], ...]
    count: int
    example: str
    remedy: str
    source: str


@dataclass(frozen=True, slots=True)
class ProfileCharts:
    """The charts of the page, by the section they stand in."""

    activity: tuple[Chart, ...]
    keys: tuple[Chart, ...]
    sizes: tuple[Chart, ...]
    keyspace: tuple[Chart, ...]


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
    findings: tuple[FindingRow, ...]
    rate: Chart
    charts: ProfileCharts
    groups: tuple[Mapping[str, Any], ...]
    facts: tuple[tuple[str, str], ...]
    privileges: tuple[Mapping[str, Any], ...]
    not_recorded: tuple[str, ...]
    written: Facts | None


def page_context(trace: Trace) -> dict[str, Any]:
    """What the partials of a recording need, on whichever page they stand."""
    figures = {"summary": summary_view(trace.shape), "matching": MatchingForm()} if trace.is_summary else {}
    return {"trace": trace, "job": trace.job, "profile": profile_view(trace), **figures}


def profile_view(trace: Trace) -> ProfileView | None:
    """The profile of a recording that has been read; None before."""
    if trace.profile is None or trace.header is None:
        return None
    raw: Mapping[str, Any] = trace.profile
    families = sorted(raw.get("families", []), key=lambda family: (-family["operations"], -family["keys"]))
    return ProfileView(
        raw=raw,
        header=trace.header,
        commands=ranked(raw["commands"])[:COMMANDS],
        more_commands=max(0, len(raw["commands"]) - COMMANDS),
        families=tuple(_FAMILY_PARTS | family for family in families[:FAMILIES]),
        more_families=max(0, len(families) - FAMILIES),
        ttl=_ttl(raw["ttl"]),
        skipped=tuple(sorted(raw.get("skipped", {}).items(), key=lambda item: -item[1])),
        findings=finding_rows(raw.get("compatibility", [])),
        rate=rate_curve_chart(raw),
        charts=_charts(raw),
        groups=tuple(raw.get("groups") or ()),
        facts=_facts(raw),
        privileges=tuple(trace.privileges or ()),
        written=predicted_facts(raw),
        not_recorded=tuple(dict.fromkeys((raw.get("unknown") or {}).values())),
    )


def finding_rows(findings: Sequence[Mapping[str, Any]]) -> tuple[FindingRow, ...]:
    """Findings that differ in nothing but the service are one row; the worst first."""
    rows: dict[tuple[Any, ...], list[tuple[str, str]]] = {}
    for one in findings:
        texts = tuple(one.get(name, "") for name in ("rule", "example", "remedy", "source"))
        rows.setdefault((one["count"], *texts), []).append((one["target"], one["severity"]))
    found = [
        FindingRow(rule, min((severity for _, severity in targets), key=_rank), tuple(targets), number, *texts)
        for (number, rule, *texts), targets in rows.items()
    ]
    return tuple(sorted(found, key=lambda row: (_rank(row.severity), -row.count, row.rule)))


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def _charts(raw: Mapping[str, Any]) -> ProfileCharts:
    """The charts that have a place on the page; a snapshot's only when there is one."""
    sizes = (profile_charts.size_chart(raw, kind) for kind in ("key", "value", "reply", "ttl_ms"))
    snapshot = (profile_charts.keyspace_types_chart, profile_charts.keyspace_families_chart)
    return ProfileCharts(
        activity=(rate_curve_chart(raw), profile_charts.per_minute_chart(raw), profile_charts.mix_chart(raw)),
        keys=(
            profile_charts.families_chart(raw),
            profile_charts.working_set_chart(raw),
            profile_charts.hottest_keys_chart(raw),
            profile_charts.hottest_slots_chart(raw),
        ),
        sizes=tuple(sizes),
        keyspace=tuple(draw(raw) for draw in snapshot) if raw.get("keyspace") else (),
    )


def _facts(raw: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Figures that need no chart; what an older profile lacks is left out."""
    found = [
        (name, count(raw[part]))
        for name, part in (
            ("Transactions", "transactions"),
            ("Script calls", "scripts"),
            ("Keys that operations name", "touched_keys"),
        )
        if raw.get(part) is not None
    ]
    if databases := raw.get("databases"):
        used = ", ".join(f"{number} ({count(operations)})" for number, operations in databases.items())
        found.append(("Databases (operations)", used))
    if population := raw.get("population"):
        text = f"{count(population['keys'])} keys, made by {count(population['commands'])} commands"
        found.append(("Starts from", text))
    if error := raw.get("keys_error"):
        found.append(("Distinct keys are estimated, within", share(error)))
    return tuple(found)


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
