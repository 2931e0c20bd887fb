"""Data written by a run, byte for byte, and what the recording alone made one expect of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


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
