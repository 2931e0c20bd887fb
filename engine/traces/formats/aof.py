"""Append-only files: what a server wrote down of all changes, alone, with a snapshot before them, or in several parts.

They show writes only, on no particular connection. Times are known to the second where the server annotated them
(`#TS:`), else the commands are spaced evenly over the time the person gives. A tail that is cut off is left out and
counted, as the engine does; anything else that is wrong is refused with the byte.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from engine.cluster.folders import private_folder
from engine.errors import InputError
from engine.traces.block import I64, Block
from engine.traces.clock import SECOND_US, SecondSpreader, evenly_over
from engine.traces.formats.aof_parts import Part, is_manifest, parts_of
from engine.traces.formats.reader import About, Format, Member, Options, Reader, asking
from engine.traces.limits import MAX_RDB_BYTES
from engine.traces.resp import stream as resp_stream
from engine.traces.resp.stream import Count
from engine.traces.resp.words import NO_TIME, Place, Words
from engine.traces.snapshots.end import snapshot_end
from engine.traces.snapshots.population import population_blocks

NAME = "aof"
ASSUMED_OPS_PER_S = 1_000.0  # where nothing is known of time
SELECTS = "SELECT written by the engine"
CUT_OFF = "command cut off at the end"
UNFINISHED = "command of a transaction that was cut off at the end"
_COMMAND = re.compile(rb"(?:#[^\n]{0,1024}\n)*\*[1-9]\d{0,6}\r\n\$\d{1,9}\r\n")
_PREAMBLE_SIGNS = (b"\x0caof-preamble\xc0\x01", b"\x08aof-base\xc0\x01")  # auxiliary fields: name, and 1 as a number
_MAGICS = (b"REDIS", b"VALKEY")
_WRITES_ONLY = (
    "An append-only file holds writes only: how much was read, by whom, and on how many connections is not known. It "
    "shows effects rather than requests: expiry and eviction as DEL, scripts as the writes they made, relative times "
    "to live as absolute ones."
)


def recognised(head: bytes) -> bool:
    """Whether a file begins with commands as a server writes them, a snapshot written before them, or a manifest."""
    if head.startswith(_MAGICS):
        return any(sign in head for sign in _PREAMBLE_SIGNS)
    return _COMMAND.match(head) is not None or is_manifest(head)


@dataclass(frozen=True, slots=True)
class _Counted:
    """A part and what it holds: a snapshot up to `start` (0: none), then commands."""

    part: Part
    start: int
    count: Count


@dataclass(slots=True)
class AofReader:
    """Reads the parts one after the other, what makes the starting keyspace first."""

    members: Sequence[Member]
    options: Options
    about: About = field(default_factory=lambda: About(NAME, has_clock=False, writes_only=True))

    def blocks(self) -> Iterator[Block]:
        """Raises InputError, with the byte for corruption; Cancelled."""
        parts, aside = parts_of(self.members)
        counted = [self._counted(part) for part in parts]
        if not any(one.count.commands or one.start for one in counted):
            raise InputError("there is no command in the file.", source=self.members[0].name, expected=FORMAT.expected)
        self.about.notes = tuple(_notes(counted, aside))
        for one in counted:
            if one.start:
                yield from self._snapshot(one)
            if one.part.rewritten:
                yield from _rewritten(one)
        yield from self._commands([one for one in counted if not one.part.rewritten])

    def _counted(self, part: Part) -> _Counted:
        start = snapshot_end(part.member) if part.snapshot else 0
        count = resp_stream.count(part.member, start)
        if count.size > count.stop:
            if not part.last:
                raise _ends_early(part.member, count)
            self.about.skipped[CUT_OFF] += count.complete_to < count.size
            self.about.skipped[UNFINISHED] += count.unfinished
        self.about.skipped[SELECTS] += count.selects
        self.about.skipped = +self.about.skipped
        return _Counted(part, start, count)

    def _snapshot(self, one: _Counted) -> Iterator[Block]:
        """The snapshot a part begins with, through the engine; its copy is removed whatever happens."""
        if one.start > MAX_RDB_BYTES:
            raise InputError(f"its snapshot is larger than {MAX_RDB_BYTES >> 30} GiB.", source=one.part.member.name)
        folder = private_folder()
        try:
            copy = folder / "dump.rdb"
            _copy(one, copy)
            yield from population_blocks(
                copy,
                one.part.member.name,
                self.options,
                self.about,
                ends_exactly=True,
                should_stop=asking(one.part.member),
            )
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _commands(self, counted: Sequence[_Counted]) -> Iterator[Block]:
        clock = self._clock(counted)
        place = Place()

        def timed(words: Words) -> Block:
            return _block(words, clock.times(words.second))

        for one in counted:
            place.db = 0  # each file selects anew
            reading = resp_stream.read(one.part.member, one.start, one.count.stop, place)
            yield from map(timed, reading)  # holds no block while the next is read

    def _clock(self, counted: Sequence[_Counted]) -> _Clock:
        total = sum(one.count.commands for one in counted)
        second = _first_second(counted)
        if second != NO_TIME:
            self.about.has_clock, self.about.clock_resolution_us = True, SECOND_US
            return _Annotated(second)
        duration_s = self.options.duration_s
        if duration_s is None:
            commands = "command" if total == 1 else "commands"
            duration_s = max(1.0, total / ASSUMED_OPS_PER_S)
            self.about.notes += (
                f"The file has no times: its {total:,} {commands} are spaced evenly at {ASSUMED_OPS_PER_S:,.0f} a second, "
                "which is an assumption. Say how long the recording took to have its real rate.",
            )
        else:
            self.about.notes += (f"The file has no times: its commands are spaced evenly over {duration_s:g} s.",)
        return _Even(total, duration_s)


class _Clock(Protocol):
    """Gives commands their times, call after call."""

    def times(self, seconds: I64) -> I64: ...


class _Annotated:
    """Times inside the annotated seconds; commands before the first annotation count as of that second."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._spreader = SecondSpreader()

    def times(self, seconds: I64) -> I64:
        return self._spreader.spread(np.where(seconds == NO_TIME, self._first, seconds))


class _Even:
    """Times from 0, evenly spaced."""

    def __init__(self, total: int, duration_s: float) -> None:
        self._total = total
        self._duration_s = duration_s
        self._done = 0

    def times(self, seconds: I64) -> I64:
        times = evenly_over(len(seconds), self._done, total=self._total, duration_s=self._duration_s)
        self._done += len(seconds)
        return times


def _block(words: Words, times: I64, *, population: bool = False) -> Block:
    return Block(
        t_us=times,
        conn=np.zeros(len(words.db), np.int32),
        db=words.db,
        lua=np.zeros(len(words.db), np.uint8),
        first=words.first,
        offsets=words.offsets,
        data=words.data,
        population=population,
    )


def _rewritten(one: _Counted) -> Iterator[Block]:
    for words in resp_stream.read(one.part.member, one.start, one.count.stop, Place()):
        yield _block(words, np.zeros(len(words.db), np.int64), population=True)


def _copy(one: _Counted, target: Path) -> None:
    with target.open("wb") as file:
        for piece in resp_stream.slices(one.part.member, 0, one.start):
            file.write(piece)


def _first_second(counted: Sequence[_Counted]) -> int:
    return next((one.count.first_second for one in counted if one.count.first_second != NO_TIME), NO_TIME)


def _notes(counted: Sequence[_Counted], aside: Sequence[str]) -> Iterator[str]:
    yield _WRITES_ONLY
    if aside:
        yield f"The manifest does not use these files; they were left out: {', '.join(aside)}."
    for one in counted:
        if one.part.rewritten:
            yield f"{one.part.member.name} was written by a rewrite: its commands make the keyspace at the beginning."
        if left := one.count.size - one.count.stop:
            yield f"The last {left:,} bytes of {one.part.member.name} are an incomplete command or transaction."
    timed = [one for one in counted if not one.part.rewritten]
    second = _first_second(timed)
    if second != NO_TIME:
        yield "Times are known to the second; within a second commands are spread at random, in order."
        if untimed := _untimed(timed):
            yield f"{untimed:,} commands before the first time in the file were given that time."


def _untimed(counted: Sequence[_Counted]) -> int:
    """Commands before the first time of all."""
    untimed = 0
    for one in counted:
        untimed += one.count.untimed
        if one.count.first_second != NO_TIME:
            break
    return untimed


def _ends_early(member: Member, count: Count) -> InputError:
    return InputError(
        "the file ends inside a command or transaction, and another one follows.",
        source=member.name,
        offset=count.stop,
        expected="complete commands; only the last file may be cut off.",
        remedy="Copy the folder again.",
    )


def open_aof(members: Sequence[Member], options: Options) -> Reader:
    """A reader for one file, or for all files of a folder with its manifest."""
    return AofReader(members, options)


FORMAT = Format(
    name=NAME,
    title="append-only file",
    expected="commands as *3\\r\\n$3\\r\\nSET\\r\\n…, a snapshot followed by such, or a manifest with its files.",
    recognised=recognised,
    open=open_aof,
    many=True,
)
