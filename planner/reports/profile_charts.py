"""The charts of a recording's profile, drawn by `planner.reports.charts` from what `facts_profile` says.

Every function takes the profile in its published JSON form and gives a chart without a figure where there is nothing to
draw; its sentence then says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planner.reports import facts_profile as facts
from planner.reports import marks
from planner.reports.charts import Chart, bytes_ranking, draw, ranking_layout
from planner.reports.facts import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION, Facts, Ranked
from planner.reports.wording import count, share

_CURVES = (("operations", BLUE, "solid"), ("reads", GREEN, "dash"), ("writes", ORANGE, "dot"))
_SIZE_COLOURS = {"key": SKY, "value": BLUE, "reply": GREEN, "ttl_ms": PURPLE}


def per_minute_chart(profile: Mapping[str, Any]) -> Chart:
    """Operations, reads and writes in each minute (longer steps for long recordings)."""
    found = facts.per_minute_facts(profile)
    curve = profile.get("per_minute") or {"step_s": 60}
    minutes = curve["step_s"] / 60
    traces = []
    for name, colour, dash in _CURVES:
        values = curve.get(name)
        if values:
            starts = [at * minutes for at in range(len(values))]
            hover = [
                f"{count(value)} {name} from minute {start:g}" for start, value in zip(starts, values, strict=True)
            ]
            traces.append(marks.line(name, starts, values, colour, hover=hover, dash=dash))
    layout = {"xaxis": marks.axis("Minute of the recording"), "yaxis": marks.from_zero(found.title)}
    return draw(found, traces, layout)


def mix_chart(profile: Mapping[str, Any]) -> Chart:
    """Operations by class."""
    return _counts(facts.mix_facts(profile), facts.mix(profile), BLUE)


def families_chart(profile: Mapping[str, Any]) -> Chart:
    """Operations of the busiest key families."""
    return _counts(facts.families_facts(profile), facts.families(profile), GREEN)


def hottest_keys_chart(profile: Mapping[str, Any]) -> Chart:
    """The keys named most often."""
    ranked = tuple((_label(one), one["operations"]) for one in facts.hottest(profile, "hottest_keys"))
    return _counts(facts.hottest_keys_facts(profile), ranked, VERMILLION)


def hottest_slots_chart(profile: Mapping[str, Any]) -> Chart:
    """The slots with most operations."""
    ranked = tuple((f"slot {one['slot']}", one["operations"]) for one in facts.hottest(profile, "hottest_slots"))
    return _counts(facts.hottest_slots_facts(profile), ranked, ORANGE)


def size_chart(profile: Mapping[str, Any], kind: str) -> Chart:
    """One distribution: `key`, `value`, `reply` or `ttl_ms`; bins grow geometrically."""
    found = (profile.get("sizes") or {}).get(kind) or {}
    bins, total = found.get("histogram") or (), found.get("count") or 1
    labels = [facts.bin_label(kind, one) for one in bins]
    hover = [f"{count(one['count'])} ({share(one['count'] / total)})" for one in bins]
    trace = marks.bar("operations", labels, [one["count"] for one in bins], _SIZE_COLOURS[kind], hover=hover)
    layout = {
        "xaxis": marks.axis(facts.SIZE_TITLES[kind][0], type="category"),
        "yaxis": marks.from_zero("Operations"),
        "hovermode": "closest",
    }
    return draw(facts.size_facts(profile, kind), [trace], layout)


def working_set_chart(profile: Mapping[str, Any]) -> Chart:
    """Distinct keys in each window and up to its end."""
    found = profile.get("working_set") or {"window_s": 1, "distinct": (), "cumulative": ()}
    minutes = [at * found["window_s"] / 60 for at in range(len(found["distinct"]))]
    traces = [
        marks.line(
            name, minutes, found[part], colour, hover=[f"{count(value)} keys" for value in found[part]], dash=dash
        )
        for name, part, colour, dash in (
            ("in the window", "distinct", BLUE, "solid"),
            ("so far", "cumulative", ORANGE, "dash"),
        )
    ]
    layout = {"xaxis": marks.axis("Minute of the recording"), "yaxis": marks.from_zero("Distinct keys")}
    return draw(facts.working_set_facts(profile), traces, layout)


def keyspace_types_chart(profile: Mapping[str, Any]) -> Chart:
    """Memory of the snapshot by type."""
    groups = (("Memory", facts.keyspace_ranked(profile, "types", "type")),)
    return bytes_ranking(facts.keyspace_facts(profile, "types", "type"), groups, "Memory", (PURPLE,))


def keyspace_families_chart(profile: Mapping[str, Any]) -> Chart:
    """Memory of the snapshot by key family."""
    groups = (("Memory", facts.keyspace_ranked(profile, "families", "pattern")),)
    return bytes_ranking(facts.keyspace_facts(profile, "families", "pattern"), groups, "Memory", (BLUE,))


def _counts(found: Facts, ranked: Ranked, colour: str) -> Chart:
    names, numbers = [name for name, _ in ranked], [number for _, number in ranked]
    trace = marks.ranking("operations", names, numbers, colour, hover=[count(number) for number in numbers])
    return draw(found, [trace], ranking_layout("Operations", len(ranked)))


def _label(key: Mapping[str, Any]) -> str:
    """Two databases may have a key of the same name, and a chart has one bar a label."""
    return facts.short(key["key"]) + (f" (database {key['database']})" if key["database"] else "")
