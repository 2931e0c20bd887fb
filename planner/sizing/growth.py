"""Needs in a later month: what is held grows by one factor, what passes through by another, and the season moves traffic.

Ratios, shares and the hit-rate curve stay, since growth is taken to bring more of the same. The month of the estimate is
month 0 and has what was measured; another month of the year has as much more or less as the season says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from planner.sizing.model.answers import Answers
from planner.sizing.model.needs import ItemLoad, Needs

MONTHS_A_YEAR = 12
MOST_SHRINKING = -0.9


@dataclass(frozen=True, slots=True)
class Growth:
    """A month of data held and of traffic: 0.05 = 5 % more than the month before."""

    data: float
    traffic: float


def likely_growth(answers: Answers) -> Growth:
    """As stated; data and traffic grow alike where nothing else was said."""
    both = answers.growth_per_month
    data, traffic = answers.growth_data_per_month, answers.growth_traffic_per_month
    return Growth(both if data is None else data, both if traffic is None else traffic)


def low_growth(answers: Answers) -> Growth:
    """Less by the spread; what was not said to shrink does not shrink."""
    likely, spread = likely_growth(answers), answers.growth_spread_per_month
    return Growth(*(max(rate - spread, MOST_SHRINKING if rate < 0 else 0.0) for rate in (likely.data, likely.traffic)))


def high_growth(answers: Answers) -> Growth:
    """More by the spread."""
    likely, spread = likely_growth(answers), answers.growth_spread_per_month
    return Growth(likely.data + spread, likely.traffic + spread)


def path(needs: Needs, growth: Growth, answers: Answers, months: int, start_month: int) -> tuple[Needs, ...]:
    """The needs of month 0 (calendar month `start_month`, 1 to 12) to `months`. Equal months are one object."""
    if growth == Growth(0.0, 0.0) and not answers.season_peak:
        return (needs,) * (months + 1)
    return tuple(at_month(needs, growth, answers, month, start_month) for month in range(months + 1))


def at_month(needs: Needs, growth: Growth, answers: Answers, month: int, start_month: int) -> Needs:
    """The needs of one month."""
    data, traffic = factor(growth.data, month), factor(growth.traffic, month)
    later = needs if data == 1 else scaled_data(needs, data)
    if traffic != 1:
        later = scaled(later, operations=traffic, written=traffic)
    return _in_season(later, answers, start_month - 1, start_month - 1 + month)


def _in_season(needs: Needs, answers: Answers, start: int, then: int) -> Needs:
    """Peaks by the season's peaks, averages by its means, each against the month that was measured."""
    if not answers.season_peak or (then - start) % MONTHS_A_YEAR == 0:
        return needs
    peak, mean = (
        season[then % MONTHS_A_YEAR] / season[start % MONTHS_A_YEAR]
        for season in (answers.season_peak, answers.season_mean)
    )
    moved = scaled(needs, operations=mean, written=mean)
    return replace(
        moved,
        peak_reads_per_s=needs.peak_reads_per_s * peak,
        peak_writes_per_s=needs.peak_writes_per_s * peak,
        bytes_in_per_s_peak=needs.bytes_in_per_s_peak * peak,
        bytes_out_per_s_peak=needs.bytes_out_per_s_peak * peak,
        replicated_bytes_per_s_peak=needs.replicated_bytes_per_s_peak * peak,
    )


def factor(growth_per_month: float, month: int) -> float:
    """(1 + growth)^month."""
    return (1 + growth_per_month) ** month


def grown(needs: Needs, by: float) -> Needs:
    """Data and traffic multiplied by `by`. A single hot key's share falls as keys grow in number, but traffic may grow
    on the same keys: the share is kept, which is the cautious choice."""
    return needs if by == 1 else scaled(scaled_data(needs, by), operations=by, written=by)


def scaled_data(needs: Needs, by: float) -> Needs:
    """What is held: memory, keys, snapshot, items."""
    return replace(
        needs,
        memory_bytes=round(needs.memory_bytes * by),
        memory_low_bytes=round(needs.memory_low_bytes * by),
        memory_high_bytes=round(needs.memory_high_bytes * by),
        older_layout_bytes=round(needs.older_layout_bytes * by),
        older_layout_high_bytes=round(needs.older_layout_high_bytes * by),
        keys=round(needs.keys * by),
        snapshot_bytes=round(needs.snapshot_bytes * by),
        items=replace(needs.items, items=round(needs.items.items * by)),
    )


def scaled(needs: Needs, *, operations: float = 1.0, written: float = 1.0) -> Needs:
    """What passes through: operations and their client bytes by one factor, replicated bytes by another."""
    return replace(
        needs,
        peak_reads_per_s=needs.peak_reads_per_s * operations,
        peak_writes_per_s=needs.peak_writes_per_s * operations,
        average_reads_per_s=needs.average_reads_per_s * operations,
        average_writes_per_s=needs.average_writes_per_s * operations,
        bytes_in_per_s_peak=needs.bytes_in_per_s_peak * operations,
        bytes_out_per_s_peak=needs.bytes_out_per_s_peak * operations,
        replicated_bytes_per_s_peak=needs.replicated_bytes_per_s_peak * written,
        replicated_bytes_per_s_average=needs.replicated_bytes_per_s_average * written,
        ecpu_per_s=needs.ecpu_per_s * operations,
        replicated_burst_bytes=_scaled_burst(needs.replicated_burst_bytes, written),
        connections=None if needs.connections is None else round(needs.connections * operations),
        items=_scaled_items(needs.items, operations),
    )


def _scaled_burst(burst: int | None, by: float) -> int | None:
    return None if burst is None else round(burst * by)


def _scaled_items(items: ItemLoad, by: float) -> ItemLoad:
    return replace(items, writes_per_s=items.writes_per_s * by, reads_per_s=items.reads_per_s * by)
