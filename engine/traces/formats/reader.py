"""What every format's reader takes and gives, so that one pipeline serves them all.

A reader turns the bytes of its members into blocks, in constant memory, and keeps account of what it left out. It raises
InputError naming the file and the line or byte; it knows nothing of redaction, Parquet or progress.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from engine.progress import ShouldStop
from engine.traces.block import Block, SizedBlock


class Member(Protocol):
    """One file of the input: the file itself, or a member of the archive it is. Wrappings are already taken off."""

    @property
    def name(self) -> str:
        """What to call it in messages: `dump.zip: appendonly.aof.1.incr.aof`. Printable."""

    @property
    def path(self) -> Path | None:
        """Where its plain bytes lie on disk; None when it is packed."""

    def head(self) -> bytes:
        """Up to `limits.HEAD_BYTES` of its beginning, unpacked."""

    def blocks(self) -> Iterator[bytes]:
        """Its bytes from the beginning, unpacked, in non-empty pieces of at most `limits.BLOCK_BYTES`.

        May be called again, and of several members at once. Raises InputError for a broken wrapping or one that unpacks
        to more than the limits allow, Cancelled when asked to stop.
        """


@dataclass(frozen=True, slots=True)
class Options:
    """What the person says about the input, beside the input.

    `redact`: replace keys and values (on by default). `keep_words`: key segments that are schema, not data, beside the
    built-in list. `redaction_key`: 16 bytes; None for a new random key, which is never stored. `duration_s`: how long the
    recording took, for formats without a clock. `engine`: name or path of the engine that loads snapshots, None for the
    default.
    """

    redact: bool = True
    keep_words: frozenset[bytes] = frozenset()
    redaction_key: bytes | None = None
    duration_s: float | None = None
    engine: str | None = None


@dataclass(slots=True)
class About:
    """What a reader has learned about the recording as a whole; complete once its blocks are exhausted.

    `clients`: name or address of each connection, by its number; empty when the format has none. `skipped`: lines or
    commands left out, by reason. `notes`: sentences for the person. `keyspace`: statistics of a snapshot, plain JSON.
    `writes_only`: the format holds writes only, so reads are not known.
    """

    format: str
    clock_resolution_us: int = 1
    has_clock: bool = True
    engine_version: str | None = None
    key_sampling: float = 1.0
    writes_only: bool = False
    clients: list[bytes] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    notes: tuple[str, ...] = ()
    keyspace: Mapping[str, Any] | None = None


class Reader(Protocol):
    """One recording being read. Iterate `blocks` once; `about` is complete afterwards."""

    @property
    def about(self) -> About: ...

    def blocks(self) -> Iterator[Block | SizedBlock]:
        """Everything, in order. Raises InputError."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format as the registry knows it.

    `name`: one word, stored in the trace. `title`: for people. `expected`: how an error message describes it.
    `recognised`: whether a file that begins so (unpacked) is of this format; formats are asked in the registry's order.
    `open`: a reader for the members, which are all of this format (more than one only with `many`).
    """

    name: str
    title: str
    expected: str
    recognised: Callable[[bytes], bool]
    open: Callable[[Sequence[Member], Options], Reader]
    many: bool = False


def asking(member: Member) -> ShouldStop:
    """Whether somebody asked to stop, for work that reads nothing: a member raises Cancelled when it is read after that."""

    def should_stop() -> bool:
        next(iter(member.blocks()), b"")
        return False

    return should_stop
