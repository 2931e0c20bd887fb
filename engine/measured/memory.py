"""Memory of a run: by shard, by key family and encoding, hash tables, what nodes hold besides keys, fit and plateau."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShardMemory:
    """Memory of one primary after settling, as its INFO says, with the key count."""

    shard: int
    used_bytes: int
    dataset_bytes: int
    overhead_bytes: int
    rss_bytes: int
    peak_bytes: int
    keyspace_bytes: int
    keys: int
    bytes_per_key: float | None


@dataclass(frozen=True, slots=True)
class FamilyMemory:
    """Memory of one key family over all shards, scaled up from `sampled` keys asked with MEMORY USAGE."""

    pattern: str
    keys: int
    bytes: int
    sampled: int


@dataclass(frozen=True, slots=True)
class ShardTables:
    """The hash tables of one primary that find its keys: `keys` of them, `expires` with a time to live, over `slots` slots.

    `tables_bytes` follows from how many keys each slot holds and from the engine's layout (`engine/memory`). `dispersion`:
    variance of the keys per slot over their mean, 1 for names that have nothing to do with each other.
    """

    shard: int
    slots: int
    keys: int
    expires: int
    tables_bytes: int
    dispersion: float = 1.0


@dataclass(frozen=True, slots=True)
class EncodingMemory:
    """Keys of one type in one encoding (OBJECT ENCODING), over all shards, scaled up from `sampled` keys."""

    type: str
    encoding: str
    keys: int
    bytes: int
    sampled: int


@dataclass(frozen=True, slots=True)
class MemoryLines:
    """What the nodes hold besides keys, as INFO says, summed over the primaries; `replicas_used_bytes` over the replicas.

    `fragmentation_bytes`: resident memory beyond what is used (negative: part of it is swapped out or not yet touched).
    """

    client_bytes: int
    backlog_bytes: int
    replica_buffer_bytes: int
    cluster_link_bytes: int
    fragmentation_bytes: int
    fragmentation_ratio: float
    replicas_used_bytes: int | None


@dataclass(frozen=True, slots=True)
class MemoryFit:
    """Straight line through (keys, bytes) of the seconds of a replay: what each further key cost, hash tables left out.

    `standard_error_bytes` allows for seconds that resemble the one before. None in `Memory` when the number of keys hardly
    moved.
    """

    bytes_per_key: float
    standard_error_bytes: float
    points: int
    fewest_keys: int
    most_keys: int


@dataclass(frozen=True, slots=True)
class Plateau:
    """Keys with a time to live: does their number still grow? `state`: `reached` or `growing`.

    `live_keys` at the end of the recording; `plateau_keys` once as many lapse as come, with a range; `window_s` is how long
    that takes (the longest time to live of all but one key in a hundred), `recorded_s` how long the recording watched.
    """

    state: str
    live_keys: int
    plateau_keys: int
    low_keys: int
    high_keys: int
    window_s: float
    recorded_s: float


@dataclass(frozen=True, slots=True)
class AllocatorCorrection:
    """Factor from the measured engine's memory to a production build's, with its range; `tag` says where it is from."""

    factor: float
    low: float
    high: float
    tag: str
    source: str


@dataclass(frozen=True, slots=True)
class Memory:
    """Sums over all primaries. `keyspace_bytes` is `used_bytes` less what the empty, connected cluster used, and less client
    and replication buffers: the bytes that grow with the keys. `bytes_per_key` = keyspace_bytes / keys.

    `key_bytes_deviation`: standard deviation of the bytes of single keys, from those weighed. Empty and None: not known."""

    used_bytes: int
    dataset_bytes: int
    overhead_bytes: int
    rss_bytes: int
    peak_bytes: int
    keyspace_bytes: int
    keys: int
    bytes_per_key: float | None
    shards: tuple[ShardMemory, ...]
    families: tuple[FamilyMemory, ...]
    allocator_correction: AllocatorCorrection
    tables: tuple[ShardTables, ...] = ()
    key_bytes_deviation: float | None = None
    encodings: tuple[EncodingMemory, ...] = ()
    lines: MemoryLines | None = None
    fit: MemoryFit | None = None
    plateau: Plateau | None = None
