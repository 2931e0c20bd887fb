"""What follows from the trace's own commands and curve: processing units of a serverless cache, and how much capacity stands
when a database scales itself.
"""

from __future__ import annotations

from statistics import fmean

from engine.measurement import Measurement
from engine.traces.items import CommandMoved, ItemStatistics

# Commands the vendor counts by the kilobyte alone.
SIMPLE = frozenset(
    {"GET", "SET", "SETEX", "PSETEX", "SETNX", "GETSET", "GETDEL", "GETEX", "DEL", "EXISTS", "EXPIRE", "TTL"}
)
WINDOW_S = 60  # of recorded time: scaling follows consumption minute by minute
FEWEST_WINDOWS = 5


def ecpu_per_s(measurement: Measurement, items: ItemStatistics, seconds: float) -> float:
    """Units a second of the recording: Σ over commands, each by the larger of kilobytes moved and CPU against a simple
    command's. Recordings counted before commands were: one unit an operation."""
    if not items.moved:
        operations = measurement.operations_by_class.get("all", sum(measurement.operations_by_class.values()))
        return operations / seconds
    simple_us = (measurement.cpu.calibration.get_us + measurement.cpu.calibration.set_us) / 2
    return sum(_units(moved, measurement, simple_us) for moved in items.moved) / seconds


def _units(moved: CommandMoved, measurement: Measurement, simple_us: float) -> float:
    us = measurement.cpu.us_per_command.get(moved.command)
    if moved.command in SIMPLE or us is None or not simple_us:
        return moved.started_kb
    return max(moved.started_kb, moved.calls * us / simple_us)


def scaling_factor(measurement: Measurement, peak_to_average: float) -> float:
    """Mean over the recording's minutes of the busiest second in each, against the mean second; for a recording of fewer than
    five minutes, half way to the peak that the person states."""
    per_second = measurement.series.operations[: max(1, int(measurement.duration_s))]  # whole seconds of the replay
    length = max(1, round(WINDOW_S / measurement.speed))
    windows = [per_second[start : start + length] for start in range(0, len(per_second) - length + 1, length)]
    mean = sum(per_second) / len(per_second) if per_second else 0.0
    if len(windows) < FEWEST_WINDOWS or not mean:
        return (1 + peak_to_average) / 2
    return fmean(max(window) for window in windows) / mean
