"""Valkey's key-level trace, `MONITOR TRACE FORMAT CSV` (proposed): one access to one key a line, with sizes and hits.

`ts_us,seq,db,cmd,"key",READ|WRITE|DELETE,hit,type,keysize,valuesize`. The key is there in full, so its length is its own
and not `keysize`; `valuesize` is what the engine holds for the value. A command on several keys stands there once for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from engine import commands
from engine.errors import InputError
from engine.traces.block import I64, UNKNOWN, SizedBlock
from engine.traces.formats.reader import About, Format, Member, Options
from engine.traces.formats.unreadable import SHARE, Unreadable
from engine.traces.limits import MAX_WORD_BYTES
from engine.traces.lines import line_blocks

NAME = "valkey_csv"
EXPECTED = (
    'ten columns such as 1778474345309397,76,0,set,"key",WRITE,1,string,32,160 (microseconds, number, database, command, '
    "key, access, hit, type, key size, value size)."
)
_HOPELESS = 0.5  # of the lines so far: no need to read on
_BACKWARDS_US = 1_000_000
_MOST_COMMANDS = 4_096  # different names; there are some hundreds
_OTHER = "OTHER"
_LOOKED_AT = 20  # first lines: MONITOR's OK and a header may stand before
_SIZE = rb"(-1|-|\d{1,18}|)"
_LINE = re.compile(
    rb'(\d{1,16}),\d{1,20},(\d{1,5}),"?([A-Za-z][\w.|-]{0,98})"?,"((?:[^"\\]++|\\.|"")*+)",'
    rb"(READ|WRITE|DELETE),([01]|-1|-|),[\w-]{0,64}," + _SIZE + rb"," + _SIZE + rb"\r?",
    re.DOTALL,
)
_HEADER = re.compile(rb"ts_us,seq,db,cmd,.*")
_NOISE = frozenset((b"", b"OK", b"+OK"))
_ESCAPE = re.compile(rb'\\(x[0-9A-Fa-f]{2}|.)|""', re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"a": b"\a"}
_MEMORY = "Value sizes are the memory the engine holds for a value, which is somewhat more than the value itself."
_KEYS = "Each line is one key: a command on several keys counts once for each of them."
_SAMPLED = "The trace does not say whether keys were sampled while it was recorded; rates are those of the keys in it."

_Row = tuple[bytes | Any, ...]
"""Time, database, command, quoted key, access, hit, key size, value size."""


def recognised(head: bytes) -> bool:
    """Whether the first lines of a file are of this trace."""
    lines = (line.strip() for line in head.split(b"\n", _LOOKED_AT)[:_LOOKED_AT])
    return any(_HEADER.fullmatch(line) or _LINE.fullmatch(line) for line in lines)


class ValkeyCsvReader:
    """Reads one trace. See `engine.traces.formats.reader.Reader`."""

    def __init__(self, member: Member) -> None:
        self._member = member
        self._about = About(format=NAME)
        self._names: dict[bytes, int] = {}
        self._canonical: list[str] = []
        self._lines = 0
        self._unreadable = Unreadable(self._about.skipped)
        self._t_us = 0
        self._hits = [0, 0]  # reads that missed, reads that hit
        self._rows = 0
        self._elsewhere = 0  # in databases other than 0

    @property
    def about(self) -> About:
        return self._about

    def blocks(self) -> Iterator[SizedBlock]:
        for piece, _, unfinished in line_blocks(self._member):
            rows = self._read(piece.removesuffix(b"\n").split(b"\n"), whole=not unfinished)
            self._tolerate(_HOPELESS)
            if rows:
                self._rows += len(rows)
                yield self._block(rows)
        self._tolerate(SHARE)
        if not self._rows:
            raise InputError("there is no access in the file.", source=self._member.name, expected=EXPECTED)
        self._about.notes = tuple(self._notes())

    def _read(self, lines: list[bytes], *, whole: bool) -> list[_Row]:
        """The rows of these lines; what is none is counted. `whole`: the last one has its line end."""
        found = [_LINE.fullmatch(line) for line in lines]
        rows: list[_Row] = []
        for number, match in enumerate(found):
            if match is not None:
                rows.append(match.groups())
            elif not self._noise(lines[number], self._lines + number):
                cut = not whole and number == len(lines) - 1
                if cut:
                    self._unreadable.cut_off()
                else:
                    self._unreadable.leave_out([self._lines + number + 1])
        self._lines += len(lines)
        return rows

    def _noise(self, line: bytes, number: int) -> bool:
        return line.strip() in _NOISE or (number < _LOOKED_AT and _HEADER.fullmatch(line.strip()) is not None)

    def _tolerate(self, share: float) -> None:
        self._unreadable.tolerate(self._lines, source=self._member.name, expected=EXPECTED, share=share)

    def _block(self, rows: list[_Row]) -> SizedBlock:
        times, databases, names, quoted, access, hits, _, sizes = zip(*rows, strict=True)
        keys = [_unquoted(key) if b"\\" in key or b'"' in key else key for key in quoted]
        reads = np.array([word == b"READ" for word in access])
        writes = np.array([word == b"WRITE" for word in access])
        missed = np.array([hit == b"0" for hit in hits])
        self._hits[0] += int(np.count_nonzero(reads & missed))
        self._hits[1] += int(np.count_nonzero(reads & ~missed))
        self._elsewhere += sum(int(database) != 0 for database in databases)
        size = np.array([_size(word) for word in sizes], np.int64)
        cmd = np.array([self._number(name) for name in names], np.int32)
        offsets = np.zeros(len(keys) + 1, np.int64)
        np.cumsum([len(key) for key in keys], out=offsets[1:])
        return SizedBlock(
            t_us=self._in_order(np.array(times, np.int64)),
            conn=np.zeros(len(rows), np.int32),
            names=tuple(self._canonical),
            cmd=cmd,
            key_offsets=offsets,
            key_data=np.frombuffer(b"".join(keys), np.uint8).copy(),
            key_len=np.diff(offsets).astype(np.int32),
            value_len=np.where(writes, size, 0).astype(np.int32),
            reply_len=np.where(reads, np.where(missed, 0, size), UNKNOWN).astype(np.int32),
            ttl_ms=np.full(len(rows), UNKNOWN, np.int64),
        )

    def _number(self, name: bytes) -> int:
        number = self._names.get(name)
        if number is None:
            full = len(self._names) >= _MOST_COMMANDS
            number = self._canonical_number(_OTHER if full else commands.canonical(name.replace(b"|", b" ")))
            if not full:
                self._names[name] = number
        return number

    def _canonical_number(self, name: str) -> int:
        if name not in self._canonical:
            self._canonical.append(name)
        return self._canonical.index(name)

    def _in_order(self, times: I64) -> I64:
        """Times that never go back: by less than a second they are put right, by more they are wrong."""
        latest = np.maximum(np.maximum.accumulate(times), self._t_us)
        back = latest - times
        if back.max() > _BACKWARDS_US:
            place = int(np.argmax(back > _BACKWARDS_US))
            raise InputError(
                f"the time goes back from {latest[place]} µs to {times[place]} µs.",
                source=self._member.name,
                expected="lines in order of time.",
                remedy="Sort the lines by time, or give several recordings one by one.",
            )
        self._t_us = int(latest[-1])
        return latest

    def _notes(self) -> Iterator[str]:
        yield _MEMORY
        yield _KEYS
        yield _SAMPLED
        if any(self._hits):
            share = self._hits[1] / sum(self._hits)
            yield f"The engine recorded hits: {share:.1%} of the reads of a key found it."
        if self._elsewhere:
            yield f"{self._elsewhere:,} lines are of databases other than 0, which this trace keeps together with database 0."


def _unquoted(key: bytes) -> bytes:
    return _ESCAPE.sub(_unescaped, key)


def _unescaped(found: re.Match[bytes]) -> bytes:
    sign = found[1]
    if sign is None:
        return b'"'
    return bytes([int(sign[1:], 16)]) if len(sign) == 3 else _ESCAPES.get(sign, sign)


def _size(word: bytes) -> int:
    """Bytes, at most what a value can have; `UNKNOWN` where the line has none."""
    return min(int(word), MAX_WORD_BYTES * 8) if word.isdigit() else UNKNOWN


def _open(members: Sequence[Member], options: Options) -> ValkeyCsvReader:
    return ValkeyCsvReader(members[0])


FORMAT = Format(
    name=NAME,
    title="Valkey key-level trace (MONITOR TRACE)",
    expected=EXPECTED,
    recognised=recognised,
    open=_open,
)
