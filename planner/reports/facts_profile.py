"""What the charts of a recording's profile say beyond mix and rate; the profile in its published JSON form.

Profiles stored by older versions lack some parts: what is not there has no rows, and the sentence says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from planner.reports.facts import TABLE_ROWS, TOP, Facts, Ranked, top_and_rest
from planner.reports.wording import count, duration, share, size

NOT_IN_PROFILE = "This recording was read by an older version, which did not look at this. Read it again to see it."
_LABEL = 44
SIZE_TITLES = {
    "key": ("Key length", "operations that name a key"),
    "value": ("Value length", "operations that carry a payload"),
    "reply": ("Reply length", "operations with a recorded reply"),
    "ttl_ms": ("Times to live", "commands that set one"),
}


def short(text: str) -> str:
    """A label that leaves room for its bar."""
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 1]}…"


def per_minute_facts(profile: Mapping[str, Any]) -> Facts:
    """Operations, reads and writes in each minute."""
    curve = profile.get("per_minute")
    title = f"Operations per {_step(curve['step_s'])}" if curve else "Operations per minute"
    if not curve:
        return Facts(title, NOT_IN_PROFILE)
    operations = curve["operations"]
    if len(operations) < 2:
        return Facts(title, "The recording is shorter than two of these steps.")
    columns = [name for name in ("operations", "reads", "writes") if curve[name] is not None]
    starts = [duration(at * curve["step_s"]) for at in range(len(operations))]
    every = -(-len(operations) // TABLE_ROWS)
    rows = tuple(
        (starts[at], *(count(_at(curve[name], at)) for name in columns)) for at in range(0, len(starts), every)
    )
    busiest = max(range(len(operations)), key=operations.__getitem__)
    summary = (
        f"Between {count(min(operations))} and {count(operations[busiest])}; the busiest begins at {starts[busiest]}."
    )
    return Facts(title, summary, ("From", *(name.capitalize() for name in columns)), rows)


def mix(profile: Mapping[str, Any]) -> Ranked:
    """Operations by class, the largest first."""
    return top_and_rest(profile.get("mix") or {}, "other")


def mix_facts(profile: Mapping[str, Any]) -> Facts:
    """What the operations do."""
    title = "Operations by what they do"
    ranked = mix(profile)
    if not ranked:
        return Facts(title, NOT_IN_PROFILE if "mix" not in profile else "No operations were recorded.")
    total = sum(number for _, number in ranked)
    rows = tuple((name, count(number), share(number / total)) for name, number in ranked)
    summary = f"Each operation stands in one class; most are {ranked[0][0]} ({share(ranked[0][1] / total)})."
    return Facts(title, summary, ("Class", "Operations", "Share"), rows)


def bin_label(kind: str, one: Mapping[str, Any]) -> str:
    """`64 to 127 B`, `1 min to 5 min`, `1 GiB or more`."""
    written = (lambda number: duration(number / 1000)) if kind == "ttl_ms" else size
    if one["high"] is None:
        return f"{written(one['low'])} or more"
    if one["high"] == one["low"]:
        return str(written(one["low"]))
    if kind == "ttl_ms":
        return f"{written(one['low'])} to {written(one['high'] + 1)}"
    return f"{written(one['low'])} to {written(one['high'])}"


def size_facts(profile: Mapping[str, Any], kind: str) -> Facts:
    """One distribution of `sizes`."""
    title, of = SIZE_TITLES[kind]
    found = (profile.get("sizes") or {}).get(kind)
    if not found:
        why = (profile.get("unknown") or {}).get(f"sizes.{kind}")
        return Facts(title, f"Not recorded. {why}" if why else NOT_IN_PROFILE)
    if not found["count"]:
        return Facts(title, f"There are no {of}.")
    bins = found.get("histogram") or ()
    rows = tuple((bin_label(kind, one), count(one["count"]), share(one["count"] / found["count"])) for one in bins)
    written = (lambda number: duration(number / 1000)) if kind == "ttl_ms" else size
    quantiles = ", ".join(f"{name} {written(found[name])}" for name in ("p50", "p90", "p99", "max"))
    return Facts(title, f"{count(found['count'])} {of}: {quantiles}.", ("Range", "Operations", "Share"), rows)


def working_set_facts(profile: Mapping[str, Any]) -> Facts:
    """Distinct keys over time."""
    title = "Working set"
    found = profile.get("working_set")
    if not found:
        return Facts(title, NOT_IN_PROFILE if "working_set" not in profile else "No operation names a key.")
    if len(found["distinct"]) < 2:
        return Facts(title, f"The recording is too short for a curve; it uses {count(found['cumulative'][-1])} keys.")
    starts = [duration(at * found["window_s"]) for at in range(len(found["distinct"]))]
    rows = tuple(
        (start, count(distinct), count(all_so_far))
        for start, distinct, all_so_far in zip(starts, found["distinct"], found["cumulative"], strict=True)
    )
    window = _step(found["window_s"])
    error = f" Estimated, within {share(found['error'])}." if found["error"] else ""
    summary = (
        f"At most {count(max(found['distinct']))} keys in use in one {window}, "
        f"{count(found['cumulative'][-1])} in all.{error}"
    )
    return Facts(title, summary, ("From", f"Distinct keys in the {window}", "Distinct keys so far"), rows)


def families(profile: Mapping[str, Any]) -> Ranked:
    """Operations of the busiest families."""
    found = {short(one["pattern"]): one["operations"] for one in profile.get("families") or ()}
    return top_and_rest(found, "other families")


def families_facts(profile: Mapping[str, Any]) -> Facts:
    """The busiest key families."""
    title = "Operations by key family"
    ranked = families(profile)
    if not ranked:
        return Facts(title, "No operation names a key.")
    total = sum(number for _, number in ranked)
    rows = tuple((name, count(number), share(number / total)) for name, number in ranked)
    summary = f"{ranked[0][0]} takes {share(ranked[0][1] / total)} of the operations on keys."
    return Facts(title, summary, ("Family", "Operations", "Share"), rows)


def hottest(profile: Mapping[str, Any], part: str) -> Sequence[Mapping[str, Any]]:
    """The first of `hottest_keys` or `hottest_slots`."""
    return (profile.get(part) or ())[:TOP]


def hottest_keys_facts(profile: Mapping[str, Any]) -> Facts:
    """The keys named most often."""
    title = "Hottest keys"
    found = hottest(profile, "hottest_keys")
    if not found:
        return Facts(title, NOT_IN_PROFILE if "hottest_keys" not in profile else "No operation names a key.")
    rows = tuple((one["key"], count(one["operations"]), share(one["share"]), str(one["slot"])) for one in found)
    error = profile.get("hottest_keys_error") or 0
    within = f" Estimated, within {share(error)} of all operations." if error else ""
    summary = f"The hottest takes {share(found[0]['share'])} of the operations on keys.{within}"
    return Facts(title, summary, ("Key, as stored", "Operations", "Share", "Slot"), rows)


def hottest_slots_facts(profile: Mapping[str, Any]) -> Facts:
    """The slots with most operations."""
    title = "Hottest slots"
    found = hottest(profile, "hottest_slots")
    if not found:
        return Facts(title, NOT_IN_PROFILE if "hottest_slots" not in profile else "No operation names a key.")
    rows = tuple(
        (str(one["slot"]), count(one["operations"]), share(one["share"]), count(one["peak_ops_per_s"])) for one in found
    )
    first = found[0]
    summary = (
        f"Slot {first['slot']} takes {share(first['share'])} of the operations on keys, "
        f"{count(first['peak_ops_per_s'])} in its busiest second. A slot cannot be divided among shards."
    )
    return Facts(title, summary, ("Slot", "Operations", "Share", "In its busiest second"), rows)


def keyspace_ranked(profile: Mapping[str, Any], part: str, name: str) -> Ranked:
    """Bytes of the snapshot's `types` or `families`, by their `name`."""
    sums: dict[str, int] = {}
    for one in (profile.get("keyspace") or {}).get(part) or ():
        sums[short(one[name])] = sums.get(short(one[name]), 0) + one["bytes"]
    return top_and_rest(sums, f"other {part}")


def keyspace_facts(profile: Mapping[str, Any], part: str, name: str) -> Facts:
    """Memory of the snapshot by type or family."""
    title = f"Memory of the snapshot by {name if part == 'types' else 'key family'}"
    ranked = keyspace_ranked(profile, part, name)
    if not ranked:
        return Facts(title, "The recording holds no snapshot.")
    total = sum(number for _, number in ranked)
    rows = tuple((label, size(number), share(number / total)) for label, number in ranked)
    summary = f"{ranked[0][0]} takes {share(ranked[0][1] / total)} of {size(total)}."
    return Facts(title, summary, (name.capitalize(), "Memory", "Share"), rows)


def _step(seconds: int) -> str:
    return {1: "second", 60: "minute", 3600: "hour", 86_400: "day"}.get(seconds, f"{duration(seconds)}")


def _at(values: Sequence[int], place: int) -> int:
    """A kind that ends earlier has nothing there."""
    return values[place] if place < len(values) else 0
