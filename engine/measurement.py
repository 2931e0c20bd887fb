"""The frozen result of a run, and its JSON form (DESIGN §8). Reads back only what this version wrote.

Units stand in the names: `_bytes` int bytes, `_us` microseconds, `_s` seconds. None means not known, never zero.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.plain import from_plain, to_plain
from engine.ramp.model import Ramp
from engine.weather import Incident

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class EngineIdentity:
    """Which server was measured. `allocator` as the server prints it (`libc`, `jemalloc-5.3.0`)."""

    name: str
    version: str
    allocator: str


@dataclass(frozen=True, slots=True)
class Topology:
    """`shards` primaries with `replicas` replicas each."""

    shards: int
    replicas: int


@dataclass(frozen=True, slots=True)
class Operations:
    """What became of the trace's operations.

    `sent` reached a server; `ok` were answered without an error; `errors` counts replies by their first word;
    `not_replayed` counts operations left out, by reason; `late` were sent more than the stated threshold after they were
    due; `dropped` were never sent because nobody could serve them; `redirected` were answered MOVED or ASK and followed.
    `aborted_transactions` were answered nil because a watched key had changed, which is no error; `messages` were sent to
    subscribers; `tried_again` were sent again after TRYAGAIN. None: measured before this was counted.
    """

    recorded: int
    sent: int
    ok: int
    errors: Mapping[str, int]
    not_replayed: Mapping[str, int]
    late: int
    dropped: int
    redirected: int
    unanswered: int = 0
    aborted_transactions: int | None = None
    messages: int | None = None
    message_bytes: int | None = None
    tried_again: int | None = None


@dataclass(frozen=True, slots=True)
class Validity:
    """Whether the latency figures may be trusted, and why not."""

    ok: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Latency quantiles in microseconds; `count` operations."""

    p50: float
    p90: float
    p99: float
    p99_9: float
    p99_99: float
    max: float
    count: int


@dataclass(frozen=True, slots=True)
class Latency:
    """`response` counts from the time an operation was due, `service` from the time it was sent."""

    response: Quantiles
    service: Quantiles


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


@dataclass(frozen=True, slots=True)
class ShardDataWritten:
    """Replication stream of one primary during the replay, byte for byte."""

    shard: int
    workload_bytes: int
    protocol_bytes: int
    offset_growth_bytes: int


@dataclass(frozen=True, slots=True)
class DataWritten:
    """Bytes of the replication streams. `bytes` is the workload's; `protocol_bytes` (SELECT, PING, REPLCONF) is not.

    `bytes` + `protocol_bytes` = `offset_growth_bytes`, exactly. `per_second` holds workload bytes per second of replay.
    `bytes_peak_10ms`: the most that one shard's workload wrote within 10 ms of the first byte of a burst (None: measured
    before this was).
    """

    bytes: int
    protocol_bytes: int
    offset_growth_bytes: int
    commands: int
    bytes_per_s_mean: float
    bytes_per_s_peak: float
    by_command: Mapping[str, int]
    by_family: Mapping[str, int]
    protocol_by_command: Mapping[str, int]
    per_second: tuple[int, ...]
    shards: tuple[ShardDataWritten, ...]
    bytes_peak_10ms: int | None = None


@dataclass(frozen=True, slots=True)
class WrittenPrediction:
    """What the recording alone made one expect of the replication stream, in the words of `engine` (a line, `valkey-9`).

    The peaks are at the pace of the replay, of all keys together; one of 10 ms is counted from the first byte of a burst.
    `silent_scripts`: scripts of which the recording shows no command, so that what they wrote is missing.
    """

    engine: str
    bytes: int
    peak_bytes_per_s: int
    peak_10ms_bytes: int
    silent_scripts: int
    by_command: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Calibration:
    """GET and SET of 100-byte values on the same machine in the same run: server CPU per operation at saturation."""

    get_us: float
    set_us: float
    overhead_us: float
    operations: int


@dataclass(frozen=True, slots=True)
class Cpu:
    """Server CPU. `us_per_op` by class (`all`, `read`, `write`) at saturation: execution time of the commands (commandstats)
    plus the per-command overhead of the calibration. `main_thread_us_per_op` is what this replay really used per operation.
    `us_per_command`: the same as `us_per_op` for single commands (empty: measured before this was)."""

    us_per_op: Mapping[str, float]
    calibration_us_per_op: float
    calibration: Calibration
    main_thread_us_per_op: float | None
    us_per_command: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Network:
    """Client traffic of the replay over all primaries, replication excluded."""

    bytes_in: int
    bytes_out: int


@dataclass(frozen=True, slots=True)
class SnapshotCase:
    """Response times of a shard's operations while its snapshot was written `on` its `primary` or `replica`, or while none
    was (`quiet`, all shards). `snapshots` were written; the other figures are the largest of them. `late`: operations that the
    player itself sent late, since the snapshot takes its processor time too."""

    on: str
    operations: int
    late: int
    response: Quantiles | None
    snapshots: int
    longest_s: float | None
    longest_fork_us: int | None
    cow_bytes: int | None


@dataclass(frozen=True, slots=True)
class SnapshotImpact:
    """The busiest `turn_s` seconds of the replay, played once for each case, on a machine with `cores` processors."""

    turn_s: float
    cores: int
    cases: tuple[SnapshotCase, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An RDB written after settling, on a replica where there is one. Sums of bytes, longest of seconds.

    `cow_bytes`: pages copied while the forked child wrote, with nobody writing. `impact`: what snapshots under load do (None:
    not asked for)."""

    bytes: int
    seconds: float
    taken_on: str
    cow_bytes: int | None = None
    impact: SnapshotImpact | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """One point per second of replay; all tuples have the same length. Latencies are response times in µs (None: nothing
    was due in that second)."""

    operations: tuple[int, ...] = ()
    response_p50_us: tuple[float | None, ...] = ()
    response_p99_us: tuple[float | None, ...] = ()
    used_bytes: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class SlotLoad:
    """Share of operations of the busiest slot and the busiest key, 0..1 (None: no keyed operation)."""

    hottest_slot_share: float | None
    hottest_key_share: float | None
    hottest_slot: int | None


@dataclass(frozen=True, slots=True)
class Throughput:
    """What a closed loop reached: up to `depth` operations in flight on each of `connections`. `client_us_per_op` is the
    player's own CPU: where it is above the server's, the player may have been the limit."""

    operations_per_s: float
    depth: int
    connections: int
    client_us_per_op: float


@dataclass(frozen=True, slots=True)
class LoadSource:
    """One of several player processes: what it sent. `clock_uncertainty_us`: how closely its clock was known (None:
    it shared our clock)."""

    name: str
    connections: int
    operations: int
    clock_uncertainty_us: float | None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The cluster of somebody's own that latency was measured on, while all else was measured here. `engine` None: it did not
    say. `most_per_s`: the limit on commands a second there."""

    target: str
    engine: EngineIdentity | None
    shards: int
    replicas: int
    speed: float
    most_per_s: float


@dataclass(frozen=True, slots=True)
class Commit:
    """How writes of a durable run were acknowledged: by a WAIT behind them that `wait_replicas` copies answered in time.

    `waits` were sent, each for the writes in flight on its connection: `writes_per_wait` on average (None: no write).
    `timed_out` writes were executed and not confirmed in time: they are not acknowledged. `aof_bytes` grew on the disks of
    all nodes while the recording was replayed; `filesystem` is what they lie on. `zone_rtt_us` is assumed, and stands in
    `write_with_zone_us` alone (response time of writes plus that round trip); None: not asked for.
    """

    wait_replicas: int
    waits: int
    writes_per_wait: float | None
    timed_out: int
    zone_rtt_us: float | None
    aof_bytes: int
    filesystem: str
    not_reproduced: tuple[str, ...]
    write_with_zone_us: Quantiles | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """Everything a run found out. `latency_us` maps `all`, `read`, `write` and command names.

    `sources`: the players, when there were several."""

    engine: EngineIdentity
    topology: Topology
    mode: str
    speed: float
    operations: Operations
    valid_for_latency: Validity
    latency_us: Mapping[str, Latency]
    memory: Memory
    data_written: DataWritten
    cpu: Cpu
    network: Network
    snapshot: Snapshot
    duration_s: float
    trace_sha256: str
    trace_format: str
    operations_by_class: Mapping[str, int]
    slot_load: SlotLoad
    series: Series = field(default_factory=Series)
    assumptions: tuple[str, ...] = ()
    throughput: Throughput | None = None
    sources: tuple[LoadSource, ...] = ()
    latency_from: Elsewhere | None = None
    incidents: tuple[Incident, ...] = ()
    ramp: Ramp | None = None
    commit: Commit | None = None
    written_predicted: WrittenPrediction | None = None
    schema: int = SCHEMA


def to_json(measurement: Measurement) -> dict[str, Any]:
    """The measurement as plain JSON types, keys as in DESIGN §8."""
    return to_plain(measurement)


def from_json(data: Mapping[str, Any]) -> Measurement:
    """The inverse of `to_json`. Raises InputError on another schema or missing fields."""
    if data.get("schema") != SCHEMA:
        raise InputError(f"measurement of schema {data.get('schema')!r}.", expected=f"schema {SCHEMA}.")
    try:
        return from_plain(Measurement, data)
    except (KeyError, TypeError) as error:
        raise InputError(f"not a measurement: {error}.", expected="the JSON that `engine replay` writes.") from error


def load(path: Path) -> Measurement:
    """Read a measurement file."""
    return from_json(json.loads(path.read_text()))
