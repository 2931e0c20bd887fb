"""The one form every recording becomes: a header and a stream of operations (DESIGN §3).

A trace on disk is a Parquet file (`store.py`). Everything after reading speaks only these types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntFlag
from typing import Any


class Flag(IntFlag):
    """What is known of an operation beyond its words. Stored as uint8."""

    WRITE = 1
    LUA = 2  # run by a script; replaying the script runs it again
    TRANSACTION = 4  # MULTI, the commands queued after it, and EXEC
    BLOCKING = 8
    SYNTHETIC = 16  # made by Headroom, not recorded


@dataclass(frozen=True, slots=True)
class Operation:
    """One command of one client.

    `t_us`: microseconds since the first operation of the trace. `cmd`: upper case, container commands as
    `XGROUP CREATE`. `args`: everything after `cmd`, None in a sized trace. `key`: the first key, None when the command
    has none. `value_len`: payload bytes the command carries to be kept (values, fields, members; see `payload.py`).
    `ttl_ms`: relative time to live the command sets.
    """

    t_us: int
    conn: int
    db: int
    cmd: str
    key: bytes | None
    args: tuple[bytes, ...] | None
    key_len: int | None
    value_len: int | None
    reply_len: int | None
    ttl_ms: int | None
    flags: Flag


@dataclass(frozen=True, slots=True)
class TraceHeader:
    """What is known of a recording as a whole; travels as JSON in the Parquet metadata.

    `skipped` counts input lines left out, by reason; they are not in the operations. `first_wall_clock_us` is the Unix
    time of operation 0. `key_sampling` is the share of keys recorded (1 = all). `notes` are sentences for the reader.
    `population` is how many operations at the beginning make the keyspace the recording starts from; they are not part of
    its time. `groups` are the clients' addresses without port, or their names; `group_of[c]` is the group of connection c
    (connections beyond its end are not told apart). `writes_only`: the format shows no reads. `keyspace` holds the
    statistics of a snapshot as `engine.traces.snapshots.statistics` writes them.
    """

    format: str
    source_name: str
    source_sha256: str
    source_bytes: int
    operations: int
    connections: int
    duration_us: int
    clock_resolution_us: int
    first_wall_clock_us: int | None
    engine_version: str | None = None
    key_sampling: float = 1.0
    redaction: str = "none"
    skipped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    population: int = 0
    groups: tuple[str, ...] = ()
    group_of: tuple[int, ...] = ()
    writes_only: bool = False
    keyspace: Mapping[str, Any] | None = None
    schema: int = 2
