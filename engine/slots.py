"""Which of the 16,384 hash slots a key belongs to, as the cluster specification defines it."""

from __future__ import annotations

import binascii

SLOTS = 16384


def hash_tag(key: bytes) -> bytes:
    """The part of the key that decides its slot: what stands in the first non-empty `{…}`, else the whole key."""
    opened = key.find(b"{")
    if opened < 0:
        return key
    closed = key.find(b"}", opened + 1)
    return key if closed <= opened + 1 else key[opened + 1 : closed]


def key_slot(key: bytes) -> int:
    """CRC16 (XMODEM) of the hash tag modulo 16,384."""
    return binascii.crc_hqx(hash_tag(key), 0) % SLOTS


def slot_ranges(shards: int) -> tuple[tuple[int, int], ...]:
    """Even, contiguous, inclusive slot ranges for `shards` shards; together they cover every slot once."""
    edges = [round(SLOTS * shard / shards) for shard in range(shards + 1)]
    return tuple((edges[shard], edges[shard + 1] - 1) for shard in range(shards))
