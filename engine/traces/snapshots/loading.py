"""A snapshot loaded by the first engine of this machine that reads it; otherwise one error that says what is wrong.

A newer version, a module's data, a wrong checksum and a file that ends the engine are told apart.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine import units
from engine.cluster import binaries
from engine.cluster.binaries import Engine
from engine.cluster.snapshot_failure import Cause, LoadFailure, Reason
from engine.cluster.snapshot_server import Bounds, SnapshotServer, serve, written_version
from engine.errors import InputError
from engine.progress import Report, ShouldStop, ignore, never
from engine.traces import limits
from engine.traces.snapshots.head import Head, read_head

_OLDEST_MAJOR = 7  # of the engines whose commands the rest of this package uses
_ANOTHER_MAY_READ = frozenset((Reason.VERSION, Reason.MODULE, Reason.ABORTED, Reason.CORRUPT, Reason.TRUNCATED))


@dataclass(frozen=True, slots=True)
class Loaded:
    """`notes`: which engines did not read it before this one did."""

    server: SnapshotServer
    head: Head
    notes: tuple[str, ...]


@contextlib.contextmanager
def loaded(
    path: Path,
    name: str,
    engine: str | None = None,
    *,
    ends_exactly: bool = False,
    report: Report = ignore,
    should_stop: ShouldStop = never,
) -> Iterator[Loaded]:
    """The snapshot at `path` in an engine, for the length of a `with` block. `engine` is tried first.

    `ends_exactly`: it is known that the file ends where the snapshot ends; then keys whose time is over can be kept.
    Raises InputError when no engine here loads it, Cancelled when asked to stop. Failures inside the block (the engine
    ends while it is read) become the same errors.
    """
    if path.stat().st_size > limits.MAX_RDB_BYTES:
        raise too_large(name)
    head = read_head(path, name)
    failures: list[LoadFailure] = []
    for candidate in _candidates(engine):
        with contextlib.ExitStack() as stack:
            served = serve(
                candidate, path, _bounds(), keep_expired=ends_exactly, report=report, should_stop=should_stop
            )
            try:
                server = stack.enter_context(served)
            except LoadFailure as failure:
                failures.append(failure)
                if failure.cause.reason not in _ANOTHER_MAY_READ:
                    break
                continue
            try:
                yield Loaded(server, head, _notes(failures, candidate, head))
            except LoadFailure as failure:
                raise _error(head, name, [failure]) from failure
            return
    raise _error(head, name, failures) from failures[0]


def too_large(name: str) -> InputError:
    """The snapshot is larger than the limits allow."""
    return InputError(
        f"the snapshot is larger than {units.format_bytes(limits.MAX_RDB_BYTES)}.",
        source=name,
        expected="the snapshot of one shard.",
    )


def _bounds() -> Bounds:
    return Bounds(limits.MAX_SNAPSHOT_MEMORY_BYTES, limits.MAX_SNAPSHOT_OUTPUT_BYTES, limits.RDB_SECONDS)


def _candidates(wanted: str | None) -> list[Engine]:
    first = binaries.choose(wanted)
    able = [each for each in (first, *binaries.find_engines()) if _major(each) >= _OLDEST_MAJOR]
    if not able:
        raise InputError(
            f"{first.title} is too old to load snapshots.",
            source="engine",
            expected=f"Redis or Valkey {_OLDEST_MAJOR}.0 or newer.",
        )
    return list({each.path.resolve(): each for each in able}.values())


def _major(engine: Engine) -> int:
    match = re.match(r"\d+", engine.version)
    return int(match[0]) if match else 0


def _notes(failures: list[LoadFailure], engine: Engine, head: Head) -> tuple[str, ...]:
    if not failures:
        return ()
    said = _said(failures, head)
    return (f"{said[:1].upper()}{said[1:]} {engine.title} loaded the snapshot.",)


# -- what is said ----------------------------------------------------------------------------------------------------


def _error(head: Head, name: str, failures: list[LoadFailure]) -> InputError:
    reason = failures[0].cause.reason
    return InputError(
        _said(failures, head), source=name, expected=_EXPECTED.get(reason, ""), remedy=_REMEDY.get(reason, "")
    )


def _said(failures: list[LoadFailure], head: Head) -> str:
    """One sentence; engines that failed alike are named together."""
    alike: dict[Cause, list[Engine]] = {}
    for failure in failures:
        cause = Cause(failure.cause.reason) if failure.cause.reason is Reason.VERSION else failure.cause
        alike.setdefault(cause, []).append(failure.engine)
    return "; ".join(_clause(cause, engines, head) for cause, engines in alike.items()) + "."


def _clause(cause: Cause, engines: list[Engine], head: Head) -> str:
    """`detail` of the cause holds the module, or the engine's own words."""
    named = " and ".join(each.title for each in engines)
    own_words = f" ({cause.detail})" if cause.detail else ""
    return {
        Reason.VERSION: f"the snapshot is of version {head.magic}, newer than {_with_versions(engines)} can read",
        Reason.MODULE: f"it holds data of the module {cause.detail!r}, which is not part of {named}",
        Reason.CHECKSUM: f"its checksum does not fit its content: {named} found it damaged",
        Reason.TRUNCATED: f"it is cut off: {named} met the end of the file before the end of the snapshot",
        Reason.CORRUPT: f"it is damaged: {named} could not make sense of it{own_words}",
        Reason.MEMORY: f"it needs more memory than {named} may use here",
        Reason.OUTPUT: f"{named} wrote more messages about it than the limits allow",
        Reason.SLOW: f"{named} had not loaded it after {limits.RDB_SECONDS} s",
        Reason.ABORTED: f"the engine aborted while loading: {named} ended over this file{own_words}",
    }[cause.reason]


def _with_versions(engines: list[Engine]) -> str:
    """Each engine with the version of snapshots it writes, which is the newest it reads."""
    known = [(each, written_version(each)) for each in engines]
    return " and ".join(
        each.title if version is None else f"{each.title}, which writes version {version}," for each, version in known
    )


_EXPECTED = {
    Reason.VERSION: "a snapshot of a version that an engine on this machine reads.",
    Reason.MODULE: "a snapshot with the engine's own data types only.",
    Reason.CHECKSUM: "a file as the server wrote it.",
    Reason.TRUNCATED: "a complete file.",
    Reason.CORRUPT: "a file as the server wrote it.",
    Reason.MEMORY: "a snapshot whose keys fit this machine's free memory.",
}
_REMEDY = {
    Reason.VERSION: "Put a newer valkey-server or redis-server on PATH, or name one.",
    Reason.MODULE: "Delete those keys from a copy of the server, and take the snapshot there.",
    Reason.CHECKSUM: "Copy the file again, or take a new snapshot.",
    Reason.TRUNCATED: "Copy the file again: it has lost its end.",
    Reason.CORRUPT: "Copy the file again, or take a new snapshot.",
    Reason.MEMORY: "Give the snapshot of one shard, or use a machine with more memory.",
    Reason.SLOW: "Give the snapshot of one shard, or use a faster machine.",
    Reason.ABORTED: "Check the file with the redis-check-rdb of the server that wrote it, or take a new snapshot.",
}
