"""Reads from a stored trace what tells whether its keys with a time to live have reached their final number."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

import numpy as np

from engine.measurement import Plateau
from engine.memory.plateau import plateau, scaled
from engine.traces.model import TraceHeader
from engine.traces.store import iter_columns

_MOST = 1 << 20  # writes kept in memory; beyond, every second key is let go, again and again
_NAMES = ("t_us", "key", "ttl_ms")


def of_trace(path: Path, header: TraceHeader) -> Plateau | None:
    """The plateau of a trace's keys with a time to live, None when it sets none. Memory does not grow with the trace."""
    kept = np.empty((3, 0), dtype=np.int64)
    seen = halvings = 0
    for times, keys, ttls in iter_columns(path, _NAMES):
        rows = [
            (time if number >= header.population else -1, _number(key), ttl * 1000)
            for number, (time, key, ttl) in enumerate(zip(times, keys, ttls, strict=True), seen)
            if ttl is not None and key is not None
        ]
        seen += len(times)
        if rows:
            kept = np.concatenate((kept, _kept(np.array(rows, dtype=np.int64).T, halvings)), axis=1)
        while kept.shape[1] > _MOST:
            halvings += 1
            kept = _kept(kept, halvings)
    found = plateau(kept[0], kept[1], kept[2], header.duration_us)
    return None if found is None else scaled(found, 1 << halvings)


def _number(key: bytes) -> int:
    return int.from_bytes(blake2b(key, digest_size=8).digest(), "big") >> 1


def _kept(
    rows: np.ndarray[tuple[int, int], np.dtype[np.int64]], halvings: int
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """The rows of one key in 2 ** halvings: always the same keys."""
    return rows[:, rows[1] % (1 << halvings) == 0]
