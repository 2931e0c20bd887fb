"""What the real workload needs: a measurement scaled by the person's answers.

Rates are operations of the trace over the recorded time of the trace, so they do not vary from run to run.
`recording_is` peak: the recorded rate is the peak and the average is peak / `peak_to_average`; average: the recorded
rate is the average and the peak is average x `peak_to_average`. Both are divided by `traffic_share`, as are keys and
bytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from statistics import fmean

from engine.measurement import Measurement
from engine.memory.extrapolation import extrapolate
from engine.traces.hit_rate import HitRatePoint
from engine.traces.items import ItemStatistics
from planner.sizing.curve import ecpu_per_s, scaling_factor
from planner.sizing.memory_error import with_fit_error
from planner.sizing.model.answers import Answers
from planner.sizing.model.needs import HitPoint, ItemLoad, Needs
from planner.sizing.writes import burst_bytes

SLOTS = 16384
CPU_STEP, CPU_TOLERANCE = 1.25, 0.15
SHORTEST_S = 1.0  # a recording of one instant is taken as one second long

# Bytes a string key takes in addition on 7.x engines in cluster mode (FACTS, engine internals): 16 for the slot's
# list, gone in Valkey 8.0; about 20 more, 30 with a time to live, saved by 8.1.
SLOT_LINK_BYTES, ENTRY_BYTES, ENTRY_WITH_TTL_BYTES = 16, 20, 30


def needs_of(
    measurement: Measurement, items: ItemStatistics, hit_curve: Sequence[HitRatePoint], answers: Answers
) -> Needs:
    """The needs now (month 0), before growth."""
    seconds = recorded_seconds(measurement, items)
    peak, average = peak_and_average(answers)
    share = answers.traffic_share
    writes = measurement.operations_by_class.get("write", 0) / seconds
    reads = _reads(measurement) / seconds
    memory, correction = measurement.memory, measurement.memory.allocator_correction
    likely, high = _older_layout(measurement)
    whole = extrapolate(memory, measurement.engine, share)
    low_bytes, high_bytes = with_fit_error(whole.bytes, whole.low_bytes, whole.high_bytes, memory.fit)
    return Needs(
        memory_bytes=round(whole.bytes * correction.factor),
        memory_low_bytes=round(low_bytes * correction.low),
        memory_high_bytes=round(high_bytes * correction.high),
        keys=round(memory.keys / share),
        peak_reads_per_s=reads * peak,
        peak_writes_per_s=writes * peak,
        average_reads_per_s=reads * average,
        average_writes_per_s=writes * average,
        cpu_read_ratio=_ratio(measurement, "read", measurement.cpu.calibration.get_us),
        cpu_write_ratio=_ratio(measurement, "write", measurement.cpu.calibration.set_us),
        bytes_in_per_s_peak=measurement.network.bytes_in / seconds * peak,
        bytes_out_per_s_peak=measurement.network.bytes_out / seconds * peak,
        replicated_bytes_per_s_peak=_replicated_peak(measurement, seconds) * peak,
        replicated_bytes_per_s_average=measurement.data_written.bytes / seconds * average,
        snapshot_bytes=round(measurement.snapshot.bytes / share),
        hottest_slot_share=_slot_share(measurement, share),
        hottest_key_share=_key_share(measurement, share),
        items=_item_load(items, seconds, average, answers),
        hit_curve=tuple(HitPoint(point.cache_bytes, point.cache_share, point.hit_rate) for point in hit_curve),
        ecpu_per_s=ecpu_per_s(measurement, items, seconds) * average,
        scaling_factor=scaling_factor(measurement, peak / average),
        shard_overhead_bytes=_shard_overhead(measurement),
        older_layout_bytes=round(memory.keys * likely / share),
        older_layout_high_bytes=round(memory.keys * high / share),
        replicated_burst_bytes=burst_bytes(measurement, share),
    )


def recorded_seconds(measurement: Measurement, items: ItemStatistics) -> float:
    """How long the recording lasted: the trace's own clock, else the replay's time x speed. At least one second."""
    seconds = items.duration_us / 1e6 if items.duration_us else measurement.duration_s * measurement.speed
    return max(seconds, SHORTEST_S)


def peak_and_average(answers: Answers) -> tuple[float, float]:
    """Factors from the recorded rate to the real workload's peak and average rate."""
    whole = 1 / answers.traffic_share
    if answers.recording_is == "peak":
        return whole, whole / answers.peak_to_average
    return whole * answers.peak_to_average, whole


def connections_of(recorded: int | None, answers: Answers) -> int | None:
    """Clients of the real workload at peak: they come and go with its rate."""
    return None if recorded is None else round(recorded * peak_and_average(answers)[0])


def hit_rate(curve: Sequence[HitPoint], cache_share: float) -> float | None:
    """Hit rate of a cache of this share of the data: straight lines between the simulated sizes, None without a
    simulation."""
    points = sorted((point.cache_share, point.hit_rate) for point in curve)
    if not points:
        return None
    if cache_share <= points[0][0]:
        return points[0][1] * cache_share / points[0][0] if points[0][0] else points[0][1]
    for (low, rate_low), (high, rate_high) in pairwise(points):
        if low <= cache_share <= high and high > low:
            return rate_low + (rate_high - rate_low) * (cache_share - low) / (high - low)
    return points[-1][1]


def burst_factor(measurement: Measurement) -> float | None:
    """Busiest replayed second against the mean second, for operations; None for a replay too short to tell."""
    operations = measurement.series.operations
    mean = fmean(operations) if len(operations) >= 5 else 0.0
    return max(operations) / mean if mean else None


def _reads(measurement: Measurement) -> int:
    """All that is not a write: reads, and what touches no key, which costs a node about as much as a read."""
    by_class = measurement.operations_by_class
    writes = by_class.get("write", 0)
    return by_class["all"] - writes if "all" in by_class else sum(by_class.values()) - writes


def _ratio(measurement: Measurement, kind: str, calibration_us: float) -> float:
    measured = measurement.cpu.us_per_op.get(kind)
    return cpu_step(measured / calibration_us) if measured and calibration_us > 0 else 1.0


def cpu_step(ratio: float) -> float:
    """The ratio in steps of a quarter: …, 0.8, 1, 1.25, 1.56, …; one up to 15 % above a step still belongs to it.

    Repeated runs of the same recording differ by about a tenth in CPU time. Without steps that noise alone could move a
    workload over the edge of a node type, and its price with it.
    """
    steps = math.ceil(math.log(ratio / (1 + CPU_TOLERANCE), CPU_STEP) - 1e-9)
    return round(CPU_STEP**steps, 4)


def _replicated_peak(measurement: Measurement, seconds: float) -> float:
    """Bytes in the busiest recorded second. A fast replay folds `speed` recorded seconds into one, which smooths
    bursts."""
    return max(measurement.data_written.bytes / seconds, measurement.data_written.bytes_per_s_peak / measurement.speed)


def _key_share(measurement: Measurement, share: float) -> float | None:
    """Sampling is by key: the keys left out add operations, but none to this key."""
    hottest = measurement.slot_load.hottest_key_share
    return None if hottest is None else hottest * share


def _slot_share(measurement: Measurement, share: float) -> float | None:
    """As for a key, but the slot also gets its even part of the traffic that was left out."""
    hottest = measurement.slot_load.hottest_slot_share
    return None if hottest is None else hottest * share + (1 - share) / SLOTS


def _shard_overhead(measurement: Measurement) -> int:
    shards = measurement.memory.shards
    return round(fmean(max(shard.used_bytes - shard.keyspace_bytes, 0) for shard in shards)) if shards else 0


def _older_layout(measurement: Measurement) -> tuple[int, int]:
    """Bytes a key takes in addition on a 7.x engine (likely, high), given what was measured."""
    numbers = measurement.engine.version.split(".")
    if measurement.engine.name != "valkey" or not all(number.isdigit() for number in numbers[:2]):
        return 0, 0
    version = tuple(int(number) for number in numbers[:2])
    if version < (8, 0):
        return 0, 0
    if version < (8, 1):
        return SLOT_LINK_BYTES, SLOT_LINK_BYTES
    return SLOT_LINK_BYTES + ENTRY_BYTES, SLOT_LINK_BYTES + ENTRY_WITH_TTL_BYTES


def _item_load(items: ItemStatistics, seconds: float, average: float, answers: Answers) -> ItemLoad:
    return ItemLoad(
        writes_per_s=items.writes / seconds * average,
        reads_per_s=items.reads / seconds * average,
        write_units_per_write=Decimal(items.write_units) / max(items.writes, 1),
        read_units_per_read=Decimal(items.read_units) / max(items.reads, 1),
        items=round(items.items / answers.traffic_share),
        item_bytes=items.item_bytes,
    )
