"""`python -m benchmarks.sizing`, and part of `make bench`: the search of all designs beside the plain one, and one quote.

A full search: every design and join, all node types x up to 500 shards x replicas, now and for 36 months of growth, each
month with other needs. The plain search sizes and prices design by design and month by month (`bill.size`); both must agree
to the last digit before anything is timed. A quote and the search are also set beside their budgets.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from benchmarks.table import Row, row, say, show, wants_json
from engine.cluster import binaries
from planner.pricing import designs
from planner.pricing.quote import quote
from planner.sizing import search
from planner.sizing.bill import Sized, size
from planner.sizing.growth import factor, grown
from planner.sizing.model.answers import Answers
from planner.sizing.model.needs import HitPoint, ItemLoad, Needs

MONTHS = 36
SEARCH_BUDGET_MS, QUOTE_BUDGET_MS = 50.0, 2.0
QUOTE = {"design": "memorydb-valkey", "node_type": "db.r6g.large", "shards": 3, "replicas": 1, "data_written_gb": 900}
ANSWERS = Answers(growth_per_month=0.05, horizon_months=MONTHS, cache_share=0.25)
_TIMES, _QUOTES = 9, 200

# A shop of some size: 60 GB, 50,000 operations a second at peak, 15 MB/s replicated.
NEEDS = Needs(
    memory_bytes=60 * 2**30,
    memory_low_bytes=55 * 2**30,
    memory_high_bytes=66 * 2**30,
    keys=90_000_000,
    peak_reads_per_s=40_000.0,
    peak_writes_per_s=10_000.0,
    average_reads_per_s=20_000.0,
    average_writes_per_s=5_000.0,
    cpu_read_ratio=1.25,
    cpu_write_ratio=1.25,
    bytes_in_per_s_peak=20e6,
    bytes_out_per_s_peak=90e6,
    replicated_bytes_per_s_peak=15e6,
    replicated_bytes_per_s_average=6e6,
    snapshot_bytes=40 * 2**30,
    hottest_slot_share=0.002,
    hottest_key_share=0.001,
    items=ItemLoad(5_000.0, 20_000.0, Decimal(1), Decimal(1), 90_000_000, 400),
    hit_curve=(HitPoint(6 * 2**30, 0.1, 0.7), HitPoint(15 * 2**30, 0.25, 0.9), HitPoint(60 * 2**30, 1.0, 0.99)),
    ecpu_per_s=30_000.0,
    scaling_factor=1.3,
    connections=2_000,
)


def by_month() -> tuple[Needs, ...]:
    """Needs from now to the horizon."""
    return tuple(grown(NEEDS, factor(ANSWERS.growth_per_month, month)) for month in range(MONTHS + 1))


def plain(run: Sequence[Needs]) -> Mapping[str, tuple[Sized, ...]]:
    """The same answers one by one."""
    return {design_id: tuple(size(design_id, needs, ANSWERS) for needs in run) for design_id in designs.available()}


def sizing_rows() -> list[Row]:
    """The search against the plain one and its budget, a quote against its budget. Stops when the two searches disagree."""
    run, every = by_month(), designs.available()
    say(f"sizing: {len(every)} designs, {len(run)} months")
    if search.months(every, run, ANSWERS) != plain(run):
        raise SystemExit("The search and the plain one disagree; no figure can be trusted.")
    used_ms = _processor_ms(lambda: search.months(every, run, ANSWERS))
    pairs = [(_ms(lambda: search.months(every, run, ANSWERS)), _ms(lambda: plain(run))) for _ in range(_TIMES)]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    best = min(pair[0] for pair in pairs)
    a_quote = statistics.median(_ms(lambda: quote(QUOTE)) for _ in range(_QUOTES))
    what = f"{len(every)} designs, all node types, up to 500 shards, {MONTHS} months; the same answers to the digit."
    return [
        row("full search, design by design and month by month", ours, theirs, "ms", what),
        row(
            "full search, budget", ours, SEARCH_BUDGET_MS, "ms", f"Median of {_TIMES}; the quickest took {best:.1f} ms."
        ),
        row(
            "processor time of a full search, budget",
            used_ms,
            SEARCH_BUDGET_MS,
            "ms",
            "Without what a busy machine adds.",
        ),
        row("one quote(), budget", a_quote, QUOTE_BUDGET_MS, "ms", f"Median of {_QUOTES}."),
    ]


def _processor_ms(work: Callable[[], object]) -> float:
    """The median time on the processor."""
    spent = []
    for _ in range(_TIMES):
        started = time.process_time()
        work()
        spent.append((time.process_time() - started) * 1000)
    return statistics.median(spent)


def _ms(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    as_json = wants_json("How fast all designs are searched, beside the plain search.", arguments)
    show("sizing", binaries.choose(None), ("ours", "yardstick"), sizing_rows(), as_json=as_json)


if __name__ == "__main__":
    main()
