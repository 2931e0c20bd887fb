"""When a write counts as acknowledged: the mode of a run.

`cache` is ElastiCache's promise: no persistence, asynchronous replication, the primary's reply is the acknowledgement.
`durable` is that of a multi-AZ transaction log: every node writes its append-only file and syncs it before it answers or
acknowledges, and a write counts as acknowledged when a WAIT behind it says that one of the other two copies has it too.
"""

from __future__ import annotations

from engine.errors import InputError

CACHE = "cache"
DURABLE = "durable"
MODES = (CACHE, DURABLE)
COPIES = 3  # of which a quorum must have a write on disk
WAIT_REPLICAS = 1  # with the primary, two of three disks
WAIT_TIMEOUT_MS = 5_000
WHAT_IT_IS = (
    "three copies of each shard, each with its append-only file synced at every write; a write counts as acknowledged "
    "when it is on two of the three disks"
)
NOT_REPRODUCED = (
    "Another client can read a write that is not committed yet: the engine shows it at once, where a transaction log hides it "
    "until the commit. Behind an uncommitted write on its own connection a client waits, as it does there.",
    "The copies stand on one machine and share its disk: the way between availability zones is missing (add one as an "
    "assumption), and one disk carries what three would.",
    "A failover picks the replica with the most bytes of the stream, not the one that proves it holds every commit.",
)


def default_replicas(mode: str) -> int:
    """How many replicas a shard has when nobody said."""
    return COPIES - 1 if mode == DURABLE else 1


def require_available(mode: str, replicas: int) -> None:
    """Raise InputError unless runs in `mode` can be measured on shards with so many replicas."""
    if mode not in MODES:
        raise InputError(f"{mode!r} is not a mode.", source="mode", expected=" or ".join(MODES) + ".")
    if mode == DURABLE and replicas < COPIES - 1:
        raise InputError(
            f"durable mode with {replicas} replica{'' if replicas == 1 else 's'} of each primary.",
            source="replicas",
            expected=f"at least {COPIES - 1}: a write is acknowledged when two of three copies have it on disk.",
            remedy=f"Use {COPIES - 1} replicas, or cache mode.",
        )
