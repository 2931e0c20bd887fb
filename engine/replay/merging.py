"""What several players say as one: outcomes add up exactly, and gauges are those of all units together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.stats.histogram import IntArray, bucket_of, highest_in

_COARSE = 32  # buckets of the full histogram in one of a gauge: within a thirty-second of the value
_LATEST = frozenset({"ended_ns", "now_ns"})
_QUANTILES = {"response_p50_us": 0.5, "response_p99_us": 0.99}


def merge_outcomes(outcomes: Sequence[Mapping[str, Any]], *, started_clock_ns: int) -> dict[str, Any]:
    """Counts add up, the last end is the end, what happened to one happened."""
    merged = {name: _merged(name, [each[name] for each in outcomes]) for name in outcomes[0]}
    return {**merged, "started_clock_ns": started_clock_ns}


def _merged(name: str, values: Sequence[Any]) -> Any:
    known = [value for value in values if value is not None]
    if not known:
        return None
    if name in _LATEST:
        return max(known)
    if isinstance(known[0], bool):
        return any(known)
    if isinstance(known[0], str):
        return next((value for value in known if value), "")
    if isinstance(known[0], Mapping):
        return dict(sum((Counter(value) for value in known), Counter[str]()))
    if isinstance(known[0], list):
        return [item for value in known for item in value]
    return sum(known)


# -- gauges ----------------------------------------------------------------------------------------------------------


def gauge_counts(times_ns: IntArray) -> dict[str, int]:
    """How many times fell into each bucket of a gauge: few numbers, and those of several players add up."""
    found, counts = np.unique(bucket_of(np.maximum(times_ns, 0)) // _COARSE, return_counts=True)
    return {str(bucket): count for bucket, count in zip(found.tolist(), counts.tolist(), strict=True)}


def gauge_quantile_us(counts: Mapping[str, int], quantile: float) -> float | None:
    """The time at or below which that share lies, never understated; None without any."""
    total, seen = sum(counts.values()), 0
    for bucket in sorted(map(int, counts)):
        seen += counts[str(bucket)]
        if seen >= quantile * total:
            return highest_in(bucket * _COARSE + _COARSE - 1) / 1000
    return None


def merge_progress(said: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One report of several players' reports of the same half second."""
    merged = {name: _merged(name, [each[name] for each in said]) for name in said[0]}
    counts = merged.pop("buckets")
    return {**merged, **{name: gauge_quantile_us(counts, level) for name, level in _QUANTILES.items()}}
