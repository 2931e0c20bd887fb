"""What a page shows of a replay while it runs, from what its players say every half second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.replay.task import REPORT_NS

_SHOWN_AS_SAID = ("response_p50_us", "response_p99_us", "late", "dropped", "errors")


def gauges_of(said: Mapping[str, Any], duration_ns: int | None = None, **more: float | None) -> dict[str, float]:
    """The gauges that are known; with a `duration_ns` of the replay, how long it still lasts."""
    gauges: dict[str, float | None] = {"ops_per_s": said["answered"] / (REPORT_NS / 1e9)}
    gauges |= {name: said[name] for name in _SHOWN_AS_SAID}
    gauges |= more
    if duration_ns is not None:
        gauges["time_left_s"] = max(duration_ns - said["now_ns"], 0) / 1e9
    return {name: float(value) for name, value in gauges.items() if value is not None}
