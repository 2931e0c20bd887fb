"""Why an engine did not load a snapshot, read from what it wrote and how it ended. Pure.

The words are those of Redis 7 and Valkey 7 to 9 (rdb.c, zmalloc.c, server.c). Nothing that names a key is passed on.
"""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from enum import Enum

from engine.cluster.binaries import Engine
from engine.errors import HeadroomError


class Reason(Enum):
    """What kind of failure it was."""

    VERSION = "version"  # the snapshot is of a newer version than the engine reads
    MODULE = "module"  # it holds data of a module the engine does not have
    CHECKSUM = "checksum"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    MEMORY = "memory"
    OUTPUT = "output"  # the engine wrote more than it may
    SLOW = "slow"
    ABORTED = "aborted"  # the engine crashed


@dataclass(frozen=True, slots=True)
class Cause:
    """`detail`: the module, the version or the engine's own words; empty when it said nothing that can be shown."""

    reason: Reason
    detail: str = ""


class LoadFailure(HeadroomError):
    """An engine did not load a snapshot, or ended while it was read."""

    def __init__(self, engine: Engine, cause: Cause) -> None:
        self.engine = engine
        self.cause = cause
        super().__init__(f"{engine.title} did not load the snapshot: {cause.reason.value} {cause.detail}".rstrip())


_VERSION = re.compile(r"Can't handle RDB format version (\d+)|Wrong signature trying to load DB")
_MODULE = re.compile(r"no matching module(?: type)? '([^']{1,64})'")
_MEMORY = re.compile(r"Out Of Memory allocating|for OUT OF MEMORY|failed allocating|zmalloc: Out of memory")
_CHECKSUM = re.compile(r"Wrong RDB checksum|RDB CRC error")
_TRUNCATED = re.compile(r"Unexpected EOF reading RDB|Short read or OOM|Unexpected end of file")
_PANIC = re.compile(r"Guru Meditation: (.{1,200}?) #")
_ERROR = re.compile(r"Internal error in RDB reading offset \d+, function at \S+ -> (.{1,200})")


def cause_of(status: int, log: str) -> Cause:
    """The cause, from the exit status (negative: the signal) and the engine's messages."""
    if found := _VERSION.search(log):
        return Cause(Reason.VERSION, found[1] or "")
    if found := _MODULE.search(log):
        return Cause(Reason.MODULE, _printable(found[1]))
    for reason, pattern in ((Reason.MEMORY, _MEMORY), (Reason.CHECKSUM, _CHECKSUM)):
        if pattern.search(log):
            return Cause(reason)
    if status == -signal.SIGXFSZ:
        return Cause(Reason.OUTPUT)
    if status == -signal.SIGXCPU:
        return Cause(Reason.SLOW)
    if status == -signal.SIGKILL:  # nobody but the system does that here
        return Cause(Reason.MEMORY)
    if status < 0:
        return Cause(Reason.ABORTED, _said(_PANIC, log))
    if _TRUNCATED.search(log):
        return Cause(Reason.TRUNCATED)
    return Cause(Reason.CORRUPT, _said(_ERROR, log))


def _said(pattern: re.Pattern[str], log: str) -> str:
    """The engine's own words, unless they quote something of the snapshot."""
    found = pattern.search(log)
    words = _printable(found[1]) if found else ""
    return "" if "'" in words or '"' in words else words


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text).strip()
