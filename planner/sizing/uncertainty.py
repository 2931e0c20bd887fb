"""How far the rates and the memory may be from the truth: sampling of operations and bytes, and the memory model.

Operations and bytes are resampled together, window by window, since a busy window has more of both. Seeded, so the same run
gives the same figures.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from engine.measurement import Measurement
from planner.sizing.growth import scaled
from planner.sizing.model.needs import Needs

SEED = 1
RESAMPLES = 200
BLOCK_S = 5  # recorded seconds that stay together, so that bursts are drawn whole
FEWEST_BLOCKS = 4
MOST_BLOCKS = 240
CONFIDENCE = 0.90
LOW_QUANTILE, HIGH_QUANTILE = (1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2
AROUND = 0.025  # draws this far around a quantile are averaged: one draw alone is an accident
ASSUMED_SPREAD = 0.2  # where a recording is too short to resample


@dataclass(frozen=True, slots=True)
class Spread:
    """Factors on a rate at the low and the high end of its confidence interval. `measured` False: assumed, the recording is
    too short."""

    low: float
    high: float
    measured: bool


@dataclass(frozen=True, slots=True)
class Spreads:
    """Sampling spread of operations and of data written, drawn together."""

    operations: Spread
    written: Spread


def spreads_of(measurement: Measurement) -> Spreads:
    """Spreads by block bootstrap over the whole seconds of the replay; blocks are `BLOCK_S` recorded seconds long."""
    whole, block_s = int(measurement.duration_s), max(1, round(BLOCK_S / measurement.speed))
    operations, written = measurement.series.operations[:whole], measurement.data_written.per_second[:whole]
    return resampled_together(operations, written, block_s)


def resampled_together(operations: Sequence[int], written: Sequence[int], block_s: int = BLOCK_S) -> Spreads:
    """Each draw takes the same windows of both. The ends are those of both together: the draws around the 5 % and the 95 %
    quantile of their sum of factors. A rate without enough windows of its own is assumed."""
    if not written or not any(written):
        return Spreads(resampled(operations, block_s), resampled(written, block_s))
    both = tuple(_blocks(series[: min(len(operations), len(written))], block_s) for series in (operations, written))
    if not all(_enough(blocks) for blocks in both):
        return Spreads(resampled(operations, block_s), resampled(written, block_s))
    means = [fmean(blocks) for blocks in both]
    generator, places = random.Random(SEED), range(len(both[0]))
    draws = []
    for _ in range(RESAMPLES):
        drawn = generator.choices(places, k=len(places))
        factors = (fmean(blocks[place] for place in drawn) / mean for blocks, mean in zip(both, means, strict=True))
        draws.append(tuple(factors))
    draws.sort(key=sum)
    low, high = _around(draws, LOW_QUANTILE), _around(draws, HIGH_QUANTILE)
    first, second = (Spread(min(a, 1.0), max(b, 1.0), measured=True) for a, b in zip(low, high, strict=True))
    return Spreads(first, second)


def resampled(per_second: Sequence[int], block_s: int = BLOCK_S) -> Spread:
    """Block bootstrap of the mean of one rate, by blocks of `block_s` seconds (longer ones in a long run)."""
    blocks = _blocks(per_second, block_s)
    if not _enough(blocks):
        return Spread(1 - ASSUMED_SPREAD, 1 + ASSUMED_SPREAD, measured=False)
    generator, mean = random.Random(SEED), fmean(blocks)
    draws = sorted((fmean(generator.choices(blocks, k=len(blocks))) / mean,) for _ in range(RESAMPLES))
    low, high = _around(draws, LOW_QUANTILE), _around(draws, HIGH_QUANTILE)
    return Spread(min(low[0], 1.0), max(high[0], 1.0), measured=True)


def low_rates(needs: Needs, spreads: Spreads) -> Needs:
    """Operations and bytes at the low end of their sampling."""
    return scaled(needs, operations=spreads.operations.low, written=spreads.written.low)


def high_rates(needs: Needs, spreads: Spreads) -> Needs:
    """Operations and bytes at the high end of their sampling."""
    return scaled(needs, operations=spreads.operations.high, written=spreads.written.high)


def low_memory(needs: Needs) -> Needs:
    """The memory model at its low end."""
    return replace(needs, memory_bytes=needs.memory_low_bytes)


def high_memory(needs: Needs) -> Needs:
    """The memory model at its high end."""
    return replace(needs, memory_bytes=needs.memory_high_bytes, older_layout_bytes=needs.older_layout_high_bytes)


def _blocks(per_second: Sequence[int], block_s: int) -> list[int]:
    length = max(block_s, -(-len(per_second) // MOST_BLOCKS))
    return [sum(per_second[start : start + length]) for start in range(0, len(per_second) - length + 1, length)]


def _enough(blocks: Sequence[int]) -> bool:
    return len(blocks) >= FEWEST_BLOCKS and any(blocks)


def _around(draws: Sequence[tuple[float, ...]], quantile: float) -> tuple[float, ...]:
    """Mean of the sorted draws near a quantile."""
    first, last = round(RESAMPLES * (quantile - AROUND)), round(RESAMPLES * (quantile + AROUND))
    return tuple(fmean(each) for each in zip(*draws[first:last], strict=True))
