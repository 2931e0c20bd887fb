"""Reads a kept replication stream: every byte belongs to a command, and every command to the workload or to the protocol.

The streams' own bytes are counted by their RESP length, and the sum is held against the growth of `master_repl_offset`: a
single byte of difference is an error, never a rounding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import hiredis
import numpy as np

from engine import commands
from engine.errors import HeadroomError
from engine.replay import resp
from engine.replay.replication_tap import TapFiles
from engine.traces.families import family

PROTOCOL = frozenset(("SELECT", "PING", "REPLCONF"))
NO_KEY = "(no key)"
_BLOCK = 1 << 20
_NS_PER_S = 1_000_000_000
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Span:
    """Which part of a kept stream counts: replication offsets, and the clock at which the replay started (ns)."""

    base: int
    first: int
    last: int
    started_clock_ns: int


@dataclass(slots=True)
class StreamCount:
    """Bytes of one shard's stream within a span. `burst_bytes`: the most of the workload that came within 10 ms of the first
    byte of a burst."""

    workload_bytes: int = 0
    protocol_bytes: int = 0
    commands: int = 0
    by_command: Counter[str] = field(default_factory=Counter)
    by_family: Counter[str] = field(default_factory=Counter)
    protocol_by_command: Counter[str] = field(default_factory=Counter)
    per_second: Counter[int] = field(default_factory=Counter)
    burst_bytes: int = 0
    _burst: int = 0
    _mark: int = -1

    def came(self, size: int, second: int, mark: int) -> None:
        """Workload bytes in a second, and with the `mark`th note of time: a note covers 10 ms from its first byte on."""
        self.per_second[second] += size
        self._burst = self._burst + size if mark == self._mark else size
        self._mark = mark
        self.burst_bytes = max(self.burst_bytes, self._burst)

    @property
    def bytes(self) -> int:
        """All bytes, workload and protocol."""
        return self.workload_bytes + self.protocol_bytes


def count_stream(files: TapFiles, span: Span) -> StreamCount:
    """Attribute the bytes of `span`. Raises HeadroomError when they do not add up to the offsets exactly."""
    counted = count_until(files, span)
    if counted.bytes != span.last - span.first:
        raise HeadroomError(
            f"The replication stream of shard {files.shard} holds {counted.bytes} bytes where the primary's offset grew "
            f"by {span.last - span.first}."
        )
    return counted


def count_until(files: TapFiles, span: Span) -> StreamCount:
    """The same of a stream that may have been cut: the whole commands that it holds of `span`."""
    counted = StreamCount()
    clock = _Clock(files.times, span)
    offset = span.base
    for words in _commands(files.stream):
        size = resp.length(words)
        offset += size
        if offset <= span.first:
            continue
        if offset > span.last:
            break
        _attribute(counted, words, size, *clock.moment_of(offset - span.base))
    return counted


class _Clock:
    """When a byte of the stream came: in which second of the replay, and with which note of time."""

    def __init__(self, path: Path, span: Span) -> None:
        marks = np.fromfile(path, dtype=np.int64).reshape(-1, 2)
        self._seconds = ((marks[:, 0] - span.started_clock_ns) // _NS_PER_S).tolist()
        self._bytes = marks[:, 1].tolist()
        self._at = 0

    def moment_of(self, position: int) -> tuple[int, int]:
        """`position` counts from the start of the kept stream and never falls from call to call."""
        while self._at < len(self._bytes) - 1 and self._bytes[self._at] < position:
            self._at += 1
        return max(int(self._seconds[self._at]), 0), self._at


def _commands(path: Path) -> Iterator[Sequence[bytes]]:
    reader = hiredis.Reader(notEnoughData=_NOTHING)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            reader.feed(block)
            while (words := reader.gets()) is not _NOTHING:
                yield words


def _attribute(counted: StreamCount, words: Sequence[bytes], size: int, second: int, mark: int) -> None:
    cmd, args = commands.split(words)
    name = cmd.split(" ", 1)[0]
    if name in PROTOCOL:
        counted.protocol_bytes += size
        counted.protocol_by_command[name] += size
        return
    keys = commands.key_indexes(cmd, args)
    counted.workload_bytes += size
    counted.commands += 1
    counted.by_command[cmd] += size
    counted.by_family[family(args[keys[0]]) if keys else NO_KEY] += size
    counted.came(size, second, mark)
