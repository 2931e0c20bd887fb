"""What the recording costs the server: CPU seconds it used per second, before and while it was recorded."""

from __future__ import annotations

import time
from dataclasses import dataclass

from engine.recording.connection import Connection
from engine.recording.topology import info

_ALL = ("used_cpu_sys", "used_cpu_user")
_MAIN_THREAD = ("used_cpu_sys_main_thread", "used_cpu_user_main_thread")


@dataclass(frozen=True, slots=True)
class CpuReading:
    """CPU seconds of a server since its start; None where INFO does not tell."""

    at_s: float
    process_s: float | None
    main_thread_s: float | None


@dataclass(frozen=True, slots=True)
class Overhead:
    """CPU seconds a second: of the whole process, and of the thread that runs commands."""

    shard: int
    cpu_before: float | None
    cpu_during: float | None
    main_thread_before: float | None
    main_thread_during: float | None


def read_cpu(connection: Connection) -> CpuReading:
    """From INFO cpu, now. Raises Lost."""
    fields = info(connection, b"cpu")
    return CpuReading(time.monotonic(), _sum(fields, _ALL), _sum(fields, _MAIN_THREAD))


def overhead(shard: int, idle: CpuReading, start: CpuReading, end: CpuReading | None) -> Overhead:
    """`idle` to `start` is before the recording, `start` to `end` during; `end` None: the server is not the same any more."""
    return Overhead(
        shard=shard,
        cpu_before=_share(idle.at_s, idle.process_s, start.at_s, start.process_s),
        cpu_during=None if end is None else _share(start.at_s, start.process_s, end.at_s, end.process_s),
        main_thread_before=_share(idle.at_s, idle.main_thread_s, start.at_s, start.main_thread_s),
        main_thread_during=None
        if end is None
        else _share(start.at_s, start.main_thread_s, end.at_s, end.main_thread_s),
    )


def _share(from_s: float, first: float | None, to_s: float, last: float | None) -> float | None:
    if first is None or last is None or to_s <= from_s:
        return None
    return round((last - first) / (to_s - from_s), 4)


def _sum(fields: object, names: tuple[str, ...]) -> float | None:
    assert isinstance(fields, dict)
    try:
        return sum(float(fields[name]) for name in names)
    except (KeyError, ValueError):
        return None
