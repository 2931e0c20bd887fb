"""Traces made by hand for tests: a line of words becomes an operation as the reader would make it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from engine import commands
from engine.expiry import relative_ttl_ms
from engine.traces.model import Flag, Operation, TraceHeader
from engine.traces.store import TraceWriter

SECOND = 1_000_000
_NONE = Flag(0)


def operation(
    line: str | bytes | tuple[bytes, ...], *, at_s: float = 0.0, flags: Flag = _NONE, db: int = 0
) -> Operation:
    """One command, its words parted by blanks, or given one by one."""
    words = line if isinstance(line, tuple) else tuple((line.encode() if isinstance(line, str) else line).split())
    name, args = commands.split(words)
    places = commands.key_indexes(name, args)
    key = args[places[0]] if places else None
    found = commands.find(name)
    return Operation(
        t_us=round(at_s * SECOND),
        conn=0,
        db=db,
        cmd=name,
        key=key,
        args=args,
        key_len=len(key) if key is not None else None,
        value_len=None,
        reply_len=None,
        ttl_ms=relative_ttl_ms(name, args, 0),
        flags=flags | (Flag.WRITE if found and found.write else _NONE),
    )


def sized(
    cmd: str,
    key: bytes,
    *,
    value_len: int | None = None,
    reply_len: int | None = None,
    ttl_ms: int | None = None,
    at_s: float = 0.0,
    write: bool = False,
) -> Operation:
    """An operation of a trace that holds lengths only."""
    flags = Flag.WRITE if write else _NONE
    t_us = round(at_s * SECOND)
    return Operation(t_us, 0, 0, cmd, key, None, len(key), value_len, reply_len, ttl_ms, flags)


def stored(path: Path, operations: Iterable[Operation], *, duration_s: float = 1.0) -> Path:
    """The operations as a trace on disk; returns its path."""
    header = TraceHeader(
        format="test",
        source_name="made by hand",
        source_sha256="0" * 64,
        source_bytes=0,
        operations=0,
        connections=1,
        duration_us=round(duration_s * SECOND),
        clock_resolution_us=1,
        first_wall_clock_us=None,
    )
    with TraceWriter(path, header) as writer:
        for one in operations:
            writer.append(one)
    return path
