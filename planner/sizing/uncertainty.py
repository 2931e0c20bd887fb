"""The range around a bill: sampling of the rates, the memory model, and prices that were derived and not read.

Low takes every input at its low end and high at its high end, so the range is an envelope, wider than any one cause.
All of it is deterministic: resampling is seeded.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from engine.measurement import Measurement
from planner.pricing import money
from planner.pricing.quote import Quote
from planner.sizing.bill import Sized, size
from planner.sizing.growth import scaled
from planner.sizing.model import Answers, Needs, Range

SEED = 1
RESAMPLES = 200
BLOCK_S = 5  # recorded seconds that stay together, so that bursts are drawn whole
FEWEST_BLOCKS = 4
MOST_BLOCKS = 240
LOW_QUANTILE, HIGH_QUANTILE = 0.05, 0.95
ASSUMED_SPREAD = 0.2  # where a recording is too short to resample
DERIVED_SPREAD = Decimal("0.10")  # of prices that were derived; a judgement, no source gives it


@dataclass(frozen=True, slots=True)
class Spread:
    """Factors on a rate: 5 % and 95 % quantile of its resampled mean. `measured` False: assumed, the recording is too
    short."""

    low: float
    high: float
    measured: bool


@dataclass(frozen=True, slots=True)
class Spreads:
    """Sampling spread of operations and of data written."""

    operations: Spread
    written: Spread


def spreads_of(measurement: Measurement) -> Spreads:
    """Spreads by block bootstrap over the whole seconds of the replay; blocks are `BLOCK_S` recorded seconds long."""
    whole, block_s = int(measurement.duration_s), max(1, round(BLOCK_S / measurement.speed))
    return Spreads(
        operations=resampled(measurement.series.operations[:whole], block_s),
        written=resampled(measurement.data_written.per_second[:whole], block_s),
    )


def resampled(per_second: Sequence[int], block_s: int = BLOCK_S) -> Spread:
    """Block bootstrap of the mean: `RESAMPLES` draws of blocks of `block_s` seconds (longer ones in a long run)."""
    length = max(block_s, -(-len(per_second) // MOST_BLOCKS))
    blocks = [sum(per_second[start : start + length]) for start in range(0, len(per_second) - length + 1, length)]
    mean = sum(blocks) / len(blocks) if blocks else 0.0
    if len(blocks) < FEWEST_BLOCKS or not mean:
        return Spread(1 - ASSUMED_SPREAD, 1 + ASSUMED_SPREAD, measured=False)
    generator = random.Random(SEED)
    draws = sorted(sum(generator.choices(blocks, k=len(blocks))) / len(blocks) / mean for _ in range(RESAMPLES))
    low, high = draws[int(RESAMPLES * LOW_QUANTILE)], draws[int(RESAMPLES * HIGH_QUANTILE) - 1]
    return Spread(min(low, 1.0), max(high, 1.0), measured=True)


def range_of(sized: Sized, needs: Needs, answers: Answers, spreads: Spreads) -> Range | None:
    """Low, likely and high bill. Likely is the plain figure. Where the high end fits no cluster, high is the likely
    one's."""
    if sized.quote is None:
        return None
    likely = sized.quote.monthly_usd
    low = size(sized.design_id, _end(needs, spreads, low=True), answers).quote or sized.quote
    high = size(sized.design_id, _end(needs, spreads, low=False), answers).quote or sized.quote
    return Range(
        low=min(with_prices(low, -DERIVED_SPREAD), likely),
        likely=likely,
        high=max(with_prices(high, DERIVED_SPREAD), likely),
    )


def with_prices(quote: Quote, change: Decimal) -> Decimal:
    """The total with every derived price changed by this share."""
    return money.total(
        money.product(line.amount, 1 + change if line.provenance == "derived" else Decimal(1))
        for line in quote.lines
        if line.amount is not None
    )


def low_memory(needs: Needs) -> Needs:
    """The memory model at its low end."""
    return replace(needs, memory_bytes=needs.memory_low_bytes)


def high_memory(needs: Needs) -> Needs:
    """The memory model at its high end."""
    return replace(needs, memory_bytes=needs.memory_high_bytes, older_layout_bytes=needs.older_layout_high_bytes)


def _end(needs: Needs, spreads: Spreads, *, low: bool) -> Needs:
    if low:
        return scaled(low_memory(needs), operations=spreads.operations.low, written=spreads.written.low)
    return scaled(high_memory(needs), operations=spreads.operations.high, written=spreads.written.high)
