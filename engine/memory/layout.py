"""How an engine version arranges its keyspace: which hash table, one for a node or one for each slot.

| engine | table of keys | in cluster mode |
|---|---|---|
| Redis to 7.2, Valkey 7.2 | `dict`: 8-byte buckets, a power of two | one for the node |
| Redis 7.4 and newer, Valkey 8.0 | `dict` | one for each slot that holds a key |
| Valkey 8.1 and newer | `hashtable`: 64-byte buckets of seven entries | one for each slot that holds a key |

Measured here: Redis 7.0.15 and Valkey 9.1.2. The others follow from the engines' sources.
"""

from __future__ import annotations

from dataclasses import dataclass

DICT = "dict"
BUCKETS_OF_SEVEN = "hashtable"
_DICT_HEADER_BYTES = 64  # struct dict with the key-value store's link to its place in the list of rehashing tables
_HASHTABLE_HEADER_BYTES = 96


@dataclass(frozen=True, slots=True)
class Layout:
    """`header_bytes`: the table's own struct, paid once per table (0 where it exists before the first key)."""

    table: str
    per_slot: bool
    header_bytes: int


def layout_of(name: str, version: str, *, cluster: bool = True) -> Layout:
    """The layout of an engine as it names itself (`valkey`, `9.1.2`). A version that is not a number counts as the newest."""
    number = _number(version)
    if name == "valkey" and number >= (8, 1):
        return _layout(BUCKETS_OF_SEVEN, cluster, _HASHTABLE_HEADER_BYTES)
    if number >= ((8, 0) if name == "valkey" else (7, 4)):
        return _layout(DICT, cluster, _DICT_HEADER_BYTES)
    return Layout(DICT, per_slot=False, header_bytes=0)


def _layout(table: str, cluster: bool, header_bytes: int) -> Layout:
    return Layout(table, per_slot=cluster, header_bytes=header_bytes if cluster else 0)


def _number(version: str) -> tuple[int, int]:
    parts = version.split(".")
    if len(parts) < 2 or not all(part.isdigit() for part in parts[:2]):
        return 99, 0
    return int(parts[0]), int(parts[1])
