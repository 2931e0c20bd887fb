"""What stays in memory on nodes with data tiering: all keys, and the values that are read again and again.

Hot values are the share of the data that answers `HOT_HIT_RATE` of the reads of this trace by its own hit-rate curve.
Without a curve nothing says what is cold, and all of it counts as hot.
"""

from __future__ import annotations

from planner.sizing.model.needs import Needs

KEY_BYTES = 100  # of a key with what surrounds its value [assumed: 24 of entry, 8 to 16 of bucket, header and name]
HOT_HIT_RATE = 0.8  # assumed
LATENCY = "+450 µs on a typical read of 500 bytes from SSD"  # [doc]


def resident_bytes(needs: Needs, memory_bytes: int) -> int:
    """Of `memory_bytes`, those of keys and hot values."""
    keys = min(memory_bytes, needs.keys * KEY_BYTES)
    return keys + round((memory_bytes - keys) * hot_share(needs))


def hot_share(needs: Needs) -> float:
    """The smallest simulated share of the data that answers enough reads; 1 where none does."""
    enough = (point.cache_share for point in needs.hit_curve if point.hit_rate >= HOT_HIT_RATE)
    return min(enough, default=1.0)
