"""From this engine's allocator to a production build's: the keys weighed, size class by size class, and the hash tables."""

from __future__ import annotations

from collections.abc import Sequence

from engine.cluster.binaries import Engine
from engine.measurement import AllocatorCorrection, ShardTables
from engine.memory.allocators import JEMALLOC_8, usable
from engine.memory.correction import Corrected, known_allocator
from engine.memory.layout import DICT, layout_of
from engine.memory.tables import expected_tables

_DICT_ENTRY = 24
_LEFT_OUT = 0.02  # of the factor: small allocations not followed, as one engine with both allocators showed


def derived_correction(
    engine: Engine, corrected: Corrected, tables: Sequence[ShardTables], target: str = JEMALLOC_8
) -> AllocatorCorrection | None:
    """None where nothing was weighed or the sizes that this allocator hands out are not known."""
    if not corrected.measured or not known_allocator(engine.allocator):
        return None
    here, there = _tables(engine, tables, engine.allocator), _tables(engine, tables, target)
    likely, low, high = (
        (part + there) / (corrected.measured + here) for part in (corrected.likely, corrected.low, corrected.high)
    )
    low, high = low - _LEFT_OUT, high + _LEFT_OUT
    if engine.allocator.startswith("jemalloc"):
        likely, high = min(likely, 1.0), max(high, 1.0)
        why = (
            "jemalloc as distributions build it, 16-byte quantum; high end: this build may have the 8-byte one already."
        )
    else:
        why = "libc malloc, chunks of 16 bytes less 8, to jemalloc's size classes, four to a doubling."
    words = f"Size class by size class over the keys weighed, with hash tables, to production's 8-byte quantum. {why}"
    return AllocatorCorrection(round(likely, 4), round(low, 4), round(high, 4), "derived", words)


def _tables(engine: Engine, tables: Sequence[ShardTables], allocator: str) -> float:
    """Tables of keys and of times to live; a `dict` has an entry of its own for each of the latter."""
    layout = layout_of(engine.name, engine.version)
    entry = usable(_DICT_ENTRY, allocator) if layout.table == DICT else 0
    return sum(
        each.expires * entry
        + sum(expected_tables(entries, each.slots, layout, allocator) for entries in (each.keys, each.expires))
        for each in tables
    )
