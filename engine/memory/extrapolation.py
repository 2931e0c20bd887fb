"""From the memory of some of the keys to that of all: what is paid per key is scaled, hash tables are worked out anew.

Dividing by the share of keys is wrong where tables are paid per slot (a slot with one key pays for a table that holds
seven) and where they double at once (a million keys and one more). The range holds two standard errors of the sample.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt

from engine.measurement import EngineIdentity, Memory, ShardTables
from engine.memory.layout import Layout, layout_of
from engine.memory.tables import expected_tables

_STANDARD_ERRORS = 2.0  # of the range
_BEYOND_CHANCE = 3.0


@dataclass(frozen=True, slots=True)
class Extrapolation:
    """Bytes of `keys` keys over all shards. `error`: one standard error as a share (None: not known). `scaled`: only
    divided, because the measurement does not carry its tables."""

    keys: int
    bytes: int
    low_bytes: int
    high_bytes: int
    tables_bytes: int
    error: float | None
    scaled: bool = False


def extrapolate(memory: Memory, engine: EngineIdentity, share: float, keys: int | None = None) -> Extrapolation:
    """Memory of the whole keyspace, of which `share` was measured (0 < share <= 1).

    `keys`: how many there really are, when that is known (DBSIZE tells it in an instant); else as many as the share says.
    With every key measured this is the measurement itself.
    """
    if share >= 1 and keys in (None, memory.keys):
        whole = memory.keyspace_bytes
        return Extrapolation(memory.keys, whole, whole, whole, sum(each.tables_bytes for each in memory.tables), 0.0)
    if not memory.tables or not memory.keys:
        return _divided(memory, share, keys)
    factor = keys / memory.keys if keys is not None else 1 / share
    layout, allocator = layout_of(engine.name, engine.version), engine.allocator
    error = _error(memory, share, counted=keys is not None)
    spread = _STANDARD_ERRORS * (error or 0.0)
    tables = _tables(memory.tables, factor, layout, allocator)
    per_key = max(memory.keyspace_bytes - sum(each.tables_bytes for each in memory.tables), 0)
    likely = per_key * factor + tables
    return Extrapolation(
        keys=round(memory.keys * factor),
        bytes=round(likely),
        low_bytes=round(likely * max(1 - spread, 0.0)),
        high_bytes=round(likely * (1 + spread)),
        tables_bytes=round(tables),
        error=error,
    )


def _tables(measured: tuple[ShardTables, ...], factor: float, layout: Layout, allocator: str) -> float:
    excess = _excess_dispersion(measured)
    total = 0.0
    for each in measured if excess else _evened(measured):
        for entries, share in ((each.keys, 1.0), (each.expires, each.expires / max(each.keys, 1))):
            dispersion = 1 + excess * factor * share
            total += expected_tables(entries * factor, each.slots, layout, allocator, dispersion)
    return total


def _evened(measured: tuple[ShardTables, ...]) -> tuple[ShardTables, ...]:
    """Names that have nothing to do with each other fall evenly on the slots: that all keys do so is surer than what a small
    sample happened to do, and decides whether a table has just doubled."""
    slots = max(sum(each.slots for each in measured), 1)
    keys, expires = sum(each.keys for each in measured), sum(each.expires for each in measured)
    return tuple(
        replace(each, keys=round(keys * each.slots / slots), expires=round(expires * each.slots / slots))
        for each in measured
    )


def _excess_dispersion(measured: tuple[ShardTables, ...]) -> float:
    """How far the keys of the sample crowd into slots beyond chance; in all keys it is as much stronger as they are more.
    What chance alone may show (three standard errors) counts as nothing."""
    slots = sum(each.slots for each in measured)
    excess = sum((each.dispersion - 1) * each.slots for each in measured) / max(slots, 1)
    return excess if excess > _BEYOND_CHANCE * sqrt(2 / max(slots, 1)) else 0.0


def _error(memory: Memory, share: float, *, counted: bool) -> float | None:
    """One standard error of the sum, as a share of it. When the keys are counted only their sizes are uncertain; else how
    many fell into the sample is chance as well (Horvitz and Thompson's estimator under sampling by key)."""
    if memory.key_bytes_deviation is None or not memory.bytes_per_key:
        return None
    variation = (memory.key_bytes_deviation / memory.bytes_per_key) ** 2
    return sqrt(max(1 - share, 0.0) * (variation + (0.0 if counted else 1.0)) / memory.keys)


def _divided(memory: Memory, share: float, keys: int | None) -> Extrapolation:
    factor = keys / memory.keys if keys is not None and memory.keys else 1 / share
    whole = round(memory.keyspace_bytes * factor)
    return Extrapolation(round(memory.keys * factor), whole, whole, whole, 0, None, scaled=True)
