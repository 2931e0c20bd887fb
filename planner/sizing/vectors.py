"""What a vector index adds to a cluster: memory on its one shard.

Bytes are count x (4 x dimensions + 8 x m + 100): the numbers, the links of the graph, and what surrounds them. Assumed; no
vendor publishes a formula. MemoryDB keeps an index on a single shard, of at most 32,768 dimensions and 512 links [doc].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

from engine.errors import InputError
from planner.sizing.ceilings import Load
from planner.sizing.model.answers import Vectors

RANGES: Mapping[str, tuple[int, int]] = {"count": (1, 10**12), "dimensions": (1, 32_768), "m": (2, 512)}
ENTRY_BYTES = 100


def index_bytes(vectors: Vectors) -> int:
    """Bytes of the whole index."""
    return vectors.count * (4 * vectors.dimensions + 8 * vectors.m + ENTRY_BYTES)


def with_index(load: Load, vectors: Vectors | None) -> Load:
    """The load with the index on its only shard; nothing of it may leave memory."""
    if vectors is None:
        return load
    added = index_bytes(vectors)
    resident = None if load.resident_bytes is None else load.resident_bytes + added
    return replace(load, memory_bytes=load.memory_bytes + added, resident_bytes=resident, shards_at_most=1)


def parse_vectors(value: object) -> Vectors | None:
    """From `{"count": 1000000, "dimensions": 768, "m": 16}` or nothing. Raises InputError naming the figure."""
    if value is None or value == "":
        return None
    names = [field.name for field in fields(Vectors)]
    if not isinstance(value, Mapping):
        raise InputError(
            f"{str(value)[:60]!r} will not do.", source="vectors", expected=f"an object of {', '.join(names)}."
        )
    for name in value:
        if name not in names:
            raise InputError(
                "is not known.", source=f"vectors.{str(name)[:40]}", expected=f"one of {', '.join(names)}."
            )
    for name in ("count", "dimensions"):
        if name not in value:
            raise InputError("is required.", source=f"vectors.{name}", remedy=f'Add "{name}" to the vectors.')
    return Vectors(**{name: _whole(name, value[name]) for name in names if name in value})


def _whole(name: str, value: object) -> int:
    low, high = RANGES[name]
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        shown = f"a whole number from {low:,} to {high:,}."
        raise InputError(f"{str(value)[:60]!r} will not do.", source=f"vectors.{name}", expected=shown)
    return value
