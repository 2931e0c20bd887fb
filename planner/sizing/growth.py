"""Needs in a later month: everything that grows with the business, grown by the same factor.

Ratios, shares and the hit-rate curve stay, since growth is taken to bring more of the same.
"""

from __future__ import annotations

from dataclasses import replace

from planner.sizing.model import ItemLoad, Needs


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
