"""Where engines replicate the same command in other words: a table, every row checked on the real engine by
`tests/live/test_replicated_effects.py`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """One engine line. `dropped`: the word for a key that expiry (or a time already past) deletes.

    `spop_in_one`: SPOP of several members is one SREM, not one each in a transaction. `past_set_is_delete`: SET with a time
    already past deletes at once instead of storing a dead key. `read_position_told`: XREADGROUP tells the group's
    position (XGROUP SETID) after the claimed entries.
    """

    ident: str
    dropped: bytes
    spop_in_one: bool
    past_set_is_delete: bool
    read_position_told: bool


REDIS_7 = Dialect("redis-7.0", b"DEL", spop_in_one=False, past_set_is_delete=False, read_position_told=False)
VALKEY_9 = Dialect("valkey-9", b"UNLINK", spop_in_one=True, past_set_is_delete=True, read_position_told=True)
DIALECTS = {each.ident: each for each in (REDIS_7, VALKEY_9)}


def dialect_of(engine: str, version: str) -> Dialect:
    """The nearest line that was checked: Valkey 8 and newer speak as Valkey 9, everything older as Redis 7.0."""
    major = version.partition(".")[0]
    return VALKEY_9 if engine == "valkey" and major.isdigit() and int(major) >= 8 else REDIS_7
