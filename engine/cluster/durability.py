"""When a write counts as acknowledged: the mode of a run.

`cache` is ElastiCache's promise: no persistence, asynchronous replication, the primary's reply is the acknowledgement.
`durable` (every write on two of three disks before the reply) is named here so that every result says which mode it is;
this version measures `cache` only and refuses the other by name.
"""

from __future__ import annotations

from engine.errors import InputError

CACHE = "cache"
DURABLE = "durable"
MODES = (CACHE, DURABLE)


def require_available(mode: str) -> None:
    """Raise InputError unless runs in `mode` can be measured."""
    if mode == CACHE:
        return
    if mode == DURABLE:
        raise InputError("durable mode cannot be measured by this version.", source="mode", expected="cache.")
    raise InputError(f"{mode!r} is not a mode.", source="mode", expected="cache.")
